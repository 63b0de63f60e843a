"""A course with a lesson of few exercises, for tests of what grading does with its answers."""

import functools
import json

import nbformat

from tests.course import (
    LESSON,
    RECORDS,
    answered,
    copy_course,
    find,
    info,
    points,
    questions,
    released,
    short,
    solution,
    submit,
)
from tests.schedule import schedule

KEPT = ("conv-output-size", "conv-params", "colleagues-convolution", "im2col")
TOTAL = sum(points(LESSON)[name] for name in KEPT)


def cut(notebook):
    """Leave out the demonstrations and most exercises."""
    notebook = short(notebook)
    kept = {*KEPT, *(f"test-{x}" for x in KEPT), *questions()}
    notebook.cells = [x for x in notebook.cells if not info(x) or info(x)["grade_id"] in kept]
    return notebook


def small_course(target, config=""):
    """Copy the course, with this lesson cut; add to its configuration."""
    course = copy_course(target)
    write_solution(course, cut(solution()))
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"\n{config}\n")
    (course / RECORDS).mkdir(parents=True, exist_ok=True)
    return course


def write_solution(course, notebook):
    nbformat.write(notebook, course / "solutions" / LESSON / f"{LESSON}.ipynb")


def read_solution(course):
    return nbformat.read(course / "solutions" / LESSON / f"{LESSON}.ipynb", as_version=4)


def right(**more):
    """A notebook with the published answers, and an answer in words."""
    answers = {name: find(solution(), name).source for name in KEPT}
    words = dict.fromkeys(questions(), "An edge is an edge wherever it is.")
    return answered(answers | words | more, cut(released()))


@functools.cache
def mixed(number):
    """The text of one of the submissions that carry mistakes."""
    rows = list(schedule(LESSON, 4).values())
    row = rows[number % len(rows)]
    answers = {name: row[name].source for name in KEPT}
    words = {name: f"Answer {number}." for name in questions()}
    return nbformat.writes(answered(answers | words, cut(released())))


def hand_in(course, count, first=0):
    """Hand in mixed submissions; return the students."""
    students = [f"student-{number:02d}" for number in range(first, first + count)]
    for number, student in enumerate(students, start=first):
        submit(course, student, mixed(number))
    return students


def change(text, note):
    """The text of a notebook whose author has added a cell of text."""
    notebook = json.loads(text)
    cell = {"cell_type": "markdown", "id": "note", "metadata": {}, "source": note}
    notebook["cells"].append(cell)
    return json.dumps(notebook)
