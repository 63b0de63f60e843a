"""Fixtures shared by the tests: copies of the course, to be taken or graded."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from course import (
    LESSONS,
    ROOT,
    answered,
    copy_course,
    find,
    nbgrader,
    points,
    released,
    short,
    solution,
    submit,
)


@pytest.hookimpl(optionalhook=True)  # pytest-xdist may be missing, or not asked for
def pytest_xdist_make_scheduler(config, log):
    """Keep together, on one worker, what shares a costly fixture: a lesson's grading, a file."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFixture(LoadScopeScheduling):
        # Not xdist's own groups: those of 3.8 have no effect with pytest 9.
        def _split_scope(self, nodeid):
            graded = re.search(r"/test_(answers|nbgrader_round)\.py::.*\[(\d\d_[a-z]+)", nodeid)
            return graded[2] if graded else nodeid.partition("::")[0]

    return ByFixture(config, log)


class Graded(NamedTuple):
    """A lesson, and the course that graded each student's submission of it."""

    lesson: str
    courses: dict


@pytest.fixture
def course(tmp_path):
    """A fresh copy of the course, as a new clone has it, for this test alone."""
    return copy_course(tmp_path / "course")


@pytest.fixture(scope="session")
def published_answers():
    """The first lesson's own answers: exercise -> source of its solution cell."""
    return {exercise: find(solution(), exercise).source for exercise in points()}


@pytest.fixture(scope="session", params=LESSONS)
def graded(request, tmp_path_factory):
    """What test_answers.py and test_nbgrader_round.py grade of each lesson.

    A course grades its students one after the other in one command, since each takes seconds to
    start; as many courses do so at the same time as this process has cores.
    """
    from schedule import schedule

    lesson = request.param
    name = f"{lesson}/{lesson}.ipynb"
    submissions = {
        "solved": (ROOT / "solutions" / name).read_bytes(),
        "untouched": (ROOT / "notebooks" / name).read_bytes(),
    }
    for student, answers in schedule(lesson).items():
        sources = {exercise: answer.source for exercise, answer in answers.items()}
        submissions[student] = answered(sources, short(released(lesson)))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    at_once = max(1, cores // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    courses = [copy_course(tmp_path_factory.mktemp("graded") / "course") for _ in range(at_once)]
    # The solved and the untouched one, which are looked at together, go to the same course.
    where = {student: courses[i // 2 % at_once] for i, student in enumerate(submissions)}
    for student, course in where.items():
        submit(course, student, submissions[student], lesson=lesson)

    def grade(course):
        nbgrader(course, "generate_assignment", lesson, "--force")
        nbgrader(course, "autograde", lesson)

    with ThreadPoolExecutor() as pool:
        list(pool.map(grade, courses))
    return Graded(lesson, where)
