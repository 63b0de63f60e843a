"""Submissions that together carry every mistake and every alternative right answer."""

import itertools
import random
from typing import NamedTuple

from answers import RIGHT
from course import find, points, solution

from utils.checks import EXERCISES


class Answer(NamedTuple):
    """One answer to one exercise: whether it is right, a name for it, its solution cell."""

    right: bool
    name: str
    source: str


def published(lesson, exercise):
    """Return the answer that the lesson's own solution gives."""
    return Answer(True, "published solution", find(solution(lesson), exercise).source)


def mistakes(exercise):
    """Return every mistake of an exercise as an answer."""
    catalogue = EXERCISES[exercise]
    return [Answer(False, x.name, x.source(catalogue)) for x in catalogue.mistakes]


def alternatives(lesson, exercise):
    """Return every other right answer to an exercise."""
    return [
        Answer(True, f"right answer {number}", source)
        for number, source in enumerate(RIGHT[lesson][exercise], start=1)
    ]


def schedule(lesson):
    """Return the submissions to a lesson: student -> exercise -> answer.

    In each, about half of the exercises carry a mistake and the others a right answer, so that one
    exercise's answer would show in another's score. There are as many submissions as the exercise
    with the longest list needs; a shorter list is filled up with right answers.
    """
    # Where exercises are few, one order may give a submission mistakes only: take another.
    found = (_schedule(lesson, attempt) for attempt in itertools.count())
    return next(x for x in found if all(_is_mixed(row) for row in x.values()))


def _is_mixed(row):
    return 0 < sum(not answer.right for answer in row.values()) < len(row)


def _schedule(lesson, attempt):
    exercises = list(points(lesson))
    size = max(len(mistakes(x)) + len(alternatives(lesson, x)) for x in exercises)
    columns = {}
    for exercise in exercises:
        right = itertools.cycle([*alternatives(lesson, exercise), published(lesson, exercise)])
        column = mistakes(exercise)
        column += itertools.islice(right, size - len(column))
        # A text as the seed gives the same order everywhere, and another one to each exercise.
        random.Random(f"{exercise}{attempt or ''}").shuffle(column)
        columns[exercise] = column
    rows = zip(*columns.values(), strict=True)
    return {
        f"mixed-{number:02d}": dict(zip(columns, row, strict=True))
        for number, row in enumerate(rows, start=1)
    }
