"""Faults while `autograder grade` runs: what is killed, locked or full changes no grade."""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from autograder.judge import cgroups
from tests.course import LESSON, RECORDS
from tests.grading import (
    command,
    grade,
    leftovers,
    little_disk,  # noqa: F401  (a fixture)
    processes,
    program,
    temporary,
    wait_for,
)
from tests.rows import files, journal, rows
from tests.small import hand_in, small_course

SUBMISSIONS, FEW = 24, 12
#: What is killed, and how often.
KILLS = {"main": 3, "worker": 4, "fork server": 4}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A course with many submissions, graded without any fault."""
    course = small_course(tmp_path_factory.mktemp("undisturbed") / "course")
    hand_in(course, SUBMISSIONS)
    status, said = grade(course, "--workers", 1)
    assert status == 0, said
    return course


@pytest.fixture
def course(tmp_path):
    """The same course before anything was graded."""
    course = small_course(tmp_path / "course")
    hand_in(course, SUBMISSIONS)
    return course


@pytest.fixture
def short_course(course):
    """With less submissions."""
    for student in sorted((course / RECORDS / "submitted").iterdir())[FEW:]:
        shutil.rmtree(student)
    return course


def running(course):
    return program(*command("--workers", 2), course=course, TMPDIR=str(temporary(course)))


def results(course):
    return len(list((course / RECORDS / "autograded").glob(f"*/{LESSON}/*.ipynb")))


def same(course, other):
    """Both have the same grades, notebooks, and verdicts of the students of the first."""
    students = {x.name for x in (course / RECORDS / "submitted").iterdir()}
    absent = {x.name for x in (other / RECORDS / "submitted").iterdir()} - students
    mine, theirs = rows(course), rows(other)
    assert mine.keys() == theirs.keys()
    for table, found in theirs.items():
        kept = [row for row in found if not any(repr(x) in repr(row) for x in absent)]
        assert mine[table] == kept, table
    kept = {path: x for path, x in files(other).items() if path.partition("/")[0] in students}
    assert files(course) == kept
    assert journal(course) == {x: y for x, y in journal(other).items() if x in students}


def parent(pid):
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def victims(course, what, main):
    """The processes of this kind."""
    found = {pid: (parent(pid), line) for pid, line in processes(course).items()}
    workers = {pid for pid, (_, line) in found.items() if "multiprocessing.spawn" in line}
    warm = {pid for pid, (_, line) in found.items() if "autograder.judge.inside.warm" in line}
    first = {pid for pid in warm if found[pid][0] in workers}
    servers = first | {pid for pid in warm if found[pid][0] in first}
    return sorted({"main": {main}, "worker": workers, "fork server": servers}[what])


def test_a_run_survives_whatever_is_killed(undisturbed, course):
    dice = random.Random(20)
    kills = [what for what, count in KILLS.items() for _ in range(count)]
    dice.shuffle(kills)
    force, ours = (), set()
    for _ in kills[:]:  # each run has at least one of them
        if not kills:
            break
        words = command("--workers", 2, *force)
        with program(*words, course=course, TMPDIR=str(temporary(course))) as process:
            _kill(course, process, kills, dice, ours)
            process.wait(300)
            wait_for(lambda: not processes(course), what="the end of all that the run had started")
        # With all that is done by now, there would be nothing left to kill.
        force = ("--force",) if results(course) > SUBMISSIONS - 8 else ()
    assert not kills
    for _ in range(5):
        status, said = grade(course, "--workers", 2, TMPDIR=str(temporary(course)))
        if status == 0:
            break
        assert "died" in said, said  # a submission that had bad luck too often
    assert status == 0, said
    same(course, undisturbed)
    assert leftovers(course) == []
    hidden = [x for x in (course / RECORDS / "autograded").glob("*/.*")]
    assert hidden == []
    assert groups_of(ours) == []


def _kill(course, process, kills, dice, ours):
    """Kill one after the other, until it is the run itself that is killed, or it has ended.

    The numbers of the run's processes are added to `ours`.
    """
    while kills and process.poll() is None:
        what, before = kills[-1], progress(course)
        if dice.random() < 0.75:  # while submissions are graded, else while all of it starts
            wait_for(lambda: process.poll() is not None or progress(course) > before)  # noqa: B023
        time.sleep(dice.uniform(0, 1.5))
        ours |= set(processes(course))
        found = victims(course, what, process.pid)
        if found and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(dice.choice(found), signal.SIGKILL)
            kills.pop()
            if what == "main":
                return


def progress(course):
    """How many results were written, also in the place of others."""
    return results(course) + len(list((course / RECORDS).glob("replaced/*/*/*")))


def groups_of(numbers):
    """Control groups that these processes made; other tests kill graders of their own."""
    assert numbers
    found = cgroups.ROOT.rglob("convnets-*-*")
    return [x for x in found if x.name.split("-")[1] in {str(number) for number in numbers}]


def test_another_program_locks_the_gradebook_for_a_while(undisturbed, short_course):
    course = short_course
    with running(course) as process:
        wait_for(lambda: results(course) > 3, what="some results")
        other = sqlite3.connect(course / RECORDS / "gradebook.db", timeout=30)
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(3)
        other.rollback()
        other.close()
        assert process.wait(300) == 0
    same(course, undisturbed)


def test_the_disk_is_full_for_a_moment(undisturbed, short_course, little_disk):  # noqa: F811
    course = short_course
    little_disk(course, "24m")
    filler = course / RECORDS / "filler"
    with running(course) as process:
        wait_for(lambda: results(course) > 3, what="some results")
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        assert process.wait(300) == 1
        said = process.stdout.read()
    assert "make room" in said and "Traceback" not in said
    filler.unlink()
    assert 3 < results(course) < FEW
    status, said = grade(course, "--workers", 2)
    assert status == 0, said
    same(course, undisturbed)
