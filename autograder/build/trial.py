"""Try an exercise: right answers, mistakes and hidden tests against each other, in seconds.

Everything runs in this process, without nbgrader and without a sandbox: the texts are your own.
"""

import argparse
import contextlib
import io
import runpy
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from autograder import ROOT
from autograder.build.release import Lesson, convert, lessons
from autograder.cells import HIDDEN, grade_id, is_answer, is_test, visible
from autograder.errors import CourseError
from autograder.judge.plan import plan

__all__ = ["FILL_IN", "Trial", "add_arguments", "main", "try_exercise"]

FILL_IN = "FILL IN"
LEAST = {"right answers": 3, "mistakes": 5, "wrong values": 3}


@dataclass
class Trial:
    """What came of trying one exercise."""

    lesson: str
    exercise: str
    right: int = 0  # answers, with the published one
    mistakes: int = 0
    problems: list[str] = field(default_factory=list)  # that an author has to mend
    hints: list[str] = field(default_factory=list)  # that make an exercise better


def try_exercise(name: str, root: Path = ROOT) -> Trial:
    """Run the answers to an exercise through its visible check and its hidden tests.

    Raises:
        CourseError: no lesson has such an exercise.
    """
    lesson, notebook, answer, test = _find(name, root)
    trial = Trial(lesson.name, name)
    trial.problems += _unfilled(lesson)
    if test is None:
        if answer.cell_type == "markdown" and "**Mark scheme**" not in answer.source:
            trial.problems.append("the answer has no mark scheme: what earns each point?")
        return trial
    from utils.checks import EXERCISES, Exercise

    if name not in EXERCISES:
        trial.problems.append(f"utils/checks has no exercise {name!r}, so nothing can be checked")
        return trial
    exercise = EXERCISES[name]
    run = _Runner(notebook, test)
    right = [answer.source, *_right_answers(lesson, name)]
    trial.right, trial.mistakes = len(right), len(exercise.mistakes)
    for number, source in enumerate(right):
        what = f"right answer {number}" if number else "the lesson's own solution"
        for part in ("check", "hidden tests"):
            if said := run(source, part):
                trial.problems.append(f"{what} fails the {part}: {said}")
    unnoticed = []
    for mistake in exercise.mistakes:
        try:
            source = mistake.source(exercise)
        except ValueError as error:
            trial.problems.append(str(error))
            continue
        said = run(source, "check")
        if not said:
            trial.problems.append(f"{mistake.name!r} passes the check: a case is missing")
        elif f"if {mistake.name}:" not in said:
            trial.problems.append(f"{mistake.name!r} is not named, but: {said}")
        if not run(source, "hidden tests"):
            unnoticed.append(mistake.name)
    if unnoticed:
        trial.hints.append(f"the hidden tests alone let pass: {'; '.join(unnoticed)}")
    kind = "mistakes" if isinstance(exercise, Exercise) else "wrong values"
    for what, count in (("right answers", len(right) - 1), (kind, len(exercise.mistakes))):
        if count < LEAST[what]:
            trial.problems.append(f"there are {count} {what}; at least {LEAST[what]} are wanted")
    return trial


def _find(name: str, root: Path) -> tuple[Lesson, NotebookNode, NotebookNode, NotebookNode | None]:
    """The lesson of an exercise, its notebook, the answer's cell and the test's, if it has one."""
    names = []
    for lesson in lessons(root):
        notebook = convert(lesson)
        cells = {grade_id(cell): cell for cell in notebook.cells}
        if name in cells:
            return lesson, notebook, cells[name], cells.get(f"test-{name}")
        names += [x for x in cells if x and is_answer(cells[x])]
    raise CourseError(f"no lesson has an exercise {name!r}; there are: {', '.join(names)}")


def _right_answers(lesson: Lesson, name: str) -> list[str]:
    path = lesson.answers
    return runpy.run_path(str(path))["RIGHT"].get(name, []) if path.is_file() else []


def _unfilled(lesson: Lesson) -> Iterator[str]:
    """Where an author has still to fill something in."""
    files = [lesson.text, lesson.answers, *sorted(lesson.checks.glob("*.py"))]
    for path in filter(Path.is_file, files):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if FILL_IN in line:
                yield f"{path.relative_to(lesson.root)}:{number}: {line.strip()}"


class _Runner:
    """Runs an answer, then a part of its test, in a namespace of their own."""

    def __init__(self, notebook: NotebookNode, test: NotebookNode):
        self.test, self.names = test, {"__name__": "__main__"}
        for cell in plan(notebook, notebook).cells:
            original = notebook.cells[cell.place]
            if original["id"] == test["id"]:
                break
            if not is_answer(original) and not is_test(original) and (cell.setup or cell.student):
                _execute(cell.source, self.names)

    def __call__(self, answer: str, part: str) -> str:
        """Return what a "check" or the "hidden tests" say against an answer, in a line."""
        names = dict(self.names)
        source = visible(self.test.source)
        if part == "hidden tests":
            source = "\n".join(x[0] for x in HIDDEN.finditer(self.test.source))
        try:
            _execute(answer, names)
            _execute(source, names)
        except Exception as error:
            return " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return ""


def _execute(source: str, names: dict) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        exec(compile(TransformerManager().transform_cell(source), "<cell>", "exec"), names)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m autograder try`."""
    parser.add_argument("exercise", nargs="+", help="such as max-pool2d, the answer's grade_id")


def main(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Run the command; return its exit status."""
    import matplotlib

    matplotlib.use("agg")
    failed = False
    for name in arguments.exercise:
        started = time.monotonic()
        trial = try_exercise(name, root)
        failed |= bool(trial.problems)
        took = time.monotonic() - started
        print(
            f"{name} ({trial.lesson}): {trial.right} right answers, {trial.mistakes} mistakes, "
            f"{'to mend' if trial.problems else 'all as it should be'} ({took:.1f} s)"
        )
        for line in trial.problems:
            print(f"  - {line}")
        for line in trial.hints:
            print(f"  (could be better: {line})")
    sys.stdout.flush()
    return int(failed)
