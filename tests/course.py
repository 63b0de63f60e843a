"""Helpers for tests that take or grade the course: a copy of it, its commands, its scores."""

import ast
import copy
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from autograder.cells import BUILD_METADATA
from autograder.judge.plan import bound, needed

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir())
LESSON = LESSONS[0]  # where one lesson is enough to see
COURSE_ID = "convnets"
RECORDS = "autograder/records"
#: Modules that stand in for others, so that programs start soon.
LIGHT = str(ROOT / "tests" / "light")


def copy_course(target):
    """Copy what a fresh clone would hold (and what is not committed yet), with the environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            # With their dates, so that make finds the environment newer than the constraints.
            shutil.copy2(ROOT / name, target / name)
    (target / ".venv").symlink_to(sys.prefix)
    return target


def environment(course, **more):
    """Return an environment that belongs to a copy of the course, and to no user."""
    home = course.parent / f"{course.name}-home"
    home.mkdir(exist_ok=True)
    ours = ("JUPYTER", "IPYTHON", "PYTHON", "MAKE", "MFLAGS", "COVERAGE", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        "HOME": str(home),
        "PATH": f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}",
        # The copy's own packages, though another folder is installed in the environment.
        "PYTHONPATH": f"{course}{os.pathsep}{LIGHT}",
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "OMP_NUM_THREADS": "1",
        **more,
    }


def run(course, *command, status=0, **more):
    """Run a command at the root of a copy of the course; return what it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=course,
        env=environment(course, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert status is None or done.returncode == status, (
        f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-6000:]}"
    )
    return done.stdout


def nbgrader(course, *arguments, status=0):
    """Run a stock nbgrader command, as an instructor types it."""
    return run(course, "nbgrader", *arguments, status=status)


@functools.cache
def _read(path):
    return nbformat.read(path, as_version=4)


def solution(lesson=LESSON):
    """Return the executed solution, as it is committed."""
    return copy.deepcopy(_read(ROOT / "solutions" / lesson / f"{lesson}.ipynb"))


def released(lesson=LESSON):
    """Return the notebook that students get, as it is committed."""
    return copy.deepcopy(_read(ROOT / "notebooks" / lesson / f"{lesson}.ipynb"))


@functools.cache
def imports(lesson=LESSON):
    """Compile the imports of a lesson's first code cell."""
    first = next(cell for cell in solution(lesson).cells if cell.cell_type == "code")
    tree = ast.parse(first.source)
    tree.body = [x for x in tree.body if isinstance(x, ast.Import | ast.ImportFrom)]
    return compile(tree, lesson, "exec")


def info(cell):
    """Return a cell's nbgrader metadata, or an empty dictionary."""
    return cell.metadata.get("nbgrader", {})


def points(lesson=LESSON):
    """Return the automatic points of each test cell: exercise -> points."""
    cells = [info(cell) for cell in solution(lesson).cells]
    tests = [x for x in cells if x.get("grade") and not x.get("solution")]
    return {x["grade_id"].removeprefix("test-"): x["points"] for x in tests}


def questions(lesson=LESSON):
    """Return the points of each question that an instructor reads: its cell -> points."""
    cells = [info(cell) for cell in solution(lesson).cells]
    return {x["grade_id"]: x["points"] for x in cells if x.get("grade") and x.get("solution")}


def find(notebook, grade_id):
    """Return a notebook's cell with this `grade_id`."""
    (cell,) = [cell for cell in notebook.cells if info(cell).get("grade_id") == grade_id]
    return cell


def short(notebook):
    """Leave out the demonstrations, to save time where only graded cells are looked at."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kept = {cell["id"] for cell in code if info(cell)} | {code[0]["id"]}  # code[0]: the imports
    notebook.cells = [x for x in notebook.cells if x.cell_type != "code" or x["id"] in kept]
    return notebook


def quick(notebook, lesson=LESSON, seconds=8):
    """Leave out the demonstrations that take long and use no answer, and what is made of them.

    These do the same in every submission, and test_release.py has it that they are executed without
    an error. What depends on an answer, or is used by what does, is kept.
    """
    took = solution(lesson).metadata[BUILD_METADATA]["seconds"]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    binds = {cell["id"]: bound(cell.source) or set() for cell in code}
    uses = {cell["id"]: needed(cell.source) or set() for cell in code}
    theirs, long, spare = set(), set(), set()  # names that come of answers, of long cells; cells
    for name, cell in zip(binds, code, strict=True):
        if info(cell) or uses[name] & theirs:
            theirs |= binds[name]
        else:
            theirs -= binds[name]
            if took.get(name, 0) >= seconds or uses[name] & long:
                long |= binds[name]
                spare.add(name)
    wanted = set()
    for name in reversed(binds):
        if name not in spare or binds[name] & wanted:
            spare.discard(name)
            wanted = wanted - binds[name] | uses[name]
    notebook.cells = [cell for cell in notebook.cells if cell["id"] not in spare]
    return notebook


def answered(answers, notebook=None):
    """Return a student's notebook with these answers: exercise -> source of its solution cell."""
    notebook = notebook or released()
    for exercise, source in answers.items():
        find(notebook, exercise).source = source
    return notebook


def submission(course, student, name=None, lesson=LESSON):
    """Return the path of a submitted file; its folder exists."""
    path = course / RECORDS / "submitted" / student / lesson / (name or f"{lesson}.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def submit(course, student, notebook, **where):
    """Put a notebook, text or bytes where `nbgrader collect` would put a student's submission."""
    path = submission(course, student, **where)
    if isinstance(notebook, bytes):
        path.write_bytes(notebook)
    elif isinstance(notebook, str):
        path.write_text(notebook)
    else:
        nbformat.write(notebook, path)


def gradebook(course):
    """Open the gradebook of a copy of the course."""
    return Gradebook(f"sqlite:///{course / RECORDS / 'gradebook.db'}", COURSE_ID)


def scores(course, student, lesson=LESSON):
    """Return a student's automatic scores: exercise -> points, None where nothing was graded."""
    with gradebook(course) as book:
        grades = book.find_submission_notebook(lesson, lesson, student).grades
        return {
            grade.name.removeprefix("test-"): grade.auto_score
            for grade in grades
            if grade.name not in questions(lesson)
        }


def autograded(course, student, lesson=LESSON):
    """Return the notebook that grading has executed, or None when there is none."""
    path = course / RECORDS / "autograded" / student / lesson / f"{lesson}.ipynb"
    return nbformat.read(path, as_version=4) if path.exists() else None


def errors(notebook):
    """Return the errors in a notebook's outputs: cell id -> name of the exception."""
    return {
        cell["id"]: output["ename"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "error"
    }
