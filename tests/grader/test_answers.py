"""Every mistake loses the points of its exercise alone; every right answer keeps them."""

import functools

import pytest

from autograder.judge.judging import Judge
from tests.answers import RIGHT
from tests.course import LESSONS, ROOT, autograded, errors, points, scores
from tests.schedule import one_after_another, schedule
from utils.checks import EXERCISES

ALL = [(lesson, exercise) for lesson in LESSONS for exercise in points(lesson)]
each_exercise = pytest.mark.parametrize(("lesson", "exercise"), ALL)


@pytest.fixture(scope="session")
def verdicts():
    """A function from a lesson to what the judge says to every answer: (exercise, answer, verdict).

    One submission holds them all: it is the same judge, sandbox and tests as in a round of grading.
    """

    @functools.cache
    def of(lesson):
        notebook, held = one_after_another(lesson)
        with Judge(ROOT, lesson, notebook) as judge:
            tests = judge.judge(notebook).tests
        return [(*held[name], verdict) for name, verdict in tests.items()]

    return of


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_has_mistakes_and_right_answers(lesson):
    assert points(lesson), "the lesson has no automatic points"
    for exercise in points(lesson):
        assert EXERCISES[exercise].mistakes, exercise
        assert len(RIGHT[lesson][exercise]) >= 3, exercise


@each_exercise
def test_each_mistake_loses_the_points(verdicts, lesson, exercise):
    scored = {
        answer.name: verdict.points
        for of, answer, verdict in verdicts(lesson)
        if of == exercise and not answer.right
    }
    assert scored == dict.fromkeys([x.name for x in EXERCISES[exercise].mistakes], 0)


@each_exercise
def test_each_right_answer_gets_full_marks(verdicts, lesson, exercise):
    found = {
        answer.name: verdict
        for of, answer, verdict in verdicts(lesson)
        if of == exercise and answer.right
    }
    assert len(found) == len(RIGHT[lesson][exercise]) + 1
    most = points(lesson)[exercise]
    assert {name: x.message for name, x in found.items() if x.points != most} == {}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_mistake_costs_the_points_of_its_exercise_alone(graded, lesson):
    course = graded(lesson)
    for student, row in schedule(lesson).items():
        due = {x: points(lesson)[x] if answer.right else 0 for x, answer in row.items()}
        assert len({bool(x) for x in due.values()}) == 2, "there would be no cross-talk"
        got = scores(course, student, lesson)
        assert got == due, f"{student}: {errors(autograded(course, student, lesson))}"
