"""The set-up files agree with one another, and name what they need."""

import functools
import itertools
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, requires

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.course import LESSON, ROOT


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
    direct = [
        *project()["dependencies"],
        *itertools.chain(*project()["optional-dependencies"].values()),
    ]
    names = {name.partition("[")[0] for name in direct} - {project()["name"]}
    assert not names - constraints().keys()


#: Who needs what: folder of the modules -> the extra that brings all that they import.
EXTRA = {
    "utils": "",
    "autograder": "grade",
    "docs/_ext": "dev",
    "tests": "dev",
    "benchmarks": "dev",
}

#: Runs a program while all packages but the given ones look as if they were not installed.
HIDE = """
import runpy, sys
from importlib.metadata import packages_distributions
from re import sub

_, allowed, kind, program, *sys.argv[1:] = sys.argv
hidden = {
    module
    for module, owners in packages_distributions().items()
    if not {sub("[-_.]+", "-", x).lower() for x in owners} & set(allowed.split())
}

class Hide:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in hidden:
            return self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [Hide(x) for x in sys.meta_path]
exec(program) if kind == "-c" else runpy.run_module(program, run_name="__main__", alter_sys=True)
"""
IMPORT_EACH = """
import importlib
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {error}")
"""


@functools.cache
def brought(extra):
    """The packages that come with the course's requirements and those of an extra."""
    found, todo = set(), [(project()["name"], extra)]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for line in needs(name, extra):
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
                needed = re.sub(r"[-_.]+", "-", wanted.name).lower()
                todo += [(needed, more) for more in ("", *wanted.extras) if needed in installed()]
    return {name for name, _ in found}


def needs(name, extra):
    """The requirements of a package; of the course as pyproject.toml has them now."""
    if name != project()["name"]:
        return requires(name) or []
    return project()["dependencies"] + project()["optional-dependencies"].get(extra, [])


@functools.cache
def installed():
    return {pinned(x) for x in distributions()}


@pytest.mark.parametrize("folder", EXTRA)
@pytest.mark.slow
def test_each_module_can_be_imported_with_what_its_extra_brings(folder):
    base = ROOT / folder if folder == "docs/_ext" else ROOT
    files = [x for x in sorted((ROOT / folder).rglob("*.py")) if x.stem.isidentifier()]
    modules = [
        # pytest finds the tests of a folder by their files' names alone.
        x.stem
        if x.stem.startswith("test_")
        else ".".join(x.relative_to(base).with_suffix("").parts).removesuffix(".__init__")
        for x in files
        if x.stem != "__main__" and "attacks" not in x.relative_to(ROOT / folder).parts[:-2]
    ]
    assert modules
    assert with_what_comes_with(EXTRA[folder], "-c", IMPORT_EACH, *modules) == ""


def with_what_comes_with(extra, *words):
    """Run Python where only what an extra brings can be imported; return what it printed."""
    folders = [ROOT, ROOT / "docs" / "_ext", *sorted((ROOT / "tests").glob("*/"))]
    paths = os.pathsep.join(map(str, folders))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HIDE, " ".join(brought(extra)), *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.slow
def test_nbgrader_works_for_who_has_the_course_alone():
    """A student with a clone presses Validate: nbgrader then reads nbgrader_config.py."""
    config = "from nbgrader.apps import NbGrader; NbGrader().load_config_file(); print('loaded')"
    assert with_what_comes_with("", "-c", config) == "loaded\n"


@pytest.mark.slow
def test_who_lacks_what_grading_needs_is_told_what_to_install():
    said = with_what_comes_with("", "-m", "autograder", "grade", LESSON)
    assert "pip install -c constraints.txt -e '.[grade]'" in said
    assert "Traceback" not in said
    assert with_what_comes_with("grade", "-m", "autograder", "--help").startswith("usage:")


@pytest.mark.slow
def test_students_need_nothing_of_what_instructors_need():
    assert "convnets-course" in brought("")
    assert not brought("") & {"distributed", "rich", "jupytext", "sphinx", "pytest"}
    assert not brought("grade") & {"sphinx", "pytest", "playwright"}


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
    needed = re.search(r"^\$\(STAMP\): (.*)$", (ROOT / "setup.mk").read_text(), re.MULTILINE)[1]
    for name in needed.partition(" $(")[0].split():
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


def test_a_version_has_its_section_of_the_changelog_and_is_cited(tmp_path):
    version = project()["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    lines = workflow["jobs"]["tag"]["steps"][-1]["run"].splitlines()
    script = "\n".join(x for x in lines if not x.startswith("gh ")) + '\necho "$version"; cat '
    notes = tmp_path / "notes.md"
    script = (script + "notes.md").replace("notes.md", str(notes))
    said = subprocess.run(["sh", "-ec", script], cwd=ROOT, capture_output=True, text=True).stdout
    assert said.splitlines()[0] == version
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    section = re.search(rf"^## {re.escape(version)} .*\n((?:(?!## ).*\n)*)", changes, re.MULTILINE)
    assert notes.read_text("utf-8") == section[1] and "### For students" in section[1]
