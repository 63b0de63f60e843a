"""Fixtures shared by the tests: copies of the course, to be taken or graded."""

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
    start; two courses do so at the same time.
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
    courses = [copy_course(tmp_path_factory.mktemp("graded") / "course") for _ in range(2)]
    # The solved and the untouched one, which are looked at together, go to the same course.
    where = {student: courses[i // 2 % 2] for i, student in enumerate(submissions)}
    for student, course in where.items():
        submit(course, student, submissions[student], lesson=lesson)

    def grade(course):
        nbgrader(course, "generate_assignment", lesson, "--force")
        nbgrader(course, "autograde", lesson)

    with ThreadPoolExecutor() as pool:
        list(pool.map(grade, courses))
    return Graded(lesson, where)
