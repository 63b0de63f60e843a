# `make lab` opens the course, `make test` tests it; each sets up what it needs.
EXTRAS := [dev]
include setup.mk

.PHONY: test-fast formgrader test system lint release student site gpu constraints help

## formgrader: make lab with nbgrader's menu, which students do not see: to read and grade by hand
formgrader: export JUPYTER_CONFIG_PATH := $(CURDIR)/autograder/jupyter
formgrader: lab

## test: set up, lint, and run every test
test: $(STAMP) system lint
	pytest --numprocesses auto

## test-fast: what needs no browser and no grading round, in two minutes on two cores
test-fast: $(STAMP) lint
	pytest --numprocesses auto tests/unit -m "not slow"

## lint: check style, formatting, types, and who imports whom
lint: $(STAMP)
	ruff check .
	ruff format --check .
	lint-imports --no-logo --no-cache
	mypy

## system: what the tests need from the system; installs it where it may
system:
	@sh tests/system.sh

## release: build solutions/ and notebooks/ from lessons/, and pack what students get
release: $(STAMP)
	python -m autograder release
	python -m autograder pack

## student: pack what students get into dist/
student: $(STAMP)
	python -m autograder pack

## site: build the reader's web site from solutions/ into docs/_build/site, with a PDF of each lesson; open its index.html
site: $(STAMP)
	sphinx-build --fail-on-warning --keep-going --doctree-dir docs/_build/doctrees --quiet docs docs/_build/site

## gpu: run all that the course computes on a GPU, compare and time it; 6 minutes at most
gpu:
	@PYTHON="$(filter-out python3,$(PYTHON))" sh benchmarks/gpu.sh $(GPU_FLAGS)

## constraints: install the newest allowed versions afresh and record them
constraints:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	pip install --quiet --no-compile torch==2.13.0 -e '.$(EXTRAS)'
	{ sed -n '/^#/p' constraints.txt; pip freeze --exclude-editable | sed 's/+cpu//'; } > constraints.new
	mv constraints.new constraints.txt

## help: list these commands
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)
