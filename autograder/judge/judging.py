"""Runs a rebuilt submission in two kernels, and gives its verdicts.

The student's cells run in one kernel, the tests in the other. What a test decides is decided where
the student's code cannot reach: a test passes when its cell ends without an error in the trusted
kernel. What is printed, and what the student's outputs look like, decides nothing.
"""

import atexit
import copy
import json
import math
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode, from_dict

from autograder import ROOT
from autograder.cells import BUILD_METADATA, SCORE, points, without_outputs
from autograder.judge.kernels import ForkServer, Kernel, KernelDied, NotWarm, clock
from autograder.judge.outputs import cleaned
from autograder.judge.plan import Cell, Plan, plan
from autograder.judge.sandbox import Limits, NoSandbox

__all__ = ["Judge", "LessonBroken", "Verdict", "Verdicts", "judge"]

MOST_DEATHS = 6
ATTEMPTS = 3  # to judge with a new fork server, when the old one or a sandbox is gone
OF_A_TEST = 1 << 20  # characters of a test's outputs


class LessonBroken(RuntimeError):
    """A cell of the instructor's fails: nothing can be graded until the lesson is repaired."""


@dataclass
class Verdict:
    """What one test decided."""

    points: float
    most: float
    seconds: float = 0.0
    message: str = ""  # of a failing check, for the report
    mistakes: list[str] = field(default_factory=list)  # that the check recognised
    peak_memory: int | None = None  # bytes of the student's kernel during the test, where known
    limit: float | None = None  # seconds that it was given
    score: dict | None = None  # of the contest: what `utils.contest.Score` says of itself


@dataclass
class Verdicts:
    """The verdicts on one submission and what it used; its outputs are in the notebook."""

    tests: dict[str, Verdict] = field(default_factory=dict)  # grade_id -> verdict
    notes: list[str] = field(default_factory=list)  # for the instructor
    missing_modules: list[str] = field(default_factory=list)  # imported, but not installed here
    seconds: float = 0.0
    peak_memory: int | None = None  # bytes of the student's kernel, where it is known

    @property
    def points(self) -> float:
        """All automatic points together."""
        return sum(x.points for x in self.tests.values())


def judge(
    built: NotebookNode,
    source: NotebookNode,
    limits: Limits,
    lesson: str,
    root: Path = ROOT,
    demonstrations: bool = False,
) -> Verdicts:
    """Judge a rebuilt submission: the one way in, for our command and for nbgrader.

    Each thread keeps the kernels of one lesson warm, as their fork server answers one request at a
    time. When it or a sandbox is gone, a new one is tried.

    Args:
        built: the submission, rebuilt from `source`; gets the outputs.
        source: the instructor's notebook.
        limits: what a kernel may use.
        lesson: its name, such as "01_convolution".
        root: the course's folder.
        demonstrations: run all of the instructor's cells, not only those that answers need.

    Raises:
        NoSandbox, NotWarm, LessonBroken: nothing can be graded here and now.
    """
    attempts = ATTEMPTS
    while True:
        attempts -= 1
        notebook = copy.deepcopy(built)
        try:
            verdicts = _warm_judge(root, lesson, source, limits, demonstrations).judge(notebook)
        except BaseException as error:
            _forget()
            if not isinstance(error, NotWarm | NoSandbox) or not attempts:
                raise
        else:
            built.cells = notebook.cells
            return verdicts


_judges: dict[int, tuple[str, "Judge"]] = {}  # thread -> what its judge was made from, and it


def _warm_judge(root: Path, lesson: str, source, limits: Limits, demonstrations: bool) -> "Judge":
    """Give the thread's judge of a lesson; the one of another lesson is closed."""
    settings = sorted(limits.trait_values(config=True).items())
    written = without_outputs(source), source.metadata
    key = repr((root, lesson, written, settings, demonstrations))
    thread = threading.get_ident()
    if thread not in _judges or _judges[thread][0] != key:
        _forget()
        _judges[thread] = key, Judge(root, lesson, source, limits, demonstrations)
    return _judges[thread][1]


def _forget() -> None:
    """End this thread's judge and its fork server."""
    _, found = _judges.pop(threading.get_ident(), (None, None))
    if found is not None:
        found.close()


@atexit.register
def _forget_all() -> None:
    while _judges:
        _judges.popitem()[1][1].close()


class Judge:
    """Judges submissions to one lesson.

    Args:
        root: the course's folder, whose `utils` and data files the kernels get.
        lesson: its name, such as "01_convolution".
        source: the instructor's notebook.
        limits: what a kernel may use.
        demonstrations: run all of the instructor's cells, not only those that answers need.
    """

    def __init__(
        self,
        root: Path,
        lesson: str,
        source: NotebookNode,
        limits: Limits | None = None,
        demonstrations: bool = False,
    ):
        self.root, self.source, self.lesson = root, source, lesson
        self.limits, self.demonstrations = limits or Limits(), demonstrations
        self.took = source.metadata.get(BUILD_METADATA, {}).get("seconds", {})
        self.files = data_files(root / "solutions" / lesson)
        self.server: ForkServer | None = None
        self.cold = ""  # why no warm kernels can be forked, if so

    def judge(self, built: NotebookNode) -> Verdicts:
        """Execute a rebuilt submission, put its outputs into it, and return the verdicts.

        Raises:
            NoSandbox, NotWarm, LessonBroken: nothing can be graded here and now.
        """
        try:
            return self._judge(built)
        except NotWarm as error:
            if self.cold:
                raise
            # Kernels are then forked from a server that has imported less, and import the rest.
            self.close()
            self.cold = str(error)
            return self._judge(built)

    def seconds_for(self, name: str) -> float:
        """How long a cell may take: many times what the lesson's own answer took when it was built.

        An endless loop then costs a class seconds and not minutes.
        """
        generous = self.limits.times_reference * self.took.get(name, 1)
        return min(self.limits.cell_seconds, max(self.limits.least_seconds, generous))

    def fork_server(self) -> ForkServer:
        """The process to fork kernels from; started when it is first needed."""
        if self.server is None:
            self.server = ForkServer(self.root, [] if self.cold else imports(self.source))
        return self.server

    def _judge(self, built: NotebookNode) -> Verdicts:
        steps = plan(self.source, built, self.demonstrations)
        verdicts = self._once(built, steps)
        if steps.left_out and _missing(built) & set(steps.left_out):
            # An answer wanted what only a demonstration gives, by a name that no text shows.
            verdicts = self._once(built, plan(self.source, built, demonstrations=True))
        if self.cold:
            verdicts.notes.append(f"kernels start cold, which takes longer: {self.cold}")
        return verdicts

    def _once(self, built: NotebookNode, steps: Plan) -> Verdicts:
        with _Session(self, built, steps) as session:
            return session.run()

    def close(self) -> None:
        """End the fork server."""
        if self.server is not None:
            self.server.close()
            self.server = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _Session:
    """One submission's way through its cells."""

    def __init__(self, judge: Judge, built: NotebookNode, steps: Plan):
        self.judge, self.limits, self.built, self.steps = judge, judge.limits, built, steps
        self.verdicts = Verdicts()
        self.left = self.limits.output
        self.student: Kernel | None = None
        self.trusted: Kernel | None = None
        self.ran: list[Cell] = []  # the student's cells so far, without those that killed a kernel
        self.set_up: list[Cell] = []  # what has run in the trusted kernel besides tests
        self.deaths, self.count = 0, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for kernel in (self.student, self.trusted):
            if kernel is not None:
                kernel.close()

    def run(self) -> Verdicts:
        """Go through the cells in order."""
        started = time.monotonic()
        self.until = started + self.limits.total_seconds
        for cell in self.steps.cells:
            target = self.built.cells[cell.place]
            target.outputs, target.execution_count = [], None
        for cell in self.steps.cells:
            if cell.setup:
                self._set_up(self._the_trusted(), cell)
                self.set_up.append(cell)
            if cell.student:
                self._execute(cell)
            elif cell.test:
                self._test(cell)
        if self.student is not None:
            used = self.student.close()
            self.student = None
            peak = used.get("peak_memory", 0)
            self.verdicts.peak_memory = max(peak, self.verdicts.peak_memory or 0) or None
        self.verdicts.seconds = time.monotonic() - started
        return self.verdicts

    # --- the two kernels ---

    def _start(self, role: str, peer=None) -> Kernel:
        judge = self.judge
        return Kernel(role, judge.fork_server(), judge.root, judge.files, self.limits, peer)

    def _the_trusted(self) -> Kernel:
        if self.trusted is None:
            self.trusted = self._start("trusted")
            for cell in self.set_up:
                self._set_up(self.trusted, cell)
            if self.student is not None:  # it has to be introduced to this one
                self.student.close()
                self.student = None
        return self.trusted

    def _the_student(self) -> Kernel:
        """The student's kernel; a new one runs again what had run in the one that died."""
        trusted = self._the_trusted()
        while self.student is None:
            if self.deaths > MOST_DEATHS:
                raise KernelDied(f"the student's kernel has died {self.deaths} times")
            ours, theirs = socket.socketpair()
            with ours, theirs:
                self.student = self._start("student", theirs)
                try:
                    trusted.order({}, self.limits.cell_seconds, fds=[ours.fileno()])
                except KernelDied:  # no cell's fault: both are started anew
                    self._stop_trusted()
                    self._died()
                    trusted = self._the_trusted()
                    continue
            for place, cell in enumerate(self.ran):
                try:
                    self._order(self.student, cell)
                except KernelDied:
                    self._died()
                    del self.ran[place]
                    break
        return self.student

    def _died(self) -> None:
        self.deaths += 1
        if self.student is not None:
            used = self.student.close()
            self.verdicts.peak_memory = max(
                used.get("peak_memory", 0), self.verdicts.peak_memory or 0
            )
        self.student = None

    def _order(self, kernel: Kernel, cell: Cell, stops=None, **more) -> dict:
        source = self.built.cells[cell.place].source if kernel.role == "student" else cell.source
        order = {"source": source, "name": cell.name, "count": self.count or 1, **more}
        if time.monotonic() > self.until:
            raise KernelDied(
                f"the submission took more than {self.limits.total_seconds:.0f} seconds"
            )
        return kernel.order(order, clock(self.until, self._seconds(cell)), stops=stops)

    def _seconds(self, cell: Cell) -> float:
        """How long a cell may take; a student's own cell as long as any of the lesson's."""
        known = any(x["id"] == cell.name for x in self.judge.source.cells)
        return self.judge.seconds_for(cell.name) if known else self.limits.cell_seconds

    # --- the kinds of cells ---

    def _set_up(self, kernel: Kernel, cell: Cell) -> None:
        original = next(x for x in self.judge.source.cells if x["id"] == cell.name)
        order = {"source": original.source, "name": cell.name, "count": 1}
        try:
            reply = kernel.order(order, self.limits.cell_seconds)
        except KernelDied as error:
            raise LessonBroken(f"cell {cell.name!r} of the lesson: {error}") from None
        if not reply.get("ok"):
            said = _error(reply.get("outputs", []))
            raise LessonBroken(f"cell {cell.name!r} of the lesson, which tests need, fails: {said}")

    def _execute(self, cell: Cell) -> None:
        self.count += 1
        target = self.built.cells[cell.place]
        target.execution_count = self.count
        try:
            reply = self._order(self._the_student(), cell)
            outputs = reply.get("outputs")
            self.ran.append(cell)
            self._look_for_missing(outputs)
        except KernelDied as error:
            self._died()
            self.verdicts.notes.append(f"{cell.name}: the student's kernel stopped: {error}")
            outputs = [_failure("KernelDied", f"This cell stopped its kernel: {error}.")]
        self._put(target, outputs)

    def _look_for_missing(self, outputs) -> None:
        """Note a module that a student imports and that is not installed here."""
        form = r"ModuleNotFoundError: No module named '([\w.]{1,100})'"
        said = re.match(form, _error(outputs or []))
        if said and said[1] not in self.verdicts.missing_modules:
            self.verdicts.missing_modules.append(said[1])

    def _test(self, cell: Cell) -> None:
        self.count += 1
        target = self.built.cells[cell.place]
        target.execution_count = self.count
        most = points(target)
        started = time.monotonic()
        try:
            stops = None
            if cell.names:
                # Who does not stop is the student's code, most likely: the test waits for it.
                student = self._the_student()
                student.peak()  # from here on it counts anew
                stops = [student.interrupt, student.close]
            reply = self._order(self._the_trusted(), cell, stops, names=cell.names)
        except KernelDied as error:
            self._stop_trusted()
            said = f"The test could not finish: {error}."
            reply = {"ok": False, "outputs": [_failure("KernelDied", said)]}
            self.verdicts.notes.append(f"{cell.name}: {said}")
        outputs = reply.get("outputs", [])
        # A test that takes too long by itself ends without a word on the kernel that was stopped.
        if reply.get("gone") or (self.student is not None and self.student.closed):
            self._died()
            self.verdicts.notes.append(f"{cell.name}: the student's kernel died during the test")
        peak = self.student.peak() if cell.names and self.student is not None else None
        earned = self._points(cell, reply, most)
        message = "" if reply.get("ok") and earned == most else _error(outputs)
        self.verdicts.tests[cell.name] = Verdict(
            earned,
            most,
            time.monotonic() - started,
            message[:4000],
            [str(x) for x in reply.get("mistakes", [])],
            peak,
            self._seconds(cell),
            _score(outputs) if reply.get("ok") else None,
        )
        self._put(target, outputs, test=True)

    def _stop_trusted(self) -> None:
        if self.trusted is not None:
            self.trusted.close()
            self.trusted = None

    def _points(self, cell: Cell, reply: dict, most: float) -> float:
        if reply.get("ok") is not True:
            return 0.0
        partial = reply.get("partial")
        if partial is None:
            return most
        if isinstance(partial, float | int) and math.isfinite(partial) and 0 <= partial <= most:
            return float(partial)
        self.verdicts.notes.append(
            f"{cell.name}: the test gave {partial} of {most} points, which is no score: 0 points"
        )
        return 0.0

    def _put(self, target: NotebookNode, outputs, test: bool = False) -> None:
        """Put outputs into a cell. A student's are within what is left of the limit for all."""
        kept, size = cleaned(outputs, OF_A_TEST if test else self.left)
        self.left -= 0 if test else size
        target.outputs = [from_dict(x) for x in kept]


def _failure(name: str, text: str) -> dict:
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [text]}


def _error(outputs: list) -> str:
    """What a cell's error says."""
    for output in outputs:
        if isinstance(output, dict) and output.get("output_type") == "error":
            return f"{output.get('ename')}: {output.get('evalue')}"
    return ""


def _score(outputs: list) -> dict | None:
    """The contest's score, if a test has displayed one; it comes from the trusted kernel."""
    for output in reversed(outputs):
        if SCORE in (data := output.get("data", {})):
            return json.loads(data[SCORE])
    return None


def _missing(built: NotebookNode) -> set[str]:
    """The names that the student's cells did not find."""
    errors = (
        str(x.get("evalue", ""))
        for cell in built.cells
        if cell.cell_type == "code"
        for x in cell.outputs
        if x.get("output_type") == "error" and x.get("ename") == "NameError"
    )
    return {name for text in errors for name in re.findall(r"name '(\w+)' is not defined", text)}


def data_files(folder: Path) -> dict[str, Path]:
    """What lies beside a lesson's notebook for students: name -> file or folder."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    # Notebooks are solutions; what editors and tools leave behind may hold one.
    left = (".ipynb", ".bak", ".orig", ".tmp", ".swp")
    return {
        x.name: x
        for x in found
        if not x.name.startswith((".", "_")) and not x.name.endswith(("~", *left))
    }


def imports(source: NotebookNode) -> list[str]:
    """The modules that a lesson's cells import at their top, without the checks."""
    import ast

    names = {"utils", "numpy", "matplotlib.pyplot", "IPython.display"}
    # Optimisers import it when first used; in a kernel that would count as an answer's own time.
    names |= {"torch", "torch._dynamo", "torch.testing"}
    for cell in source.cells:
        if cell.cell_type != "code":
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:
            continue
        for node in tree.body:
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
                if node.module == "utils":
                    names |= {f"utils.{alias.name}" for alias in node.names}
    kept = sorted(x for x in names if not x.startswith("utils.checks"))
    return [x for x in kept if x.split(".")[0] in LIBRARIES]


#: Only these are imported before the fork; whatever else a lesson wants is imported after it.
LIBRARIES = {"utils", "torch", "numpy", "matplotlib", "IPython", "sklearn", "scipy", "math", "time"}
