"""The corpus of hostile submissions in tests/attacks, and a course that grades it.

Each file there is one submission. It says in INTENT what a student hopes for, and in EXPECTED what
the grader makes of it: the exercises that do not get full marks, or "refused". The submission is
made of ANSWERS (exercise -> source) and CELLS (the student's own, behind the first code cell), or
by a function `notebook(released, right)`. All other answers are right, and are to keep their
points. Further constants: LESSON; KNOWN, why an attack that succeeds is put up with; DESTRUCTIVE,
not to be run without a sandbox; OURS_ONLY, aimed at our protocol; MAY_LOSE_OTHERS, where breaking
the protocol costs more answers.
"""

import importlib.util
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

import nbformat

from tests.course import (
    LESSON,
    answered,
    copy_course,
    find,
    info,
    nbgrader,
    points,
    released,
    short,
    solution,
    submit,
)

FOLDER = Path(__file__).parent / "attacks"
CONTEST = "08_architectures"
KEPT = {CONTEST: ("separable-weights", "design")}  # of the other exercises the corpus has no need
RIGHT = "right"  # the students who hand in right answers only: the first and the last in a batch


@dataclass
class Attack:
    """One hostile submission."""

    path: Path

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def student(self) -> str:
        return self.name.replace("/", "-")

    @cached_property
    def module(self) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"attack_{self.path.stem}", self.path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def get(self, name, default=None):
        return getattr(self.module, name, default)

    @property
    def lesson(self) -> str:
        return self.get("LESSON", LESSON)

    @property
    def refused(self) -> bool:
        return self.module.EXPECTED == "refused"

    def expected(self) -> dict[str, float]:
        """The points that are due: exercise -> points; None in EXPECTED is any number of them."""
        due = lesson_points(self.lesson)
        if self.refused:
            return dict.fromkeys(due, 0)
        return {k: x for k, x in (due | self.module.EXPECTED).items() if x is not None}

    def aims(self) -> set[str]:
        """The exercises that it is about."""
        about = set() if self.refused else set(self.module.EXPECTED)
        return about | set(self.get("ANSWERS", {}))

    def submission(self):
        """What the student hands in."""
        right = right_answers(self.lesson)
        if self.get("notebook"):
            return self.module.notebook(cut(released(self.lesson)), right)
        notebook = answered(self.get("ANSWERS", {}), right)
        first = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
        own = [nbformat.v4.new_code_cell(source) for source in self.get("CELLS", ())]
        notebook.cells[first + 1 : first + 1] = own
        return notebook


def corpus() -> list[Attack]:
    """All attacks, by name."""
    return [Attack(path) for path in sorted(FOLDER.glob("*/*.py"))]


def cut(notebook):
    """Leave out the demonstrations, and the exercises of a lesson that the corpus does not need."""
    lesson = next((x for x in KEPT if any(c["id"] == KEPT[x][1] for c in notebook.cells)), None)
    names = {x for exercise in KEPT.get(lesson, ()) for x in (exercise, f"test-{exercise}")}
    notebook = short(notebook)
    if lesson:
        kept = [x for x in notebook.cells if not info(x) or info(x)["grade_id"] in names]
        notebook.cells = kept
    return notebook


def lesson_points(lesson: str) -> dict[str, float]:
    """The automatic points of the exercises that are kept."""
    due = points(lesson)
    return {name: due[name] for name in KEPT.get(lesson, due)}


def right_answers(lesson: str):
    """Return a student's notebook with the published answers."""
    source = solution(lesson)
    answers = {name: find(source, name).source for name in lesson_points(lesson)}
    return answered(answers, cut(released(lesson)))


def make_course(target: Path, lesson: str, attacks, limits: str = "", prepare=None):
    """Copy the course, cut its lesson, and hand in the attacks and some right submissions.

    `limits` is added to the copy's configuration; `prepare` is called before the lesson is made
    an assignment.
    """
    course = copy_course(target)
    with open(course / "nbgrader_config.py", "a") as stream:
        stream.write(f"\n{limits}\n")
    path = course / "solutions" / lesson / f"{lesson}.ipynb"
    nbformat.write(cut(solution(lesson)), path)
    if prepare is not None:
        prepare()
    nbgrader(course, "generate_assignment", lesson, "--force")
    for student in right_students(lesson):
        submit(course, student, right_answers(lesson), lesson=lesson)
    for attack in attacks:
        submit(course, attack.student, attack.submission(), lesson=lesson)
    return course


def right_students(lesson: str) -> list[str]:
    """Those who hand in right answers: graded first, in the middle, and last."""
    return [f"z-{RIGHT}"] if lesson == CONTEST else [f"a-{RIGHT}", f"h-{RIGHT}", f"z-{RIGHT}"]


def processes() -> dict[int, str]:
    """All processes of this machine: number -> command line."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                line = Path("/proc", name, "cmdline").read_bytes().replace(b"\0", b" ")
            except OSError:
                continue
            found[int(name)] = line.decode(errors="replace")
    return found


__all__ = [
    *("CONTEST", "LESSON", "Attack", "corpus", "lesson_points", "make_course"),
    *("processes", "right_answers", "right_students"),
]
