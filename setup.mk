# The set-up, and `make lab`. In the students' zip this file is the whole Makefile.
PYTHON ?= python3
VENV := .venv
EXTRAS ?=
# In a container one is often root, and Jupyter then wants to be told that this is meant.
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] && echo --allow-root)
STAMP := $(VENV)/.installed
# nbgrader runs alembic by its bare name, so the environment comes first on PATH.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := lab
.PHONY: setup lab clean

## lab: set up, then open the course in JupyterLab (LAB_FLAGS="--no-browser --port 8899" goes to jupyter)
lab: $(STAMP)
	jupyter lab $(AS_ROOT) $(LAB_FLAGS) --LabApp.default_url=/lab/tree/$$(python utils/home/page.py)

## setup: make the environment in .venv
setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt jupyterlab_settings.json jupyter_nbgrader_config.py $(wildcard labextension/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "The course needs Python 3.11 or newer; '$(PYTHON)' is `$(PYTHON) --version 2>&1`."; \
	  echo "Install one, then name it: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu:"; \
	  echo "    sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	pip install --quiet --no-compile -c constraints.txt -e '.$(EXTRAS)'
	@touch $@

## clean: delete the environment
clean:
	rm -rf $(VENV)
