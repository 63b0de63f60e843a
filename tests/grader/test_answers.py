"""Every mistake loses the points of its exercise alone; every right answer keeps them."""

import pytest
from answers import RIGHT
from course import LESSONS, autograded, errors, points, scores
from schedule import alternatives, mistakes, schedule

from utils.checks import EXERCISES

ALL = [(lesson, exercise) for lesson in LESSONS for exercise in points(lesson)]
each_exercise = pytest.mark.parametrize(("lesson", "exercise"), ALL)


def results(course, lesson, exercise):
    """What each submission answered to an exercise, and scored: (student, answer, score)."""
    return [
        (student, answers[exercise], scores(course, student, lesson)[exercise])
        for student, answers in schedule(lesson).items()
    ]


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_has_mistakes_and_right_answers(lesson):
    assert points(lesson), "the lesson has no automatic points"
    for exercise in points(lesson):
        assert EXERCISES[exercise].mistakes, exercise
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


@each_exercise
def test_each_mistake_loses_the_points(graded, lesson, exercise):
    kept = [
        f"{student}: {answer.name}: {score}"
        for student, answer, score in results(graded(lesson), lesson, exercise)
        if not answer.right and score != 0
    ]
    assert not kept


@each_exercise
def test_each_right_answer_gets_full_marks(graded, lesson, exercise):
    # Whatever mistakes the same submission makes in the other exercises.
    course = graded(lesson)
    lost = [
        f"{student}: {answer.name}: {score}: {errors(autograded(course, student, lesson))}"
        for student, answer, score in results(course, lesson, exercise)
        if answer.right and score != points(lesson)[exercise]
    ]
    assert not lost
