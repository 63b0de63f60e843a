"""A submission is rebuilt from the instructor's notebook and the student's answers alone."""

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.cells import visible
from autograder.judge.rebuild import UnreadableSubmission, rebuild
from tests.course import find, info, points, questions, released, solution

EXERCISE = "conv-params"
TEST = f"test-{EXERCISE}"


def graded(notebook):
    """The nbgrader cells: grade_id -> source."""
    return {info(cell)["grade_id"]: cell.source for cell in notebook.cells if info(cell)}


def ids(notebook):
    return [cell["id"] for cell in notebook.cells]


@pytest.fixture
def handed_in():
    """A student's notebook, with an answer of its own in each answer cell."""
    notebook = released()
    for exercise in [*points(), *questions()]:
        find(notebook, exercise).source = f"answer = 'mine to {exercise}'"
    return notebook


def test_an_ordinary_submission_gets_the_hidden_tests_back(handed_in):
    built, report = rebuild(solution(), handed_in)
    assert str(report) == "" and report.added == []
    assert ids(built) == ids(solution())
    for grade_id, source in graded(solution()).items():
        if grade_id in points() or grade_id in questions():
            assert graded(built)[grade_id] == f"answer = 'mine to {grade_id}'"
        else:
            assert graded(built)[grade_id] == source
    assert "HIDDEN TESTS" in find(built, TEST).source
    assert not any(cell.get("outputs") for cell in built.cells)
    nbformat.validate(built)


def test_visible_is_what_students_get():
    for grade_id, source in graded(solution()).items():
        if grade_id not in points() and grade_id not in questions():
            assert visible(source).strip() == find(released(), grade_id).source.strip()


def test_tags_metadata_and_order_do_not_matter(handed_in):
    expected, _ = rebuild(solution(), handed_in)
    hostile = copy.deepcopy(handed_in)
    for cell in hostile.cells:
        cell.metadata = {"tags": ["skip-execution", "raises-exception"], "nbgrader": {}}
        cell["attachments"] = {"a": {"text/plain": "b"}} if cell.cell_type == "markdown" else {}
    hostile.metadata = {"kernelspec": {"name": "bash", "display_name": "b"}, "nbgrader": 7}
    hostile.cells.reverse()
    built, report = rebuild(solution(), hostile)
    assert built == expected
    assert str(report) == ""


@pytest.mark.parametrize("source", ["pass", "", "assert True", "### BEGIN HIDDEN TESTS\n"])
def test_a_changed_test_is_put_back(handed_in, source):
    find(handed_in, TEST).source = source
    built, report = rebuild(solution(), handed_in)
    assert find(built, TEST).source == find(solution(), TEST).source
    assert report.replaced == [TEST]
    assert built.cells[0].source == (
        "**What was found in this submission:** cells that were changed or deleted, and are put "
        f"back: {TEST}."
    )


def test_spaces_at_the_ends_of_lines_are_no_change(handed_in):
    cell = find(handed_in, TEST)
    cell.source = "\n" + cell.source.replace("\n", "  \n") + "\n\n"
    assert str(rebuild(solution(), handed_in)[1]) == ""


def test_what_is_deleted(handed_in):
    for grade_id in (EXERCISE, TEST, "conv2d-naive"):
        handed_in.cells.remove(find(handed_in, grade_id))
    built, report = rebuild(solution(), handed_in)
    assert report.missing == [EXERCISE, "conv2d-naive"]
    assert report.replaced == [TEST]
    assert find(built, EXERCISE).source == ""
    assert "HIDDEN TESTS" in find(built, TEST).source
    assert find(built, "conv2d-vectorised").source == "answer = 'mine to conv2d-vectorised'"


def test_of_an_answer_twice_the_first_counts(handed_in):
    second = copy.deepcopy(find(handed_in, EXERCISE))
    second["id"], second.source = "another", "answer = 'the second'"
    handed_in.cells.append(second)
    built, report = rebuild(solution(), handed_in)
    assert report.duplicates == [EXERCISE]
    assert find(built, EXERCISE).source == f"answer = 'mine to {EXERCISE}'"
    assert not any("'the second'" in cell.source for cell in built.cells)


def test_the_students_own_cells_keep_their_places(handed_in):
    place = handed_in.cells.index(find(handed_in, EXERCISE))
    helper = new_code_cell("def helper(): ...", metadata={"tags": ["skip-execution"]})
    handed_in.cells.insert(place, helper)
    handed_in.cells.insert(place + 2, new_markdown_cell("a note"))
    handed_in.cells.insert(0, new_raw_cell("first of all"))
    handed_in.cells.append(new_code_cell("last = 1"))
    built, report = rebuild(solution(), handed_in)
    assert len(report.added) == 4
    own = [cell for cell in built.cells if cell["id"] in report.added]
    assert [cell.source for cell in own] == [
        "first of all",
        "def helper(): ...",
        "a note",
        "last = 1",
    ]
    assert all(cell.metadata == {} for cell in own)
    order = ids(built)
    at = order.index(EXERCISE)
    assert built.cells[0].source == "first of all" and built.cells[-1].source == "last = 1"
    assert order[at - 1] in report.added and order[at + 1] in report.added
    assert order[at + 2] == TEST
    nbformat.validate(built)


def test_a_lessons_own_cell_that_the_student_extended_is_kept(handed_in):
    first = next(cell for cell in handed_in.cells if cell.cell_type == "code")
    before = first.source
    first.source += "\nimport itertools"
    built, report = rebuild(solution(), handed_in)
    # Below the lesson's own: what fails of it then takes nothing of the lesson's away.
    place = ids(built).index(first["id"])
    assert built.cells[place].source == before
    assert built.cells[place + 1].source == f"{before}\nimport itertools"
    assert str(report) == ""


def test_a_code_cell_made_markdown_and_back(handed_in):
    cell = find(handed_in, EXERCISE)
    handed_in.cells[handed_in.cells.index(cell)] = new_markdown_cell(
        "x = 1", id=cell["id"], metadata=cell.metadata
    )
    built, _ = rebuild(solution(), handed_in)
    assert find(built, EXERCISE).cell_type == "code"
    assert find(built, EXERCISE).source == "x = 1"


def test_another_notebook_is_refused():
    other = nbformat.v4.new_notebook(cells=[new_code_cell("print('my other homework')")])
    with pytest.raises(UnreadableSubmission, match="not one answer of the lesson"):
        rebuild(solution(), other)
