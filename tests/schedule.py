"""Every mistake and every right answer: in one long notebook, and some of them in submissions."""

import copy
import random
from typing import NamedTuple

from autograder.cells import BUILD_METADATA
from tests.answers import RIGHT
from tests.course import find, info, points, solution
from utils.checks import EXERCISES

LONG = 8  # seconds of an exercise's test


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


def answers(lesson, exercise):
    """Return all that there is of answers to an exercise."""
    return [*alternatives(lesson, exercise), published(lesson, exercise), *mistakes(exercise)]


def one_after_another(lesson):
    """Return the lesson as one long notebook in which each exercise is answered in every way.

    An exercise's answer and test are there once for each answer, so that one pair of kernels judges
    them all. The second value says which: name of the test -> (exercise, answer).
    """
    notebook = solution(lesson)
    took = notebook.metadata[BUILD_METADATA]["seconds"]
    cells, held = [], {}
    for cell in notebook.cells:
        name = info(cell).get("grade_id", "")
        exercise = name.removeprefix("test-")
        if exercise not in points(lesson):
            cells.append(cell)
        elif name != exercise:  # its answer comes with it
            for number, answer in enumerate(answers(lesson, exercise)):
                test = _copy(cell, number, took)
                reply = _copy(find(notebook, exercise), number, took)
                reply.source = answer.source
                cells += [reply, test]
                held[test["id"]] = exercise, answer
    notebook.cells = cells
    return notebook, held


def _copy(cell, number, took):
    """Return a graded cell under another name, which may take as long."""
    cell = copy.deepcopy(cell)
    name = f"{cell['id']}-{number}"
    took[name] = took.get(cell["id"], 1)
    cell["id"] = cell.metadata["nbgrader"]["grade_id"] = name
    return cell


def schedule(lesson, submissions=2):
    """Return mixed submissions to a lesson: student -> exercise -> answer.

    In every other one, half of the exercises carries a mistake and the others the published answer;
    in the next it is the other way round. One exercise's answer would show in another's score.
    """
    exercises = list(points(lesson))
    took = solution(lesson).metadata[BUILD_METADATA]["seconds"]
    long = {x for x in exercises if took.get(f"test-{x}", 0) >= LONG}
    dice = random.Random(lesson)  # a text as the seed gives the same choice everywhere
    wrong, rows = set(), {}
    for number in range(submissions):
        half = set(dice.sample(exercises, len(exercises) // 2))
        wrong = set(exercises) - wrong if number % 2 else half
        rows[f"mixed-{number + 1:02d}"] = {
            x: dice.choice(mistakes(x)) if x in wrong | long else published(lesson, x)
            for x in exercises
        }
    return rows
