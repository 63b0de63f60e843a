"""`python -m autograder grade`: it writes what nbgrader writes, and only what has changed."""

import argparse
import contextlib
import fcntl
import importlib.util
import json
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import termios
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import distributed
import nbformat
import pytest
from nbgrader.apps.api import NbGraderAPI

from autograder.course import Course
from autograder.errors import CourseError
from autograder.gradebook import writer
from autograder.judge import jobs as work
from autograder.judge.judging import LessonBroken, Verdicts
from autograder.judge.kernels import NotWarm
from autograder.judge.sandbox import NoSandbox
from autograder.run import cluster, scratch
from autograder.run import command as runner
from tests.course import (
    COURSE_ID,
    LESSON,
    RECORDS,
    ROOT,
    environment,
    find,
    gradebook,
    nbgrader,
    questions,
    released,
    scores,
    submission,
    submit,
)
from tests.grading import (
    Judge,
    command,
    folder,
    grade,
    judge,  # noqa: F401  (a fixture)
    leftovers,
    little_disk,  # noqa: F401  (a fixture)
    missing,
    postgres,
    processes,
    program,
    temporary,
    wait_for,
)
from tests.rows import database, files, journal, rows
from tests.small import (
    KEPT,
    TOTAL,
    change,
    cut,
    hand_in,
    mixed,
    read_solution,
    right,
    small_course,
    write_solution,
)

CRASHES = "Zoë O'Neil"  # the student whose answer ends its kernel
LATE = 'c.LateSubmissionPlugin.penalty_method = "zero"'
NAMES = ("Zoë Ångström", "o'neil.b", 'the "quoted"', "{x} [1]*", "$(id); 100%", "a\nb\x1b[2J", "漢")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A course with an empty gradebook, which takes nbgrader seconds to make."""
    course = small_course(tmp_path_factory.mktemp("prepared") / "course")
    writer.Writer(Course(course)).close()
    return course


@pytest.fixture
def small(prepared, tmp_path):
    return shutil.copytree(prepared, tmp_path / "course", symlinks=True)


def submit_all(course):
    """Hand in what the graders are compared on."""
    for number in (0, 11):
        submit(course, f"mixed-{number}", mixed(number))
    submit(course, "untouched", cut(released()))
    submit(course, "solved", read_solution(course))
    empty = {name: find(released(), name).source for name in questions()}
    unanswered = right(**empty)
    twice = [{**x, "metadata": {}} for x in unanswered.cells[:3]]  # of which nbformat would warn
    unanswered.cells += map(nbformat.from_dict, twice)
    submit(course, "unanswered", json.dumps(unanswered))
    submit(course, "late", right())
    submission(course, "late", "timestamp.txt").write_text("2026-03-02 12:00:00.5 UTC")
    submit(course, "in-time", mixed(3))
    submission(course, "in-time", "timestamp.txt").write_text("2026-02-28T12:00:00+01:00")
    submission(course, "in-time", "notes.txt").write_text("mine")
    submit(course, CRASHES, right(**{"conv-params": "import os\nos._exit(1)"}))


def set_duedate(course, date="2026-03-01", url=None):
    with gradebook_of(course, url) as book:
        book.update_or_create_assignment(LESSON, duedate=f"{date} 00:00:00 UTC")


def gradebook_of(course, url=None):
    from nbgrader.api import Gradebook

    return Gradebook(url or database(course), COURSE_ID)


# --- the same as nbgrader's own command ---


class Graded(NamedTuple):
    """Two courses with the same submissions: graded by `nbgrader autograde`, and by ours."""

    stock: Path
    own: Path  # in two runs: Ctrl-C has stopped the first one
    stopped: "Stopped"
    said: str  # by the second one
    left: list  # processes and temporary files of both
    records: set  # what the course's records held then


class Stopped(NamedTuple):
    """What Ctrl-C on a terminal has made of a run."""

    status: int
    said: str
    seconds: float  # from Ctrl-C on
    leftovers: list
    journal: dict
    notebooks: set


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    courses = [small_course(tmp_path_factory.mktemp(x) / "course", LATE) for x in ("stock", "own")]
    for course in courses:
        submit_all(course)
        set_duedate(course)
    stock, own = courses

    def by_stock():
        nbgrader(stock, "generate_assignment", LESSON, "--force")
        nbgrader(stock, "autograde", LESSON)

    with ThreadPoolExecutor() as pool:
        other = pool.submit(by_stock)
        stopped = stop(own)
        status, said = grade(own, "--workers", 2, TMPDIR=str(temporary(own)))
        other.result()
    assert status == 0, said
    records = {x.name for x in (own / RECORDS).iterdir()}
    return Graded(stock, own, stopped, said, leftovers(own), records)


def stop(course):
    """Run the command on a terminal, and type Ctrl-C when some submissions are graded."""
    parent, child = pty.openpty()
    said = bytearray()

    def own_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def listen():
        with contextlib.suppress(OSError):  # at its end
            while data := os.read(parent, 4096):
                said.extend(data)

    variables = {"TMPDIR": str(temporary(course)), "TERM": "xterm", "COLUMNS": "200"}
    process = subprocess.Popen(
        command("--workers", 2),
        cwd=course,
        env=environment(course, **variables),
        stdin=child,
        stdout=child,
        stderr=child,
        preexec_fn=own_terminal,
    )
    os.close(child)
    listener = threading.Thread(target=listen)
    listener.start()
    done = course / RECORDS / "autograded"
    wait_for(lambda: b" a minute" in said and b"0:00:" in said, 120, "results and the time left")
    os.write(parent, b"\x03")
    started = time.monotonic()
    status = process.wait(120)
    seconds = time.monotonic() - started
    listener.join()
    os.close(parent)
    notebooks = {x.name for x in done.iterdir()}
    left = leftovers(course)
    return Stopped(status, said.decode(), seconds, left, journal(course), notebooks)


def test_the_gradebook_is_the_one_that_nbgrader_writes(graded):
    stock, own = rows(graded.stock), rows(graded.own)
    assert stock.keys() == own.keys()
    for table in stock:
        assert stock[table] == own[table], table
    penalties = [x["late_submission_penalty"] for x in own["submitted_notebook"]]
    assert sorted(filter(None, penalties)) == [sum(scores(graded.own, "late").values())] != [0]


def test_the_autograded_folders_are_those_that_nbgrader_writes(graded):
    stock, own = files(graded.stock), files(graded.own)
    assert stock.keys() == own.keys()
    for path in stock:
        assert stock[path] == own[path], path
    assert "in-time/01_convolution/notes.txt" in own


def test_a_run_leaves_nothing_behind(graded):
    assert graded.left == []
    assert graded.records == {"autograded", "submitted", "gradebook.db", ".grading"}


def use_it(course, *options):
    """Use nbgrader's other tools on a graded course."""
    students = sorted(x.name for x in (course / RECORDS / "submitted").iterdir())
    nbgrader(course, "generate_feedback", LESSON, *options)
    pages = sorted(x.name for x in (course / RECORDS / "feedback").iterdir())
    assert pages == (["solved"] if options else students)
    page = (folder(course, "solved", "feedback") / f"{LESSON}.html").read_text()
    assert f"(Score: {TOTAL:.1f} / " in page
    nbgrader(course, "export", "--to=grades.csv")
    lines = (course / "grades.csv").read_text().splitlines()
    assert len(lines) == 1 + len(students)
    api = NbGraderAPI(Course(course).directory)
    assert LESSON in [x["name"] for x in api.get_assignments()]
    by_student = {x["student"]: x for x in api.get_submissions(LESSON)}
    assert sorted(by_student) == students
    assert all(x["autograded"] for x in by_student.values())
    assert by_student["late"]["score"] == TOTAL
    assert by_student["late"]["needs_manual_grade"]
    (notebook,) = api.get_notebooks(LESSON)
    assert notebook["needs_manual_grade"]
    assert len(api.get_notebook_submissions(LESSON, LESSON)) == len(students)


def test_nbgraders_other_tools_work_on_it(graded):
    use_it(graded.own)


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory):
    """The same submissions, graded by one worker into a PostgreSQL server: course, address, and
    what was then in its gradebook and its folders."""
    if importlib.util.find_spec("psycopg") is None:
        missing("psycopg is not installed")
    with postgres() as url:
        config = f"{LATE}\nc.CourseDirectory.db_url = {url!r}"
        course = small_course(tmp_path_factory.mktemp("postgres") / "course", config)
        submit_all(course)
        set_duedate(course, url=url)
        status, said = grade(course, "--workers", 1)
        assert status == 0, said
        yield course, url, rows(course, url), files(course)


def test_postgresql_holds_the_same(graded, on_postgres):
    _, _, written, notebooks = on_postgres
    assert written == rows(graded.own)
    assert notebooks == files(graded.own)


def test_nbgrader_itself_works_with_postgresql(on_postgres):
    course, url, *_ = on_postgres
    use_it(course, "--student=solved")
    before = rows(course, url)
    nbgrader(course, "autograde", LESSON, "--student=mixed-0", "--force")
    assert rows(course, url) == before


def test_postgresql_is_only_written_what_has_changed(judge, on_postgres):  # noqa: F811
    course, url, *_ = on_postgres
    judge.grade(course)
    assert judge.asked == []
    with gradebook_of(course, url) as book:
        book.remove_student("mixed-0")
    submit(course, "mixed-11", "broken")
    assert [x.student for x in judge.grade(course).quarantined] == ["mixed-11"]
    assert judge.asked == ["mixed-0", "mixed-11"]
    with gradebook_of(course, url) as book:
        assert {x.auto_score for x in book.find_submission(LESSON, "mixed-11").notebooks[0].grades}
        book.remove_student("mixed-11")  # other tests look at the same gradebook
    shutil.rmtree(folder(course, "mixed-11", "submitted").parent)


@pytest.mark.parametrize("plugin", ["raises", "too much", "is missing"])
def test_a_plugin_for_late_submissions_is_asked(judge, small, monkeypatch, plugin):  # noqa: F811
    source = (
        "from nbgrader.plugins import BasePlugin\n"
        "class Late(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        f"        return {'1 / 0' if plugin == 'raises' else 'score + total_seconds_late'}\n"
    )
    name = f"late_{plugin.replace(' ', '_')}"
    if plugin != "is missing":
        (small / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(small)
    with (small / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.AssignLatePenalties.plugin_class = '{name}.Late'\n")
    submit(small, "late", right())
    submission(small, "late", "timestamp.txt").write_text("2026-03-02 12:00:00 UTC")
    set_duedate(small)
    if plugin == "too much":
        assert judge.grade(small).complete
        with gradebook_of(small) as book:
            assert book.find_submission(LESSON, "late").late_submission_penalty == TOTAL
    else:
        with pytest.raises(CourseError, match="the plugin that says what being late costs fails"):
            judge.grade(small)
        assert not folder(small, "late").exists()


# --- only what has changed ---


@pytest.fixture
def three(judge, small, kept=[]):  # noqa: B006, F811
    """A course in which three submissions are graded; made once, and copied."""
    if kept:
        shutil.rmtree(small)
        return shutil.copytree(kept[0], small, symlinks=True)
    students = hand_in(small, 3)
    assert judge.grade(small).complete
    assert judge.asked == students
    kept.append(shutil.copytree(small, small.parent / "kept", symlinks=True))
    return small


def test_what_has_not_changed_is_not_graded_again(judge, three):  # noqa: F811
    before = rows(three), files(three)
    outcome = judge.grade(three)
    assert judge.asked == []
    assert (len(outcome.unchanged), outcome.complete) == (3, True)
    assert (rows(three), files(three)) == before


def touch_submission(course):
    submit(course, "student-01", change(mixed(1), "new"))
    return ["student-01"]


def touch_solution(course):
    notebook = read_solution(course)
    notebook.cells[0].source += " "
    write_solution(course, notebook)
    return hand_in(course, 3)


def touch_utils(course):
    with (course / "utils/plots.py").open("a") as file:
        file.write("\n# changed\n")
    return hand_in(course, 3)


def touch_grader(course):
    with (course / "autograder/judge/plan.py").open("a") as file:
        file.write("\n# changed\n")
    return hand_in(course, 3)


def touch_report(course):
    with (course / "autograder/gradebook/export.py").open("a") as file:
        file.write("\n# changed\n")
    return []


def touch_data(course):
    (course / "solutions" / LESSON / "data.csv").write_text("1")
    return hand_in(course, 3)


def touch_limits(course):
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("\nc.Limits.cell_seconds = 77\n")
    return hand_in(course, 3)


def delete_notebook(course):
    shutil.rmtree(folder(course, "student-02"))
    return ["student-02"]


def delete_student(course):
    with gradebook(course) as book:
        book.remove_student("student-00")
    return ["student-00"]


def add_timestamp(course):
    submission(course, "student-00", "timestamp.txt").write_text("2026-01-01 00:00:00 UTC")
    return ["student-00"]


def add_file(course):
    submission(course, "student-00", "drawing.png").write_bytes(b"png")
    return ["student-00"]


CHANGES = (
    touch_submission,
    touch_solution,
    touch_utils,
    touch_grader,
    touch_report,
    touch_data,
    touch_limits,
    delete_notebook,
    delete_student,
    add_timestamp,
    add_file,
)


@pytest.mark.parametrize("touch", CHANGES, ids=lambda x: x.__name__)
def test_exactly_what_a_change_affects_is_graded_again(judge, three, touch):  # noqa: F811
    expected = touch(three)
    assert judge.grade(three).complete
    assert judge.asked == expected
    judge.grade(three)
    assert judge.asked == []


def test_a_new_date_is_for_those_with_a_timestamp(judge, three):  # noqa: F811
    add_timestamp(three)
    judge.grade(three)
    for date, extension in (("2025-12-31", 0), ("2025-12-31", 5)):
        set_duedate(three, date)
        with gradebook(three) as book:
            book.grant_extension(LESSON, "student-00", days=extension)
        judge.grade(three)
        assert judge.asked == ["student-00"]


def test_force_and_student(judge, three):  # noqa: F811
    judge.grade(three, force=True)
    assert judge.asked == ["student-00", "student-01", "student-02"]
    judge.grade(three, force=True, student="student-01")
    assert judge.asked == ["student-01"]
    judge.grade(three, student="student-01")
    assert judge.asked == []
    with pytest.raises(CourseError, match=r"nothing was handed in: there is no .*/student"):
        judge.grade(three, student="student")


def test_where_nothing_is_to_do_nothing_is_graded(graded):
    before = journal(graded.own)
    status, said = grade(graded.own)
    assert status == 0 and "unchanged" in said
    assert not re.search(r"graded +[1-9]", said)
    assert journal(graded.own) == before


def imports_of(path):
    import ast

    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograder"):
            yield node.module
            yield from (f"{node.module}.{x.name}" for x in node.names)


def test_the_digest_covers_all_modules_that_decide():
    todo, seen = ["autograder.judge.jobs"], set()
    while todo:
        name = todo.pop()
        path = ROOT / f"{name.replace('.', '/')}.py"
        if name not in seen and path.is_file():
            seen.add(name)
            todo += imports_of(path)
    covered = {f"autograder.{x.removesuffix('.py')}" for x in work.GRADER}
    assert {x for x in seen if ".".join(x.split(".")[:2]) not in covered} == set()
    assert covered <= {".".join(x.split(".")[:2]) for x in seen}


# --- what cannot be graded ---


BAD = {
    "no JSON": (b"my notebook would not open", "not a notebook"),
    "an empty file": (b"", "not a notebook"),
    "another lesson": ((ROOT / "notebooks/03_pooling/03_pooling.ipynb").read_bytes(), "not one"),
    "no notebook": (b'{"a": 1}', "no"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "not a notebook"),
    "deep": (b"[" * 100_000, "not a notebook"),
}


def test_what_cannot_be_graded_is_quarantined_and_stops_nothing(judge, small):  # noqa: F811
    for student, (data, _) in BAD.items():
        submit(small, student, data)
    submission(small, "other files", "answers.pdf").write_bytes(b"%PDF")
    submit(small, "renamed", right(), name="my solution.ipynb")
    submission(small, "empty folder", "x").parent.mkdir(exist_ok=True)
    submit(small, "zoe", right())
    outcome = judge.grade(small)
    assert [x.student for x in outcome.graded] == ["zoe"]
    assert not outcome.complete
    reasons = {x.student: x.reason for x in outcome.quarantined}
    assert reasons.keys() == {*BAD, "other files", "renamed", "empty folder"}
    for student, (_, why) in BAD.items():
        assert why in reasons[student]
        assert not folder(small, student).exists()
    assert reasons["renamed"].endswith("was handed in, but my solution.ipynb")
    assert reasons["other files"].endswith("was handed in, but answers.pdf")
    again = judge.grade(small)
    assert judge.asked == [] and not again.complete
    assert {x.student for x in again.all_quarantined} == reasons.keys()
    with gradebook(small) as book:
        assert {x.id for x in book.students} == {*reasons, "zoe"}
        assert book.find_submission(LESSON, "deep").needs_manual_grade


def test_a_failed_regrade_keeps_what_people_did(judge, three):  # noqa: F811
    student, question = "student-01", next(iter(questions()))
    with gradebook(three) as book:
        grade_ = book.find_grade(question, LESSON, LESSON, student)
        grade_.manual_score, grade_.extra_credit, grade_.needs_manual_grade = 2, 0.5, False
        book.find_comment(question, LESSON, LESSON, student).manual_comment = "well said"
        book.db.commit()
    old = (folder(three, student) / f"{LESSON}.ipynb").read_bytes()
    good = (folder(three, student, "submitted") / f"{LESSON}.ipynb").read_text()
    submit(three, student, "broken")
    outcome = judge.grade(three)
    assert [x.student for x in outcome.quarantined] == [student]
    assert not folder(three, student).exists()
    (kept,) = (three / RECORDS / "replaced" / student / LESSON).glob("*/*.ipynb")
    assert kept.read_bytes() == old
    with gradebook(three) as book:
        for item in book.find_submission_notebook(LESSON, LESSON, student).grades:
            manual = (2, 0.5) if item.name == question else (None, None)
            assert (item.auto_score, item.manual_score, item.extra_credit) == (None, *manual)
        comment = book.find_comment(question, LESSON, LESSON, student)
        assert (comment.manual_comment, comment.auto_comment) == ("well said", None)
    submit(three, student, good)
    assert judge.grade(three).complete
    with gradebook(three) as book:
        assert book.find_grade(question, LESSON, LESSON, student).manual_score == 2
        assert book.find_grade(question, LESSON, LESSON, student).needs_manual_grade


def test_what_the_worker_chokes_on_is_tried_again_next_time(judge, three, monkeypatch):  # noqa: F811
    def choke(job):
        if job.student == "student-01":
            raise MemoryError("no room")

    real = judge.judged

    def judged(client, jobs):
        for job in jobs:
            try:
                choke(job)
                yield from real(client, [job])
            except MemoryError as error:
                yield job, work.Result(reason=f"choked: {error}", again=True)

    with monkeypatch.context() as patch:
        patch.setattr(runner.cluster, "judged", judged)
        outcome = judge.grade(three, force=True)
    assert [x.reason for x in outcome.quarantined] == ["choked: no room"]
    assert judge.grade(three).complete
    assert judge.asked == ["student-01"]


def test_any_name_will_do(judge, small):  # noqa: F811
    for student in NAMES:
        submit(small, student, mixed(1))
    assert judge.grade(small).complete
    assert judge.asked == sorted(NAMES)
    for student in NAMES:
        assert (folder(small, student) / f"{LESSON}.ipynb").is_file()
        assert scores(small, student) is not None
    judge.grade(small)
    assert judge.asked == []


def test_a_name_that_no_gradebook_can_hold_is_named(judge, small):  # noqa: F811
    submitted = small / RECORDS / "submitted"
    for name in (b"\xff\xfe", b"x" * 200):
        os.makedirs(os.path.join(os.fsencode(submitted), name, LESSON.encode()))
    submit(small, "zoe", right())
    outcome = judge.grade(small)
    assert [x.student for x in outcome.graded] == ["zoe"]
    assert not outcome.complete
    whys = sorted(outcome.misnamed.values())
    assert "longer" in whys[0] and "UTF-8" in whys[1]


def test_links_are_not_followed(judge, small, tmp_path):  # noqa: F811
    submit(small, "ada", right())
    original = folder(small, "ada", "submitted")
    notebook = submission(small, "copies-notebook")
    notebook.symlink_to(original / f"{LESSON}.ipynb")
    (small / RECORDS / "submitted/copies-folder").mkdir()
    folder(small, "copies-folder", "submitted").symlink_to(original)
    submit(small, "links", right())
    (folder(small, "links", "submitted") / "passwd").symlink_to("/etc/passwd")
    (folder(small, "links", "submitted") / "etc").symlink_to("/etc")
    submission(small, "pipe")
    os.mkfifo(folder(small, "pipe", "submitted") / f"{LESSON}.ipynb")
    outcome = judge.grade(small)
    assert {x.student for x in outcome.graded} == {"ada", "links"}
    reasons = {x.student: x.reason for x in outcome.quarantined}
    assert "is a link" in reasons["copies-notebook"]
    assert "is a link" in reasons["copies-folder"]
    assert sorted(x.name for x in folder(small, "links").iterdir()) == [f"{LESSON}.ipynb"]


def test_a_notebook_that_is_too_large_is_not_read(judge, small):  # noqa: F811
    submit(small, "large", right())
    with (folder(small, "large", "submitted") / f"{LESSON}.ipynb").open("ab") as file:
        file.truncate(200_000_000)
    outcome = judge.grade(small)
    assert "is larger than" in outcome.quarantined[0].reason


def test_a_timestamp_that_is_no_date_is_noted(judge, small):  # noqa: F811
    submit(small, "ada", right())
    submission(small, "ada", "timestamp.txt").write_text("yesterday\0, at noon")
    (entry,) = judge.grade(small).graded
    assert "timestamp.txt holds no date" in entry.notes[-1]


# --- when nothing can be graded ---


def refuses(judge, course, **options):  # noqa: F811
    """Grading is refused in one line, and all is as it was; return the line."""
    before = (rows(course), files(course)) if (course / RECORDS / "gradebook.db").exists() else None
    with pytest.raises(CourseError) as refused:
        judge.grade(course, **options)
    if before:
        assert (rows(course), files(course)) == before
    text = str(refused.value)
    assert "\n" not in text and "Traceback" not in text
    return text


def test_an_unknown_lesson(judge, small):  # noqa: F811
    for name in ("07_none", "../01_convolution", ".", "", "a/b"):
        with pytest.raises(CourseError, match=r"there is no lesson .*; there are: 01_convolution"):
            runner.grade(Course(small), name)
    (small / "solutions" / LESSON / f"{LESSON}.ipynb").unlink()
    with pytest.raises(CourseError, match="is not built; build it first: python -m autograder rel"):
        runner.grade(Course(small), LESSON)


def test_no_submissions(judge, small):  # noqa: F811
    assert "nothing was handed in: there is no " in refuses(judge, small)


def test_a_broken_configuration(small):
    with (small / "nbgrader_config.py").open("a") as file:
        file.write("\nc.Limits.memory = \n")
    with pytest.raises(CourseError, match=r"nbgrader_config.py cannot be used: SyntaxError"):
        Course(small)
    assert not (small / "gradebook.db").exists()


def test_a_limit_that_is_none(judge, three):  # noqa: F811
    with (three / "nbgrader_config.py").open("a") as file:
        file.write('\nc.Limits.cell_seconds = "long"\n')
    assert "cell_seconds" in refuses(judge, three)


def test_a_locked_database(judge, three, monkeypatch):  # noqa: F811
    monkeypatch.setattr(writer, "WAIT", 0.2)
    with contextlib.closing(sqlite3.connect(three / RECORDS / "gradebook.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        said = refuses(judge, three, force=True)
    assert "database is locked (another program writes to it; end it)" in said
    assert judge.grade(three, force=True).complete


def test_a_database_that_is_locked_while_results_are_written(judge, three, monkeypatch):  # noqa: F811
    monkeypatch.setattr(writer, "WAIT", 0.2)
    other = sqlite3.connect(three / RECORDS / "gradebook.db", isolation_level=None)

    def lock(job):
        if job.student == "student-01":
            other.execute("BEGIN IMMEDIATE")

    judge.before = lock
    before = rows(three)
    with pytest.raises(CourseError, match="locked"):
        judge.grade(three, force=True)
    other.close()
    judge.before = lambda job: None
    assert rows(three) == before
    assert judge.grade(three).complete
    assert judge.asked == []  # the old results are still those of these submissions


def test_another_run(judge, three):  # noqa: F811
    with Course(three).locked():
        assert "another run is grading" in refuses(judge, three)


def test_no_driver_or_server_for_the_database(judge, small):  # noqa: F811
    submit(small, "ada", right())
    config = (small / "nbgrader_config.py").read_text()
    for url, why in (
        ("mysql://u:secret@localhost/x", "cannot be opened"),
        ("nonsense", "cannot be opened"),
        ("postgresql+psycopg://u:secret@127.0.0.1:1/x", "start the database server"),
        ("sqlite:////proc/none/x.db", "No such file or directory: '?/proc/none"),
    ):
        (small / "nbgrader_config.py").write_text(f"{config}\nc.CourseDirectory.db_url = '{url}'\n")
        with pytest.raises(CourseError, match=why) as refused:
            judge.grade(small)
        assert "secret" not in str(refused.value)


def test_a_full_disk(judge, three, little_disk):  # noqa: F811
    little_disk(three)
    before = rows(three), files(three)
    hand_in(three, 2, first=3)
    filler = three / RECORDS / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    # No room for a notebook, and none for the database's own journal.
    for spare in (0, 40_000):
        with filler.open("r+b") as file:
            file.truncate(filler.stat().st_size - spare)
        with pytest.raises(CourseError, match=r"(No space left|full|disk I/O).*the same command"):
            judge.grade(three, force=True)
        with_new = rows(three)
        assert with_new["grade"] == before[0]["grade"]
        assert files(three) == before[1]
    filler.unlink()
    assert judge.grade(three, force=True).complete
    assert len(rows(three)["submitted_assignment"]) == 5


def test_a_read_only_disk(judge, three, little_disk):  # noqa: F811
    little_disk(three)
    before = rows(three), files(three)
    remount = ["mount", "-o", "remount,ro", str(three / RECORDS)]
    subprocess.run(remount, check=True)
    with pytest.raises(CourseError, match=r"(Read-only|readonly).*make it writable"):
        judge.grade(three, force=True)
    assert files(three) == before[1]
    subprocess.run(["mount", "-o", "remount,rw", str(three / RECORDS)], check=True)
    assert rows(three) == before[0]


def test_a_lesson_whose_cells_are_no_longer_those_of_the_gradebook(judge, three):  # noqa: F811
    notebook = read_solution(three)
    notebook.cells.remove(find(notebook, KEPT[-1]))
    notebook.cells.remove(find(notebook, f"test-{KEPT[-1]}"))
    write_solution(three, notebook)
    assert "nbgrader does not allow that" in refuses(judge, three)


@pytest.mark.parametrize("moment", ["put", "commit"])
def test_what_fails_in_between_leaves_the_old_result(judge, three, monkeypatch, moment):  # noqa: F811
    before = rows(three), files(three)

    def fail(*_):
        raise OSError(28, "No space left on device", "somewhere")

    with monkeypatch.context() as patch:
        if moment == "put":
            real = writer._Folder._move

            def move(self, source, target):
                if source == self.fresh:
                    fail()
                real(self, source, target)

            patch.setattr(writer._Folder, "_move", move)
        else:
            patch.setattr(writer, "Session", type("Failing", (writer.Session,), {"commit": fail}))
        with pytest.raises(CourseError, match="make room"):
            judge.grade(three, force=True)
    assert (rows(three), files(three)) == before


@pytest.mark.parametrize("step", range(4))
def test_a_run_that_is_killed_in_between_is_taken_up_again(judge, three, monkeypatch, step):  # noqa: F811
    """Killed before or after one of the two moves of folders, or once the transaction has ended."""
    before = rows(three), files(three)
    submit(three, "student-01", mixed(7))
    child = os.fork()
    if child == 0:
        move, moves = os.replace, []

        def replace(source, target):
            if len(moves) == step:
                os._exit(9)
            moves.append(source)
            move(source, target)

        def write(_self, *arguments):
            real(_self, *arguments)
            os._exit(9)

        real = writer.Writer.write
        if step < 2:
            monkeypatch.setattr(writer.os, "replace", replace)
        elif step == 2:
            monkeypatch.setattr(writer.Session, "commit", lambda _: os._exit(9))
        else:
            monkeypatch.setattr(writer.Writer, "write", write)
        with contextlib.suppress(BaseException):
            judge.grade(three, force=True, student="student-01")
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    if step < 3:
        assert rows(three) == before[0]
    judge.grade(three)
    assert judge.asked == ([] if step == 3 else ["student-01"])
    expected = files(three)
    assert expected.keys() == before[1].keys()
    judge.grade(three, force=True)
    assert files(three) == expected
    assert not list((three / RECORDS / "autograded").glob("*/.*"))


def test_a_gradebook_that_was_not_finished_is_made_anew(small):
    made = rows(small)
    (small / RECORDS / "gradebook.db").unlink()
    (small / RECORDS / ".gradebook.db.1.part").write_bytes(b"half of it")
    writer.Writer(Course(small)).close()
    assert rows(small) == made
    assert not list((small / RECORDS).glob(".gradebook.db.*"))


# --- the lesson's own solution ---


def test_a_solution_that_does_not_pass_stops_the_run(judge, three):  # noqa: F811
    notebook = read_solution(three)
    find(notebook, "conv-params").source += "\n# no longer the published one"
    write_solution(three, notebook)
    said = refuses(judge, three)
    assert "01_convolution's own solution does not earn all points here" in said
    assert "test-conv-params gives 0 of " in said


def test_a_solution_is_examined_once(judge, three):  # noqa: F811
    examined = []
    judge.before = lambda job: job.student or examined.append(job)
    judge.grade(three, force=True)
    assert examined == []
    touch_utils(three)
    judge.grade(three)
    judge.grade(three, force=True)
    assert len(examined) == 1
    assert sorted(journal(three)) == ["student-00", "student-01", "student-02"]


# --- stopping ---


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_what_is_being_written(judge, three, monkeypatch, number):  # noqa: F811
    real = writer.journal.write

    def write(connection, entry):
        if entry.student == "student-01":
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
        real(connection, entry)

    monkeypatch.setattr(writer.journal, "write", write)
    before = signal.getsignal(number)
    outcome = judge.grade(three, force=True)
    assert [x.student for x in outcome.graded] == ["student-00", "student-01"]
    assert (outcome.left, outcome.stopped) == (["student-02"], number)
    assert signal.getsignal(number) is before


def test_a_signal_that_is_ignored_stays_ignored(judge, three):  # noqa: F811
    """A shell's Ctrl-C is not meant for what it runs in its background."""
    judge.before = lambda job: os.kill(os.getpid(), signal.SIGINT)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        outcome = judge.grade(three, force=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(outcome.graded) == 3
    assert (outcome.left, outcome.stopped) == ([], 0)


def test_control_c_on_a_terminal(graded):
    stopped = graded.stopped
    assert stopped.status == 130
    assert stopped.seconds < 60  # 2 where nothing else runs
    assert stopped.leftovers == []
    assert "Stopped. The same command goes on from here." in stopped.said
    assert "not yet graded" in stopped.said
    assert "Traceback" not in stopped.said
    assert "a minute" in stopped.said and "0:00:" in stopped.said  # the rate, and the time left
    assert 2 <= len(stopped.journal) < 8
    assert stopped.notebooks == set(stopped.journal)


def test_what_the_command_prints_where_there_is_no_terminal(graded):
    first, *lines = [x.strip() for x in graded.said.splitlines()]
    assert first.split() == ["graded", str(8 - len(graded.stopped.journal))]
    assert lines[0].split() == ["unchanged", str(len(graded.stopped.journal))]
    assert "\x1b" not in graded.said and "nbformat" not in graded.said
    assert f"{CRASHES}: conv-params: the student's kernel" in graded.said + graded.stopped.said


def test_what_the_command_prints_of_what_is_not_graded(judge, small, capsys):  # noqa: F811
    submit(small, "a\nb\x1b[2J[red]", "broken")
    judge.grade(small)
    arguments = argparse.Namespace(lesson=LESSON, student=None, force=False)
    arguments.workers = arguments.scheduler = None
    assert runner.main(arguments, small) == 1
    said = capsys.readouterr().out
    assert r"a b\x1b[2J[red]: not graded: not a notebook: NotJSONError" in said
    assert "\x1b" not in said


def test_no_sandbox(judge, three, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match="there is none here: bubblewrap") as refused:
        judge.grade(three, force=True)
    assert "sudo apt-get install bubblewrap" in str(refused.value)


def test_a_lesson_that_cannot_be_imported(small, monkeypatch):
    submit(small, "ada", right())
    notebook = read_solution(small)
    first = next(x for x in notebook.cells if x.cell_type == "code")
    first.source += "\nimport a_module_that_nobody_has"
    write_solution(small, notebook)
    real = Judge()
    real.use(monkeypatch, real_judge=True)
    said = refuses(real, small)
    assert "which tests need, fails: ModuleNotFoundError: No module named 'a_module_that_" in said


# --- workers elsewhere ---


def test_an_unreachable_scheduler(small, monkeypatch):
    hand_in(small, 1)
    monkeypatch.setattr(runner.cluster, "CONNECT", 1)
    for address in ("tcp://127.0.0.1:1", "nonsense://x", "127.0.0.1:1"):
        with pytest.raises(CourseError, match=r"no scheduler answers at .*dask scheduler"):
            runner.grade(Course(small), LESSON, scheduler=address)


def test_workers_of_another_clone(graded, small, tmp_path):
    course = small
    clone = shutil.copytree(course, tmp_path / "elsewhere" / "clone", symlinks=True)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"\n{LATE}\n")
    submit_all(course)
    set_duedate(course)
    shutil.rmtree(clone / RECORDS)
    contact = tmp_path / "contact.json"
    where = {"course": clone, "TMPDIR": str(temporary(clone))}
    dask = [sys.executable, "-m", "dask"]
    local = ["--host", "127.0.0.1"]
    scheduler = [*dask, "scheduler", *local, "--port", "0", "--no-dashboard"]
    worker = [*dask, "worker", "--scheduler-file", contact, *local, "--nthreads", "2"]
    with program(*scheduler, "--scheduler-file", contact, **where):
        wait_for(contact.exists, 60, "the scheduler")
        wait_for(lambda: contact.read_text().endswith("}"))
        address = json.loads(contact.read_text())["address"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runner.cluster, "FIRST", 1)
            with pytest.raises(CourseError, match="the scheduler has no workers; start them with"):
                runner.grade(Course(course), LESSON, scheduler=address)
        with program(*worker, "--no-dashboard", **where):
            status, said = grade(course, "--scheduler", address)
            assert status == 0, said
            assert rows(course) == rows(graded.own)
            assert files(course) == files(graded.own)
            touch_utils(course)
            status, said = grade(course, "--scheduler", address)
            assert status == 1
            assert f"{clone} has other files of the course; update its clone" in said
            assert said.count("\n") == 1
    wait_for(lambda: not processes(clone))


FAILURES = {
    "nobody may make a sandbox": (NoSandbox, None),
    "no fork server": (NotWarm, None),
    "the lesson is broken": (LessonBroken, None),
    "another version": (work.WrongVersion, None),
    "it has too much": (MemoryError, "the grader could not handle it: MemoryError: it has too"),
}


@pytest.mark.parametrize("text", FAILURES)
def test_what_stops_a_run_and_what_only_one_submission(text):
    kind, reason = FAILURES[text]
    future = SimpleNamespace(exception=lambda: kind(text))
    if reason is None:
        with pytest.raises(CourseError, match=text):
            cluster._result_of(future)
    else:
        result = cluster._result_of(future)
        assert result.reason.startswith(reason) and result.again


GONE = {
    distributed.client.CancelledError: "the scheduler is gone; what was graded is written",
    OSError: "the scheduler is gone; what was graded is written",
    TimeoutError: "there have been no workers for 15.0 seconds; what was graded is written",
}


@pytest.mark.parametrize("error", GONE, ids=lambda x: x.__name__)
def test_a_scheduler_or_all_workers_are_gone(monkeypatch, error):
    def wait(*_, **__):
        raise error("what Dask says")

    monkeypatch.setattr(distributed, "wait", wait)
    monkeypatch.setattr(cluster, "GONE", 3 * cluster.LOOK)
    with pytest.raises(CourseError, match=GONE[error]):
        cluster._finished(SimpleNamespace(nthreads=dict), [])


def test_a_fork_server_or_sandbox_that_is_gone_is_replaced(small, monkeypatch):
    closed, problems = [], [NotWarm("killed"), NoSandbox("killed")]

    class Judge:
        def __init__(self, *_):
            pass

        def judge(self, notebook):
            if problems:
                raise problems.pop()
            return Verdicts()

        def close(self):
            closed.append(self)

    monkeypatch.setattr(work.judging, "Judge", Judge)
    work.course_digest.cache_clear()
    job = runner._JobMaker(Course(small), LESSON)("ada", json.dumps(right()).encode())
    assert work.judge(job, small).notebook
    assert len(closed) == 2
    problems += [NotWarm("killed")] * 3
    with pytest.raises(NotWarm):
        work.judge(job, small)
    assert len(closed) == 5
    work.judging._forget_all()


def test_scratch_folders_of_killed_runs_are_swept(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    with scratch.scratch() as folder_:
        dead = tmp_path / f"{scratch.PREFIX}dead"
        dead.mkdir()
        (dead / scratch.LOCK).touch()
        fresh = tmp_path / f"{scratch.PREFIX}fresh"
        fresh.mkdir()
        (tmp_path / f"{scratch.PREFIX}link").symlink_to("/etc")
        monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
        scratch.sweep()
        assert folder_.is_dir() and fresh.is_dir() and not dead.exists()
    assert not folder_.exists()


def test_a_cell_of_a_question_graded_by_hand_as_a_task(judge, small):  # noqa: F811
    notebook = read_solution(small)
    meta = {"grade_id": "draw", "grade": False, "solution": False, "task": True, "locked": False}
    meta |= {"points": 3, "schema_version": 3}
    cell = nbformat.v4.new_markdown_cell("Draw it.\n\n### BEGIN MARK SCHEME\nok\n", id="draw")
    cell.source = "Draw it.\n\n### BEGIN MARK SCHEME\nok\n### END MARK SCHEME"
    cell.metadata["nbgrader"] = meta
    notebook.cells.append(cell)
    write_solution(small, notebook)
    submit(small, "ada", right())
    assert judge.grade(small).complete
    with gradebook(small) as book:
        item = book.find_grade("draw", LESSON, LESSON, "ada")
        assert (item.auto_score, item.needs_manual_grade) == (None, True)
