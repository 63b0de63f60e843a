"""Progress: what is counted, where, and that nothing else is touched by it."""

import shutil
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest

from autograder.build import pack
from tests.course import LESSON, LESSONS, ROOT, nbgrader, points, run
from utils.checks import CheckFailed, check
from utils.home import page
from utils.mine.parts import PARTS, file_of

CHECKS = len(points(LESSON))
EXERCISE, ANSWER, WRONG = "strides-that-fit", [1, 2, 3, 6], [1, 2]


@pytest.fixture
def notebooks(tmp_path):
    """The students' folder, with the home and empty lessons."""
    folder = tmp_path / "course" / "notebooks"
    for lesson in LESSONS:
        (folder / lesson).mkdir(parents=True)
    return folder


@pytest.fixture
def opened(monkeypatch):
    """A function that makes this process a kernel which JupyterLab started for a notebook."""

    def opened(path, kernel=True):
        monkeypatch.setenv("JPY_SESSION_NAME", str(path))
        shell = SimpleNamespace(kernel=object()) if kernel else SimpleNamespace()
        monkeypatch.setattr("IPython.get_ipython", lambda: shell)

    return opened


def shown(notebooks):
    """What the page says of each lesson that has passed a check."""
    text = (notebooks / "home.md").read_text("utf-8").replace("&nbsp;", " ")
    rows = [row for row in text.splitlines() if "checks passed" in row]
    assert len(rows) == len(LESSONS)
    counted = {
        lesson: row.partition("<label>")[2].partition(" checks")[0]
        for lesson, row in zip(LESSONS, rows, strict=True)
    }
    return {lesson: count for lesson, count in counted.items() if not count.startswith("0 ")}


def files(folder):
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_a_check_that_passes_is_counted(notebooks, opened):
    opened(notebooks / LESSON / f"{LESSON}.ipynb")
    check(EXERCISE, ANSWER)
    (line,) = (notebooks / "progress.txt").read_text().splitlines()
    assert line.split()[1:] == [LESSON, EXERCISE]
    assert shown(notebooks) == {LESSON: f"1 of {CHECKS}"}
    home = (notebooks / "home.md").read_text()
    assert f'<progress max="{CHECKS}" value="1">' in home and "## If something goes wrong" in home
    assert files(notebooks) == {"home.md", "network.svg", "progress.txt"}


def test_it_is_counted_once(notebooks, opened):
    opened(notebooks / LESSON / "a copy of it.ipynb")
    check(EXERCISE, ANSWER)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in notebooks.glob("*.*")}
    check(EXERCISE, ANSWER)
    assert before == {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before}


def test_a_check_that_fails_is_not_counted_and_takes_nothing_back(notebooks, opened):
    opened(notebooks / LESSON / f"{LESSON}.ipynb")
    with pytest.raises(CheckFailed):
        check(EXERCISE, WRONG)
    assert files(notebooks) == set()
    check(EXERCISE, ANSWER)
    with pytest.raises(CheckFailed):
        check(EXERCISE, WRONG)
    assert shown(notebooks) == {LESSON: f"1 of {CHECKS}"}


ELSEWHERE = [
    "notebooks/mine/mine.ipynb",
    f"notebooks/{LESSON}.ipynb",
    f"notebooks/{LESSON}/deeper/x.ipynb",
    f"solutions/{LESSON}/{LESSON}.ipynb",
    f"submitted/ada/{LESSON}/{LESSON}.ipynb",
    "",
]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_nothing_is_written_elsewhere(name, notebooks, opened):
    course = notebooks.parent
    shutil.copytree(notebooks, course / "solutions")
    opened(course / name if name else "")
    before = files(course)
    check(EXERCISE, ANSWER)
    assert files(course) == before


def test_nothing_is_written_by_a_program_that_a_notebook_started(notebooks, opened):
    opened(notebooks / LESSON / f"{LESSON}.ipynb", kernel=False)
    check(EXERCISE, ANSWER)
    assert files(notebooks) == set()


def test_nothing_is_written_while_validating(course):
    path = course / "notebooks" / LESSON / "short.ipynb"
    cells = ["from utils.checks import check", f"check({EXERCISE!r}, {ANSWER})"]
    cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    nbgrader(course, "validate", path)
    assert not (course / "notebooks/progress.txt").exists()
    # The same kernel, told that somebody has the notebook open, counts.
    run(course, "nbgrader", "validate", path, JPY_SESSION_NAME=str(path))
    assert shown(course / "notebooks") == {LESSON: f"1 of {CHECKS}"}


def test_lessons_that_are_open_at_once_lose_nothing(notebooks):
    def kernel(lesson, exercises):
        code = (
            f"import sys; sys.path.insert(0, {str(ROOT / 'utils/home')!r})\n"
            "import pathlib, page\n"
            f"for exercise in {exercises}:\n"
            f"    page._add(pathlib.Path({str(notebooks)!r}), {lesson!r}, exercise)\n"
        )
        return subprocess.Popen([sys.executable, "-c", code])

    # Two lessons, and one of them in two notebooks.
    names = {lesson: list(points(lesson)) for lesson in LESSONS[:2]}
    kernels = [kernel(lesson, names[lesson]) for lesson in [*names, LESSON]]
    assert [x.wait(60) for x in kernels] == [0, 0, 0]
    assert shown(notebooks) == {x: f"{len(points(x))} of {len(points(x))}" for x in LESSONS[:2]}
    assert files(notebooks) == {"home.md", "network.svg", "progress.txt"}


def test_what_is_damaged_is_passed_over_and_said(notebooks, opened):
    log = notebooks / "progress.txt"
    kept = f"2030-01-01T10:00:00+00:00 {LESSON} conv-params"
    log.write_bytes(b"\xff\x00\xfe nonsense\n" + kept.encode() + b"\n2030-01-01T10:0")
    opened(notebooks / LESSON / f"{LESSON}.ipynb")
    check(EXERCISE, ANSWER)
    assert kept in log.read_text("utf-8", "replace").splitlines()
    assert shown(notebooks) == {LESSON: f"2 of {CHECKS}"}
    assert "damaged: 2." in (notebooks / "home.md").read_text()


def test_what_an_older_course_had_counts_no_more_than_there_is(notebooks):
    lines = [f"2030-01-01T10:00:00+00:00 {LESSON} old-{i}\n" for i in range(12)]
    (notebooks / "progress.txt").write_text("".join(lines))
    page.draw(notebooks)
    assert shown(notebooks) == {LESSON: f"{CHECKS} of {CHECKS}"}


@pytest.mark.parametrize("name", ["progress.txt", "home.md", "network.svg"])
def test_a_folder_that_cannot_be_written_disturbs_no_check(name, notebooks, opened, capsys):
    (notebooks / name).mkdir()  # even root cannot write a file of this name
    opened(notebooks / LESSON / f"{LESSON}.ipynb")
    check(EXERCISE, ANSWER)
    assert "right" in capsys.readouterr().out
    assert page.draw(notebooks) == notebooks
    assert not list(notebooks.rglob("*.part"))


def test_an_error_in_the_counting_disturbs_no_check(notebooks, opened, monkeypatch, capsys):
    def broken(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(page, "_add", broken)
    opened(notebooks / LESSON / f"{LESSON}.ipynb")
    check(EXERCISE, ANSWER)
    assert "right" in capsys.readouterr().out


def test_it_moves_with_the_folder_and_make_lab_needs_only_python(notebooks, opened, tmp_path):
    opened(notebooks / LESSON / f"{LESSON}.ipynb")
    check(EXERCISE, ANSWER)
    moved = notebooks.parent.rename(tmp_path / "moved")
    (moved / "notebooks/home.md").unlink()
    shutil.copytree(ROOT / "utils/home", moved / "utils/home")
    (moved / "utils/mine").mkdir(parents=True)
    shutil.copy(ROOT / "utils/atomic.py", moved / "utils")
    script = moved / "utils/home/page.py"
    for name in ("parts.py", "picture.py"):
        shutil.copy(ROOT / "utils/mine" / name, moved / "utils/mine")
    # -S: without the packages that are installed.
    command = [sys.executable, "-S", script]
    said = subprocess.run(command, capture_output=True, check=True)
    assert said.stdout.split() == [b"notebooks/home.md"]
    assert shown(moved / "notebooks") == {LESSON: f"1 of {CHECKS}"}
    # Deleted, it begins from nothing.
    (moved / "notebooks/progress.txt").unlink()
    subprocess.run(command, capture_output=True, check=True)
    assert shown(moved / "notebooks") == {}


def test_the_home_draws_the_network_with_the_parts_that_are_kept(notebooks):
    assert page.draw(notebooks) == notebooks / "home.md"
    drawn = (notebooks / "network.svg").read_text("utf-8")
    assert drawn.count(">✓ ") == 1 and "next: im2col" in drawn  # in the legend
    assert "all are on loan. Next: im2col, in" in (notebooks / "home.md").read_text()
    (notebooks / "my_convnet").mkdir()
    for name in ("conv2d", "conv2d.before", "__init__", "something"):
        (notebooks / "my_convnet" / f"{name}.py").touch()
    page.draw(notebooks)
    drawn = (notebooks / "network.svg").read_text("utf-8")
    assert drawn.count(">✓ ") == 2 and "next: im2col" in drawn
    home = (notebooks / "home.md").read_text()
    assert f"1 of {len(PARTS)} parts are your own (conv2d)" in home and "](network.svg)" in home

    for name in PARTS:  # functions and classes, each under its file's name
        (notebooks / "my_convnet" / f"{file_of(name)}.py").touch()
    page.draw(notebooks)
    home = (notebooks / "home.md").read_text()
    assert f"Your network: all {len(PARTS)} parts are your own." in home


def test_a_checkout_stays_clean_and_the_zip_holds_no_progress(course, opened):
    git = ["git", "-C", course, "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message=all"], check=True)
    packed = pack.contents(course)
    opened(course / "notebooks" / LESSON / f"{LESSON}.ipynb")
    check(EXERCISE, ANSWER)
    (course / "notebooks/.home.md.1.part").touch()  # as a kernel leaves it that is killed
    (course / "notebooks/my_convnet").mkdir()
    (course / "notebooks/my_convnet/conv2d.py").touch()
    assert {"conv2d.py", "home.md", ".home.md.1.part", "network.svg", "progress.txt"} <= files(
        course / "notebooks"
    )
    status = subprocess.run([*git, "status", "--porcelain"], capture_output=True, check=True)
    assert status.stdout == b""
    assert pack.contents(course) == packed
