"""The students' zip: complete, the same each time, without secrets, and it runs by itself."""

import re
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest

from autograder.build import pack
from autograder.build.pack import FOLDER
from autograder.errors import CourseError
from tests.course import LESSON, ROOT, environment, errors, info, points, released, solution


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The zip of this course."""
    target = tmp_path_factory.mktemp("zip") / "student.zip"
    pack.pack(target)
    return target


@pytest.fixture
def unpacked(packed, tmp_path):
    """The folder that a student has after unpacking it."""
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path)
    return tmp_path / FOLDER


def test_it_holds_what_a_student_needs_and_nothing_else(unpacked):
    assert {path.name for path in unpacked.iterdir()} == {*pack.FILES, *pack.FOLDERS}
    assert (unpacked / "README.md").read_text() == (ROOT / "student/README.md").read_text()
    assert (unpacked / f"notebooks/{LESSON}/{LESSON}.ipynb").is_file()
    assert (unpacked / "utils/home/home.md").is_file()
    assert (unpacked / "utils/functional/conv.py").is_file()
    odd = [x for x in unpacked.rglob("*") if x.name.startswith(".") or x.suffix in (".pyc", ".db")]
    assert not odd
    assert not list(unpacked.rglob("autograder")) and not list(unpacked.rglob("nbgrader_config.py"))


def test_it_is_the_same_each_time(packed, tmp_path):
    pack.pack(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def marked(text, begin, end):
    """The lines between two delimiters, stripped."""
    found = re.findall(rf"BEGIN {begin}.*?\n(.*?)[^\n]*END {end}", text, flags=re.DOTALL)
    return {line.strip() for part in found for line in part.splitlines() if line.strip()}


def unmarked(text):
    """What is left of a text without solutions and hidden tests."""
    return re.sub(r"BEGIN (SOLUTION|HIDDEN TESTS|MARK SCHEME).*?END \1", "", text, flags=re.DOTALL)


def test_no_line_of_a_hidden_test_or_solution_is_inside(unpacked):
    # A reading of the lessons' text, independent of the one by which `pack` refuses.
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    text = {path: path.read_text().replace('\\"', '"') for path in files}
    everything = "\n".join(text.values())
    notebooks = "\n".join(x for path, x in text.items() if path.suffix == ".ipynb")
    code = "\n".join(x for path, x in text.items() if path.suffix == ".py")
    hidden = set()
    for lesson in ROOT.glob("lessons/*/*.md"):
        source = lesson.read_text()
        shown = unmarked(source)
        tests = {x for x in marked(source, "HIDDEN TESTS", "HIDDEN TESTS") if x not in shown}
        answers = {x for x in marked(source, "SOLUTION", "SOLUTION") if x not in shown}
        hidden |= tests
        # Short lines such as `return out` stand in any program, and a formula may stand in utils
        # or in a module beside a lesson.
        secret = {x for x in tests | answers if len(x) > 12 and x not in code}
        assert secret and not [x for x in secret if x in notebooks]
        asserted = [x for x in tests if x.startswith("assert")]
        assert asserted and not [x for x in asserted if x in everything]
    assert len(hidden) > 20, "the lessons' hidden tests were not found"


def test_the_answer_in_words_is_not_inside(unpacked):
    (answer,) = [x.source for x in solution().cells if info(x).get("grade_id") == "why-share"]
    everything = "\n".join(path.read_text() for path in unpacked.rglob("*.*") if path.is_file())
    lines = [line.strip() for line in answer.splitlines() if len(line.strip()) > 20]
    assert lines and not [line for line in lines if line in everything]


def secret_line(kind):
    return next(line for line, what in pack.secrets().items() if what.startswith(f"a {kind}"))


def with_cell(source):
    notebook = released()
    notebook.cells.append(nbformat.v4.new_markdown_cell(source))
    return nbformat.writes(notebook).encode()


LEAKS = {
    "a solution's mark": lambda: {"utils/x.py": b"### BEGIN SOLUTION\n"},
    "a hidden test's mark": lambda: {"notebooks/x.ipynb": with_cell("### END HIDDEN TESTS")},
    "a mark scheme's mark": lambda: {"README.md": b"BEGIN MARK SCHEME"},
    "a line of a hidden test": lambda: {"utils/x.py": secret_line("hidden test").encode()},
    "a line of a solution": lambda: {"notebooks/x.ipynb": with_cell(secret_line("solution"))},
    "an output in cell": lambda: {"notebooks/x.ipynb": nbformat.writes(solution()).encode()},
    "a record of the course": lambda: {"notebooks/gradebook.db": b"SQLite format 3\0"},
    "x: a record of the course": lambda: {"notebooks/x": b"SQLite format 3\0"},
    "ada/x.ipynb: a record": lambda: {"autograder/records/submitted/ada/x.ipynb": b'{"cells": []}'},
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_found(leak):
    found = pack.leaks({**pack.contents(), **LEAKS[leak]()})
    assert any(leak in line for line in found), found
    assert pack.leaks(pack.contents()) == []


def test_data_that_lies_beside_a_lesson_is_no_record():
    name = "notebooks/06_depth/long_run.csv"
    assert name in pack.contents()
    assert pack.leaks({name: b"student,score\nada,3\n"}) == [f"{name}: a record of the course"]


def test_a_leak_stops_the_packing(course, tmp_path):
    shutil.copy(course / f"solutions/{LESSON}/{LESSON}.ipynb", course / f"notebooks/{LESSON}/")
    command = [sys.executable, "-m", "autograder", "pack", "--output", tmp_path / "x.zip"]
    done = subprocess.run(
        command, cwd=course, env=environment(course), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "students must not see this" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "x.zip").exists()


def test_a_lesson_that_is_not_built_stops_the_packing(tmp_path):
    for name in ["lessons", "utils", "student", "notebooks"]:
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in pack.FILES.values():
        (tmp_path / name).exists() or shutil.copy(ROOT / name, tmp_path / name)
    shutil.rmtree(tmp_path / "notebooks" / LESSON)
    with pytest.raises(CourseError, match=f"missing: notebooks/{LESSON}.*make release"):
        pack.contents(tmp_path)


def test_the_notebook_runs_from_the_unpacked_folder_alone(unpacked):
    path = unpacked / f"notebooks/{LESSON}/{LESSON}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("import utils; print(utils.__file__)"))
    nbformat.write(notebook, path)
    command = ["jupyter", "nbconvert", "--execute", "--allow-errors", "--to=notebook", "--inplace"]
    subprocess.run(
        [*command, path], cwd=unpacked, env=environment(unpacked), capture_output=True, check=True
    )
    executed = nbformat.read(path, as_version=4)
    assert executed.cells[-1].outputs[0]["text"].strip() == str(unpacked / "utils/__init__.py")
    failed = {name for name in errors(executed) if name.startswith("test-")}
    assert failed == {f"test-{exercise}" for exercise in points()}


def test_make_lab_is_the_first_thing_its_makefile_offers(unpacked):
    (unpacked / ".venv").symlink_to(sys.prefix)
    said = subprocess.run(
        ["make", "--dry-run", "--assume-old=.venv/.installed"],
        cwd=unpacked,
        env=environment(unpacked),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "jupyter lab" in said and "/lab/tree/$(python utils/home/page.py)" in said


def test_its_files_are_dated_alike(packed):
    with zipfile.ZipFile(packed) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
