"""Every misconception loses the points of its exercise alone; every right answer keeps them."""

import pytest
from answers import RIGHT
from course import LESSONS, autograded, errors, points, scores
from schedule import alternatives, mistakes, schedule

from utils.checks import EXERCISES

ALL = [(lesson, exercise) for lesson in LESSONS for exercise in points(lesson)]
graded_exercise = pytest.mark.parametrize(("graded", "exercise"), ALL, indirect=["graded"])


@pytest.fixture(scope="module")
def results(graded):
    """What each submission answered and scored: (student, exercise, answer, score)."""
    lesson, courses = graded
    return [
        (student, exercise, answer, score)
        for student, answers in schedule(lesson).items()
        for got in [scores(courses[student], student, lesson)]
        for exercise, answer in answers.items()
        for score in [got[exercise]]
    ]


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_has_mistakes_and_right_answers(lesson):
    assert points(lesson), "the lesson has no automatic points"
    for exercise in points(lesson):
        assert EXERCISES[exercise].misconceptions, exercise
        assert len(RIGHT[lesson][exercise]) >= 3, exercise


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_answer_is_submitted(lesson):
    rows = schedule(lesson)
    submitted = [(x, answer) for row in rows.values() for x, answer in row.items()]
    for exercise in points(lesson):
        for answer in [*mistakes(exercise), *alternatives(lesson, exercise)]:
            assert (exercise, answer) in submitted
    for student, row in rows.items():
        wrong = sum(not answer.right for answer in row.values())
        assert 0 < wrong < len(row), f"{student} would not show cross-talk"


@graded_exercise
def test_each_mistake_loses_the_points(graded, results, exercise):
    kept = [
        f"{student}: {answer.name}: {score}"
        for student, name, answer, score in results
        if name == exercise and not answer.right and score != 0
    ]
    assert not kept


@graded_exercise
def test_each_right_answer_gets_full_marks(graded, results, exercise):
    # Whatever mistakes the same submission makes in the other exercises.
    lesson, courses = graded
    lost = [
        f"{student}: {answer.name}: {score}: "
        f"{errors(autograded(courses[student], student, lesson))}"
        for student, name, answer, score in results
        if name == exercise and answer.right and score != points(lesson)[exercise]
    ]
    assert not lost
