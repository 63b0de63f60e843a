"""Other ways into the course than `make lab`: dev containers, Binder, Google Colab."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata

import nbformat
import pytest
import yaml
from jupyter_server.serverapp import DEFAULT_JUPYTER_SERVER_PORT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from autograder.build import pack
from tests.course import ROOT, environment, errors, points, released, short

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHON = SpecifierSet(PROJECT["requires-python"])
CONTAINER = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
CELL = (ROOT / "student/colab.py").read_text()
LESSON = "06_depth"  # it has a module of its own beside it

# google.colab as the cell uses it: a module that is imported before a notebook's first cell runs.
COLAB = """
import shutil
from pathlib import Path

def upload():
    chosen = Path(__file__).with_name("chosen")
    names = [path.name for path in chosen.iterdir()]
    for name in names:
        shutil.copy(chosen / name, name)
    return {name: Path(name).read_bytes() for name in names}
"""


def test_the_dev_container_has_a_python_for_the_course():
    version = re.fullmatch(
        r"mcr.microsoft.com/devcontainers/python:([\d.]+)-\w+", CONTAINER["image"]
    )
    assert PYTHON.contains(version[1])


def test_the_dev_containers_commands_are_the_makefiles():
    targets = re.findall(r"make (\w+)", CONTAINER["postCreateCommand"])
    assert targets == ["setup"]
    for makefile in ("Makefile", "setup.mk"):  # of this folder, and of the students'
        subprocess.run(["make", "-n", "-f", makefile, *targets], cwd=ROOT, check=True)


def test_the_dev_container_keeps_the_environment_where_make_puts_it():
    folder = re.search(r"^VENV := (\S+)", (ROOT / "setup.mk").read_text(), re.M)[1]
    inside = f"${{containerWorkspaceFolder}}/{folder}"
    (mount,) = CONTAINER["mounts"]
    assert f"target={inside}," in mount and "type=volume" in mount
    assert f"chown $(id -u) {folder} &&" in CONTAINER["postCreateCommand"]
    settings = CONTAINER["customizations"]["vscode"]["settings"]
    assert settings["python.defaultInterpreterPath"] == f"{inside}/bin/python"


def test_the_dev_container_forwards_jupyters_port():
    assert CONTAINER["forwardPorts"] == [DEFAULT_JUPYTER_SERVER_PORT]
    assert list(CONTAINER["portsAttributes"]) == [str(DEFAULT_JUPYTER_SERVER_PORT)]


def test_binder_builds_from_environment_yml():
    # repo2docker prefers each of these to the environment.yml at the root.
    first = ("Dockerfile", "binder", ".binder", "Project.toml", "default.nix", "runtime.txt")
    assert not [name for name in first if (ROOT / name).exists()]
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (version,) = [x.partition("=")[2] for x in listed if isinstance(x, str) and "python=" in x]
    assert PYTHON.contains(version)
    (lines,) = [entry["pip"] for entry in listed if isinstance(entry, dict)]
    local = [line.split()[1] for line in lines if line.startswith("-")]
    assert local == ["constraints.txt", "."]
    # The students' zip can be published too.
    assert {"environment.yml", "constraints.txt", "pyproject.toml"} <= set(pack.FILES)


@pytest.fixture
def colab(tmp_path):
    """A folder with what a notebook has on Colab, and a function that runs a command there."""
    modules = tmp_path / "modules"
    (modules / "google/colab").mkdir(parents=True)
    (modules / "google/colab/__init__.py").touch()
    (modules / "google/colab/files.py").write_text(COLAB)
    chosen = modules / "google/colab/chosen"
    chosen.mkdir()
    here = tmp_path / "content"
    here.mkdir()
    profile = tmp_path / "ipython/profile_default/startup"
    profile.mkdir(parents=True)
    (profile / "colab.py").write_text("import google.colab")
    ours = environment(here, PYTHONPATH=str(modules), IPYTHONDIR=str(tmp_path / "ipython"))

    def run(*words, status=0):
        done = subprocess.run(words, cwd=here, env=ours, capture_output=True, text=True)
        assert done.returncode == status, done.stderr
        return done

    run.here, run.chosen = here, chosen
    return run


def test_the_colab_cell_does_nothing_elsewhere(tmp_path):
    program = """if True:
        import os, sys
        before = sorted(sys.modules), list(sys.path), os.getcwd(), os.environ.copy(), set(globals())
        exec(sys.argv[1], globals())
        after = sorted(sys.modules), list(sys.path), os.getcwd(), os.environ.copy(), set(globals())
        assert after[:4] == before[:4]
        assert after[4] - before[4] == {"before"}
    """
    done = subprocess.run([sys.executable, "-c", program, CELL], cwd=tmp_path, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert not list(tmp_path.iterdir())


def test_a_lesson_runs_on_colab_from_its_notebook_and_the_zip(colab):
    pack.pack(colab.chosen / "convnets-course-student (1).zip")  # downloaded twice
    notebook = short(released(LESSON))
    where = "import utils, long_run; print(utils.__file__, long_run.__file__, sep='\\n')"
    cells = [nbformat.v4.new_code_cell(source) for source in (CELL, CELL, where)]
    notebook.cells = cells[:2] + notebook.cells + cells[2:]
    nbformat.write(notebook, colab.here / "lesson.ipynb")
    options = ["--execute", "--allow-errors", "--to=notebook", "--inplace"]
    colab("jupyter", "nbconvert", *options, "lesson.ipynb")

    executed = nbformat.read(colab.here / "lesson.ipynb", as_version=4)
    said = "".join(output.text for output in executed.cells[0].outputs)
    assert said.splitlines()[0] == "Choose convnets-course-student.zip"
    assert not executed.cells[1].outputs, "it was asked for again"
    course = colab.here / "convnets-course"
    assert executed.cells[-1].outputs[0].text.split() == [
        str(course / "utils/__init__.py"),
        str(course / f"notebooks/{LESSON}/long_run.py"),
    ]
    assert {x for x in errors(executed) if x.startswith("test-")} == {
        f"test-{exercise}" for exercise in points(LESSON)
    }
    assert set(errors(executed).values()) <= {
        "CheckFailed",
        "NotAnswered",
        "NotImplementedError",
        "AssertionError",
    }


@pytest.mark.parametrize("chosen", [None, "other.zip"])
def test_colabs_cell_says_when_it_was_given_something_else(colab, chosen, tmp_path):
    if chosen:
        shutil.make_archive(str(colab.chosen / "other"), "zip", ROOT / "student")
    program = "import sys, google.colab; exec(sys.argv[1])"
    said = colab(sys.executable, "-c", program, CELL, status=1).stderr
    assert "That was not convnets-course-student.zip. Run this cell again." in said


def needs(package, known=()):
    """All that a package needs, itself included, by their names."""
    found = {*known, package}
    for line in metadata.requires(package) or []:
        requirement = Requirement(line)
        name = requirement.name.lower().replace("_", "-")
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if applies and name not in found:
            found |= needs(name, found)
    return found


def test_what_colabs_cell_installs_does_not_bring_a_torch():
    (listed,) = re.findall(r"lacking = \[(.*)\]", CELL)
    installed = re.findall(r'"([\w-]+)"', listed)
    assert "psygnal" in needs("anywidget"), "what it needs is not found"
    for package in installed:
        assert "torch" not in needs(package)
        assert package in PROJECT["dependencies"]
