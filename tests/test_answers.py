"""Every misconception loses the points of its exercise alone; every right answer keeps them."""

import pytest
from answers.convolution import RIGHT
from course import autograded, errors, points, scores
from schedule import alternatives, mistakes, schedule

from utils.checks import EXERCISES


@pytest.fixture(scope="module")
def results(graded):
    """What each submission answered and scored: (student, exercise, answer, score)."""
    return [
        (student, exercise, answer, score)
        for student, answers in schedule().items()
        for got in [scores(graded[student], student)]
        for exercise, answer in answers.items()
        for score in [got[exercise]]
    ]


def test_every_exercise_has_mistakes_and_right_answers():
    assert points(), "the lesson has no automatic points"
    for exercise in points():
        assert EXERCISES[exercise].misconceptions, exercise
        assert len(RIGHT[exercise]) >= 3, exercise


def test_each_answer_is_submitted():
    submitted = [(x, answer) for row in schedule().values() for x, answer in row.items()]
    for exercise in points():
        for answer in [*mistakes(exercise), *alternatives(exercise)]:
            assert (exercise, answer) in submitted
    for student, row in schedule().items():
        wrong = sum(not answer.right for answer in row.values())
        assert 0 < wrong < len(row), f"{student} would not show cross-talk"


@pytest.mark.parametrize("exercise", points())
def test_each_mistake_loses_the_points(results, exercise):
    kept = [
        f"{student}: {answer.name}: {score}"
        for student, name, answer, score in results
        if name == exercise and not answer.right and score != 0
    ]
    assert not kept


@pytest.mark.parametrize("exercise", points())
def test_each_right_answer_gets_full_marks(results, graded, exercise):
    # Whatever mistakes the same submission makes in the other exercises.
    lost = [
        f"{student}: {answer.name}: {score}: {errors(autograded(graded[student], student))}"
        for student, name, answer, score in results
        if name == exercise and answer.right and score != points()[exercise]
    ]
    assert not lost
