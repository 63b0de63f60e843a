"""Rebuild a submission from the instructor's notebook and the student's answers.

Nothing that a student did to tests, tags, metadata or the order of cells can matter then, because
nothing of it is kept. What is kept is the source of the cells that are the student's to write, and
cells that the student added.
"""

import copy
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import parse_utc
from traitlets import Int, Unicode

from autograder.cells import grade_id, is_answer, is_locked, visible
from autograder.judge.pictures import pictures
from autograder.timestamps import parse_timestamp

__all__ = ["Rebuild", "Report", "UnreadableSubmission", "rebuild"]


class UnreadableSubmission(ValueError):
    """A submission holds none of the lesson's answers, or too much to be looked at."""


@dataclass
class Report:
    """What was found in a submission; grade_ids and cell ids."""

    missing: list[str] = field(default_factory=list)  # answers that are gone: empty now
    duplicates: list[str] = field(
        default_factory=list
    )  # answers that stood twice: the first counts
    split: list[str] = field(default_factory=list)  # answers in several cells, taken together
    replaced: list[str] = field(default_factory=list)  # cells put back as the instructor wrote them
    added: list[str] = field(default_factory=list)  # the student's own cells, kept

    def __str__(self) -> str:
        said = {
            "answers that are missing": self.missing,
            "cells that are there twice, of which the first counts": self.duplicates,
            "answers that stand in several cells, and are taken together": self.split,
            "cells that were changed or deleted, and are put back": self.replaced,
        }
        return "; ".join(f"{what}: {', '.join(ids)}" for what, ids in said.items() if ids)


def rebuild(source: NotebookNode, submitted: NotebookNode) -> tuple[NotebookNode, Report]:
    """Put a student's answers into the instructor's notebook.

    A cell is recognised by its ``grade_id``, or by its id, which in our lessons is the same. Who
    splits an answer's cell gets two of one ``grade_id``: side by side they are one answer.
    Otherwise, of a cell that is there twice the first counts. Cells that belong to no cell of the
    instructor's are the student's own: they keep their place, behind the instructor's cell that
    they stood behind. But none comes between an answer and its test unless it stood behind the
    answer.

    Args:
        source: the instructor's notebook, with solutions and hidden tests.
        submitted: what the student handed in.

    Returns:
        A new notebook without outputs, and what was found; what concerns the student is told in
        its first cell.

    Raises:
        UnreadableSubmission: not one answer of the lesson is in it.
    """
    report, names = Report(), {_name(cell) for cell in source.cells} - {""}
    answers = {_name(cell): cell.cell_type for cell in source.cells if is_answer(cell)}
    theirs, own = _sort(readable(submitted), names, answers, report)
    if answers and not any(name in theirs for name in answers):
        raise UnreadableSubmission(
            "not one answer of the lesson is in the notebook: ask the student for the answers in "
            "a fresh copy of the lesson"
        )
    built = copy.deepcopy(source)
    built.cells = list(own.pop("", []))
    for cell in copy.deepcopy(source.cells):
        name, found = _name(cell), theirs.get(_name(cell))
        if is_answer(cell):
            if found is None:
                report.missing.append(name)
            cell.source = "" if found is None else found.source
            if found is not None and cell.cell_type == "markdown":
                _add_pictures(cell, found)
        elif is_locked(cell):
            if found is None or _lines(found.source) != _lines(visible(cell.source)):
                report.replaced.append(name)
        changed = None
        if not is_answer(cell) and not is_locked(cell) and found is not None:
            changed = _changed(cell, found)
            if changed is not None:
                report.added.append(changed["id"])
        built.cells += [cell, *([changed] if changed else []), *own.pop(name, [])]
    for cell in built.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    if str(report):
        note = f"**What was found in this submission:** {report}."
        built.cells.insert(0, nbformat.v4.new_markdown_cell(note, id="rebuilt"))
    return built, report


def readable(submitted) -> list[NotebookNode]:
    """Keep of each cell its kind, source, id and name, where they are what they should be.

    Of Markdown, pasted pictures are kept too. Nothing else of a submission is used. Halves of
    characters, which no file in UTF-8 can hold, and zero bytes become question marks.
    """
    cells = submitted.get("cells") if isinstance(submitted, dict) else None
    kept = []
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict):
            continue
        cell = nbformat.from_dict(cell)  # nbformat leaves plain dicts in what it converts
        name = grade_id(cell) if isinstance(cell.get("metadata"), dict) else None
        found = {
            "cell_type": _text(cell.get("cell_type")),
            "source": _text(cell.get("source")),
            "metadata": {"nbgrader": {"grade_id": name}} if name else {},
        }
        if isinstance(cell.get("id"), str):
            found["id"] = cell["id"]
        if found["cell_type"] == "markdown":
            found["attachments"] = pictures(cell.get("attachments"))
        kept.append(nbformat.from_dict(found))
    return kept


def _text(value) -> str:
    if isinstance(value, list):
        value = "".join(x for x in value if isinstance(x, str))
    text = value if isinstance(value, str) else ""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "?")
    return text.encode("utf-8", "replace").decode()


def _lines(source: str) -> list[str]:
    """A cell's lines, without what editors change at their ends."""
    return [line.rstrip() for line in source.strip().splitlines()]


def _name(cell: NotebookNode) -> str:
    """How a cell is told from others; "" where nothing tells it."""
    return grade_id(cell) or cell.get("id") or ""


def _sort(submitted: list[NotebookNode], names: set, answers: dict[str, str], report: Report):
    """Split a submission: name -> the instructor's cell, name before them -> the student's own."""
    theirs: dict[str, NotebookNode] = {}
    own: dict[str, list[NotebookNode]] = {}
    last = before = ""  # the last name, and the name of the cell before, if it has one
    for place, cell in enumerate(submitted):
        name = next((n for n in (_name(cell), cell.get("id", "")) if n in names), "")
        before, side_by_side = name, name != "" and name == before
        if not name:
            kept = _plain(cell, f"student-{place}")
            report.added.append(kept["id"])
            own.setdefault(last, []).append(kept)
        elif side_by_side and cell.cell_type == answers.get(name) == theirs[name].cell_type:
            theirs[name].source += f"\n{cell.source}"
            _add_pictures(theirs[name], cell)
            if name not in report.split:
                report.split.append(name)
        elif name in theirs:
            if name not in report.duplicates:
                report.duplicates.append(name)
        else:
            theirs[name], last = cell, name
    return theirs, own


def _changed(cell: NotebookNode, found: NotebookNode) -> NotebookNode | None:
    """Take over what a student made of an open cell; return their code, to stand below ours.

    The lesson's imports run apart from those that a student has added to them: one that fails here
    then takes no others away.
    """
    if cell.cell_type != "code" and found.cell_type == cell.cell_type:
        cell.source = found.source
        _add_pictures(cell, found)
    elif found.cell_type == "code" and _lines(found.source) != _lines(cell.source):
        return _plain(found, f"{cell['id'][:50]}-changed")
    return None


def _plain(cell: NotebookNode, name: str) -> NotebookNode:
    """A cell with nothing but its kind and its source: metadata could steer the execution."""
    kind = cell.cell_type if cell.cell_type in ("code", "markdown", "raw") else "raw"
    made = getattr(nbformat.v4, f"new_{kind}_cell")(source=cell.source, id=name)
    _add_pictures(made, cell)
    return made


def _add_pictures(cell: NotebookNode, other: NotebookNode) -> None:
    """Give a Markdown cell the pictures of another too."""
    if cell.cell_type == "markdown" and (more := other.get("attachments")):
        cell.attachments = {**cell.get("attachments", {}), **more}


class Rebuild(NbGraderPreprocessor):
    """The first step of ``nbgrader autograde``: :func:`rebuild`, with the instructor's file."""

    source_directory = Unicode(help="Folder of the solutions, one folder a lesson").tag(config=True)
    largest_cell = Int(1_000_000, help="Characters of the longest cell").tag(config=True)
    most_cells = Int(2_000, help="Number of cells").tag(config=True)
    most_code = Int(300_000, help="Characters of all code cells together").tag(config=True)

    def preprocess(self, nb, resources):
        """Return the rebuilt notebook.

        Raises:
            UnreadableSubmission: it holds no answer of the lesson, or more than the limits, or
                nbgrader misreads when it was handed in.
        """
        ids = resources["nbgrader"]
        path = Path(self.source_directory) / ids["assignment"] / f"{ids['notebook']}.ipynb"
        self._check_timestamp(Path(resources["metadata"]["path"]) / "timestamp.txt")
        self._check_size(nb)
        built, report = rebuild(nbformat.read(path, as_version=4), nb)
        if str(report):
            self.log.warning("%s: %s", ids["student"], report)
        return built, resources

    @staticmethod
    def _check_timestamp(path: Path) -> None:
        """Refuse a time of handing in that nbgrader takes for another: it decides on a penalty."""
        try:
            text = path.read_text("utf-8", "replace").strip() if path.is_file() else ""
            if text and parse_timestamp(text) != parse_utc(text):
                raise ValueError(
                    f"nbgrader takes {text[:50]!r} in timestamp.txt for {parse_utc(text)} UTC: "
                    f"write {parse_timestamp(text)} UTC there, or use python -m autograder grade"
                )
        except ValueError as error:
            raise UnreadableSubmission(str(error)) from None

    def _check_size(self, nb) -> None:
        cells = readable(nb)
        longest = max((len(cell.source) for cell in cells), default=0)
        code = sum(len(cell.source) for cell in cells if cell.cell_type == "code")
        for found, most, what in (
            (len(cells), self.most_cells, "cells"),
            (longest, self.largest_cell, "characters in one cell"),
            (code, self.most_code, "characters in its code cells"),
        ):
            if found > most:
                raise UnreadableSubmission(
                    f"the notebook has {found:,} {what}; the limit is {most:,}"
                )
