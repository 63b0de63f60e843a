"""The set-up files agree with one another, and name what they need."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def constraints():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins.items()}


def test_environment_yml_lists_what_pyproject_needs():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    packages = [line for line in pip if not line.startswith("-")]
    assert sorted(packages) == sorted(project()["dependencies"])
    assert pip[0] == "-c constraints.txt", "pip must read the pins before the packages"
    assert "-e ." in pip, "the utils package itself must be installed"


def test_every_direct_dependency_is_pinned():
    direct = project()["dependencies"] + project()["optional-dependencies"]["dev"]
    missing = [name for name in direct if name.partition("[")[0] not in constraints()]
    assert not missing


def test_constraints_install_anywhere():
    pins = constraints()
    assert pins["torch"] == "2.13.0"
    # A local version such as 2.13.0+cpu, a hash or a path exists on one kind of machine only.
    local = [name for name, version in pins.items() if not re.fullmatch(r"[0-9a-z.]+", version)]
    assert not local


def test_every_package_takes_the_oldest_python_that_the_course_takes():
    oldest = f"{project()['requires-python'].removeprefix('>=')}.0"
    pins = constraints()
    found = {
        name: x.metadata.get("Requires-Python")
        for x in distributions()
        if (name := pinned(x)) in pins
    }
    assert len(found) > 100
    refuses = {name for name, wanted in found.items() if oldest not in SpecifierSet(wanted or "")}
    assert not refuses


def pinned(distribution):
    return re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()


def test_jupyterlab_opens_markdown_as_a_page_and_shows_no_news():
    from jupyterlab_server.settings_utils import _get_overrides

    overrides, error = _get_overrides(f"{sys.prefix}/share/jupyter/lab/settings")
    assert not error
    viewers = overrides["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]
    assert viewers == {"markdown": "Markdown Preview"}
    assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


@pytest.mark.parametrize("readme", ["README.md", "student/README.md"])
def test_readme_gives_windows_the_plain_pip_lines(readme):
    text = (ROOT / readme).read_text()
    assert "pip install -c constraints.txt -e ." in text
    assert "make lab" in text


def test_a_python_that_is_too_old_is_refused_by_name(tmp_path):
    old = tmp_path / "python2.7"
    old.write_text('#!/bin/sh\ncase "$1" in --version) echo Python 2.7.18;; *) exit 1;; esac\n')
    old.chmod(0o755)
    command = ["make", "-f", ROOT / "setup.mk", "setup", f"PYTHON={old}"]
    for name in ["pyproject.toml", "constraints.txt", "jupyterlab_settings.json"]:
        (tmp_path / name).touch()
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stdout
    assert "Python 2.7.18" in done.stdout
    assert not (tmp_path / ".venv").exists()


PAGES = [
    page
    for pattern in ["*.md", "docs/*.md", "student/*.md", "notebooks/*.md"]
    for page in sorted(ROOT.glob(pattern))
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    missing = [x for x in links if "://" not in x and not (page.parent / x).exists()]
    assert not missing
