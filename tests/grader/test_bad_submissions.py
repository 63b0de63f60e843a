"""Bad submissions: each is graded or refused with a message, and none stops the others.

docs/stock-nbgrader.md describes what is graded badly here. Those tests pin down what stock nbgrader
0.9.6 does; they are to be replaced together with it.
"""

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.course import (
    LESSON,
    answered,
    autograded,
    copy_course,
    find,
    gradebook,
    nbgrader,
    points,
    released,
    scores,
    submission,
    submit,
)

SOUND = "zoe"  # the last in the alphabet, so graded after all the others
FIRST, EXERCISE = "conv-output-size", "conv-params"
TEST = f"test-{EXERCISE}"


def without(notebook, grade_id):
    notebook.cells.remove(find(notebook, grade_id))
    return notebook


def twice(notebook, grade_id, source=None, before=None):
    """Insert a copy of a cell before it, or before another, with another source if given."""
    cell = find(notebook, grade_id)
    second = copy.deepcopy(cell)
    second["id"] = f"{cell['id']}-copy"
    second.source = source or cell.source
    notebook.cells.insert(notebook.cells.index(find(notebook, before or grade_id)), second)
    return notebook


def other_kernel(notebook):
    notebook.metadata["kernelspec"] = {
        "name": "julia-1.9",
        "display_name": "J",
        "language": "julia",
    }
    notebook.metadata["language_info"] = {"name": "julia"}
    return notebook


def stripped(notebook, grade_id):
    del find(notebook, grade_id).metadata["nbgrader"]
    return notebook


def outdated(notebook, grade_id):
    find(notebook, grade_id).metadata.nbgrader["schema_version"] = 2
    return notebook


ENCODINGS = {
    "byte-order-mark": lambda notebook: nbformat.writes(notebook).encode("utf-8-sig"),
    "utf-16": lambda notebook: nbformat.writes(notebook).encode("utf-16"),
    "zero-bytes-behind-it": lambda notebook: nbformat.writes(notebook).encode() + b"\0\0",
}


def bad_submissions(right):
    """student -> what that student hands in, from a notebook with right answers."""
    return {
        "cell-deleted": without(right(), TEST),
        "cell-twice": twice(right(), TEST),
        "another-notebook": new_notebook(cells=[new_code_cell("print('my other homework')")]),
        "answer-deleted": without(right(), EXERCISE),
        "answer-split": twice(right(), EXERCISE, "# The first half, without the answer."),
        "answer-twice": twice(
            right(), EXERCISE, "def conv_params(*_):\n    return 0, 0", before=FIRST
        ),
        "empty-file": b"",
        "exercise-deleted": without(without(right(), EXERCISE), TEST),
        "kernel": other_kernel(right()),
        "metadata-outdated": outdated(right(), TEST),
        "metadata-stripped": stripped(right(), TEST),
        "not-json": b"my notebook would not open, so I wrote to you instead",
        SOUND: right(),
    } | {name: write(right()) for name, write in ENCODINGS.items()}


@pytest.fixture(scope="module")
def graded_badly(tmp_path_factory, published_answers):
    """A course that has autograded all of them in one run, and what that printed."""

    def right():
        return answered(published_answers, released())

    course = copy_course(tmp_path_factory.mktemp("bad") / "course")
    nbgrader(course, "generate_assignment", LESSON, "--force")
    for student, notebook in bad_submissions(right).items():
        submit(course, student, notebook)
    submit(course, "renamed", right(), name="my solution.ipynb")
    submission(course, "no-notebook", name="answers.pdf").write_bytes(b"%PDF")
    said = nbgrader(course, "autograde", LESSON, status=1)
    return course, said


@pytest.fixture
def course(graded_badly):
    return graded_badly[0]


@pytest.fixture
def said(graded_badly):
    return graded_badly[1]


def all_but(exercise, score):
    return points() | {exercise: score}


def test_none_of_them_stops_the_others(course):
    assert scores(course, SOUND) == points()


@pytest.mark.parametrize("student", ["metadata-stripped", "metadata-outdated"])
def test_metadata_do_not_matter(course, student):
    assert scores(course, student) == points()


@pytest.mark.parametrize("student", ENCODINGS)
def test_an_encoding_does_not_matter(course, student):
    assert scores(course, student) == points()


def test_a_test_cell_that_is_gone_is_put_back(course, said):
    assert scores(course, "cell-deleted") == points()
    assert f"cell-deleted: cells that were changed or deleted, and are put back: {TEST}" in said


def test_another_kernel_is_replaced_by_the_lessons(course):
    assert scores(course, "kernel") == points()
    assert autograded(course, "kernel").metadata.kernelspec.name == "python3"


def test_of_a_cell_twice_the_first_copy_counts(course, said):
    assert scores(course, "cell-twice") == points()
    twice_there = "cells that are there twice, of which the first counts"
    assert f"cell-twice: {twice_there}: {TEST}" in said
    assert scores(course, "answer-twice") == all_but(EXERCISE, 0)
    assert f"answer-twice: {twice_there}: {EXERCISE}" in said
    # The student is told.
    assert EXERCISE in autograded(course, "answer-twice").cells[0].source


def test_an_answer_that_was_split_in_two_is_one(course, said):
    assert scores(course, "answer-split") == points()
    assert "answer-split: answers that stand in several cells, and are taken together" in said


def test_a_deleted_answer_loses_its_points_only(course, said):
    for student in ("answer-deleted", "exercise-deleted"):
        assert scores(course, student) == all_but(EXERCISE, 0)
        assert f"{student}: answers that are missing: {EXERCISE}" in said


REFUSED = {
    "not-json": "Notebook does not appear to be JSON",
    "empty-file": "Notebook does not appear to be JSON",
    "another-notebook": "not one answer of the lesson is in the notebook",
    "renamed": "Skipping unknown notebook",
}


@pytest.mark.parametrize("student", REFUSED)
def test_what_cannot_be_graded_is_refused_by_name(course, said, student):
    assert REFUSED[student] in said
    assert f"There was an error processing assignment '{LESSON}' for student '{student}'" in said
    assert autograded(course, student) is None


# --- what stock nbgrader mishandles, see docs/stock-nbgrader.md ---


@pytest.mark.parametrize("student", REFUSED)
def test_stock_writes_down_a_refused_submission_as_one_with_no_points(course, student):
    # In grades.csv it looks like a submission that earned 0. In the formgrader it waits for manual
    # grading, as do all that answered the question in words.
    with gradebook(course) as book:
        assert book.find_submission(LESSON, student).score == 0
        assert book.find_submission(LESSON, student).needs_manual_grade
    assert scores(course, student) == dict.fromkeys(points())


def test_stock_forgets_a_student_who_hands_in_no_notebook(course, said):
    assert "No notebooks were matched by" in said
    with gradebook(course) as book:
        assert "no-notebook" not in [student.id for student in book.students]


def test_stock_keeps_the_old_score_when_a_later_submission_is_refused(course, published_answers):
    student = "one-who-hands-in-twice"
    submit(course, student, answered(published_answers, released()))
    nbgrader(course, "autograde", LESSON, f"--student={student}")
    assert scores(course, student) == points()
    submit(course, student, "not a notebook any more")
    nbgrader(course, "autograde", LESSON, f"--student={student}", "--force", status=1)
    assert scores(course, student) == points()
