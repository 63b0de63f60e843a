"""What nbgrader and the build write into a cell's metadata: the one place that knows its form."""

import re

from nbformat import NotebookNode

__all__ = [
    "BUILD_METADATA",
    "HIDDEN",
    "SCORE",
    "answers_in_words",
    "grade_id",
    "is_answer",
    "is_locked",
    "is_test",
    "points",
    "visible",
    "without_outputs",
]

#: The notebook metadata in which a built solution records what it was executed from.
BUILD_METADATA = "convnets"
#: The kind of output in which a test displays the contest's score (`utils.contest.scoring.MIME`).
SCORE = "application/vnd.convnets.score+json"
#: What only instructors see of a cell.
HIDDEN = re.compile(
    r"^[^\n]*### BEGIN (HIDDEN TESTS|MARK SCHEME)\b.*?### END \1\b[^\n]*\n?",
    re.DOTALL | re.MULTILINE,
)


def _nbgrader(cell: NotebookNode) -> dict:
    found = cell.metadata.get("nbgrader")
    return found if isinstance(found, dict) else {}


def grade_id(cell: NotebookNode) -> str | None:
    """The name under which nbgrader knows a cell; None if it knows it not."""
    name = _nbgrader(cell).get("grade_id")
    return name if isinstance(name, str) and name else None


def points(cell: NotebookNode) -> float:
    """What a graded cell is worth."""
    return float(_nbgrader(cell)["points"])


def is_answer(cell: NotebookNode) -> bool:
    """Whether the student is to write this cell."""
    return bool(_nbgrader(cell).get("solution"))


def is_test(cell: NotebookNode) -> bool:
    """Whether this cell grades an answer."""
    return bool(_nbgrader(cell).get("grade")) and not is_answer(cell)


def is_locked(cell: NotebookNode) -> bool:
    """Whether this is a test, a task or another cell that the student is not to change."""
    known = _nbgrader(cell)
    return any(known.get(x) for x in ("grade", "locked", "task")) and not is_answer(cell)


def answers_in_words(cell: NotebookNode) -> bool:
    """Whether the student writes this cell in words, and a person grades it."""
    return cell.cell_type == "markdown" and is_answer(cell) and bool(_nbgrader(cell).get("grade"))


def visible(source: str) -> str:
    """What students see of a cell."""
    return HIDDEN.sub("", source)


def without_outputs(notebook: NotebookNode) -> list[tuple]:
    """What a notebook's author wrote: ids, types, metadata and sources of its cells."""
    return [(cell["id"], cell.cell_type, cell.metadata, cell.source) for cell in notebook.cells]
