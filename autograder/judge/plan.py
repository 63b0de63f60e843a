"""Decides where each cell of a rebuilt submission runs.

A test runs in the trusted kernel; it needs the names that the instructor's other cells give it,
and from the student the names that the solution cell binds. The student's kernel runs the student's
cells, and of the instructor's demonstrations only those that bind a name which a student's cell
uses. All of this is read off the text of the cells: nothing in a submission can change it.
"""

import ast
import re
import symtable
from dataclasses import dataclass, field

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from autograder.cells import is_answer, is_test

__all__ = ["Cell", "Plan", "bound", "needed", "plan"]

COMPOUND = (
    *(ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.Match),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)


@dataclass
class Cell:
    """One code cell that is to be executed."""

    place: int  # in the notebook
    name: str
    source: str
    test: bool = False
    setup: bool = False  # of the instructor's, needed in the trusted kernel
    student: bool = False  # to be run in the student's kernel
    names: list[str] = field(default_factory=list)  # for a test: what it takes from the student


@dataclass
class Plan:
    """The code cells in order, and the names that only demonstrations would have bound."""

    cells: list[Cell]
    left_out: dict[str, str]  # name -> the demonstration that binds it


#: Magics of a cell that is looked at: IPython goes through the whole cell for each of them.
MOST_MAGICS = 20
MAGIC = re.compile(r"^\s*[%!?]|\?\s*$|=\s*[%!]", re.MULTILINE)
#: What Python's parser raises; IPython adds RuntimeError.
PROBLEMS = (SyntaxError, ValueError, MemoryError, RuntimeError)


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except PROBLEMS:
        pass
    if len(MAGIC.findall(source)) > MOST_MAGICS:
        return None
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except PROBLEMS:
        return None


def bound(source: str) -> set[str] | None:
    """The names that a cell binds; None where that cannot be told."""
    tree = _tree(source)
    if tree is None:
        return None
    names: set[str] = set()
    for statement in tree.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                return None
        try:
            found, _ = _names(statement)
        except PROBLEMS:  # it can be parsed, but not compiled, or is nested too deeply
            return None
        names |= found
    return names


def needed(source: str) -> set[str] | None:
    """The names that a cell uses before it binds them itself; None where that cannot be told."""
    tree = _tree(source)
    if tree is None:
        return None
    names: set[str] = set()
    known: set[str] = set()
    for statement in tree.body:
        try:
            binds, uses = _names(statement)
        except PROBLEMS:
            return None
        own = binds if isinstance(statement, COMPOUND) else set()
        names |= uses - known - own
        known |= binds
    return names


def _names(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """The global names that a statement binds, and those that it uses."""
    table = symtable.symtable(ast.unparse(statement), "<cell>", "exec")
    binds = {x.get_name() for x in table.get_symbols() if x.is_assigned() or x.is_imported()}
    uses = {x.get_name() for x in table.get_symbols() if x.is_referenced()}
    for node in ast.walk(statement):  # x += 1 uses x, though symtable does not say so
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            uses.add(node.target.id)
    inner = list(table.get_children())
    while inner:
        scope = inner.pop()
        symbols = scope.get_symbols()
        uses |= {x.get_name() for x in symbols if x.is_global() and x.is_referenced()}
        binds |= {x.get_name() for x in symbols if x.is_declared_global() and x.is_assigned()}
        inner += scope.get_children()
    return binds, uses


def plan(source: NotebookNode, built: NotebookNode, demonstrations: bool = False) -> Plan:
    """Say what of a rebuilt submission runs where.

    Args:
        source: the instructor's notebook.
        built: the submission, rebuilt from it.
        demonstrations: run all of the instructor's cells in the student's kernel.
    """
    originals = {cell["id"]: cell for cell in source.cells if cell.cell_type == "code"}
    answers = [cell for cell in originals.values() if is_answer(cell)]
    theirs = {name for cell in answers for name in bound(cell.source) or set()}
    cells = []
    for place, cell in enumerate(built.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        original = originals.get(cell["id"])
        tests = original is not None and is_test(original)
        own = original is None or is_answer(original) or cell.source != original.source
        cells.append(Cell(place, cell["id"], cell.source, test=tests))
        cells[-1].student = own and not tests
    _choose_setup(cells, originals, theirs)
    left_out = _choose_demonstrations(cells, originals, demonstrations)
    return Plan(cells, left_out)


def _is_demonstration(cell: Cell, originals: dict) -> bool:
    return not cell.test and cell.name in originals and not is_answer(originals[cell.name])


def _choose_setup(cells: list[Cell], originals: dict, theirs: set[str]) -> None:
    """Find what the tests need of the instructor's own cells, as the instructor wrote them."""
    wanted: set[str] = set()
    for cell in reversed(cells):
        if cell.test:
            uses = needed(cell.source) or set()
            cell.names = sorted(uses & theirs)
            wanted |= uses - theirs
        elif _is_demonstration(cell, originals):
            source = originals[cell.name].source
            binds = bound(source)
            if binds is None or binds & wanted:
                cell.setup = True
                wanted = (wanted - (binds or set())) | ((needed(source) or set()) - theirs)


def _choose_demonstrations(cells: list[Cell], originals: dict, everything: bool) -> dict:
    """Find which demonstrations the student's cells need; return what the others would bind."""
    wanted: set[str] = set()
    left_out: dict[str, str] = {}
    for cell in reversed(cells):
        if cell.student:
            wanted |= needed(cell.source) or set()
        elif _is_demonstration(cell, originals):
            binds = bound(cell.source)
            if everything or binds is None or binds & wanted:
                cell.student = True
                wanted |= needed(cell.source) or set()
            else:
                left_out |= dict.fromkeys(binds, cell.name)
    return left_out
