"""Fixtures shared by the tests: copies of the course, to be taken or graded."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from course import (
    LESSON,
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


@pytest.fixture
def course(tmp_path):
    """A fresh copy of the course, as a new clone has it, for this test alone."""
    return copy_course(tmp_path / "course")


@pytest.fixture(scope="session")
def published_answers():
    """The lesson's own answers: exercise -> source of its solution cell."""
    return {exercise: find(solution(), exercise).source for exercise in points()}


@pytest.fixture(scope="session")
def graded(tmp_path_factory):
    """What test_answers.py and test_nbgrader_round.py grade: student -> course that graded it.

    A course grades its students one after the other in one command, since each takes seconds to
    start; two courses do so at the same time.
    """
    from schedule import schedule

    submissions = {
        "solved": (ROOT / f"solutions/{LESSON}/{LESSON}.ipynb").read_bytes(),
        "untouched": (ROOT / f"notebooks/{LESSON}/{LESSON}.ipynb").read_bytes(),
    }
    for student, answers in schedule().items():
        sources = {name: x.source for name, x in answers.items()}
        submissions[student] = answered(sources, short(released()))
    courses = [copy_course(tmp_path_factory.mktemp("graded") / "course") for _ in range(2)]
    # The solved and the untouched one, which are looked at together, go to the same course.
    where = {student: courses[i // 2 % 2] for i, student in enumerate(submissions)}
    for student, course in where.items():
        submit(course, student, submissions[student])

    def grade(course):
        nbgrader(course, "generate_assignment", LESSON, "--force")
        nbgrader(course, "autograde", LESSON)

    with ThreadPoolExecutor() as pool:
        list(pool.map(grade, courses))
    return where
