"""Grade what was handed in to a lesson: several submissions at once, each in its own sandbox.

Workers compute, and this process alone writes. What has not changed since it was graded is not
graded again. Stopped or killed at any moment, the next run goes on from there.
"""

import argparse
import contextlib
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from traitlets import TraitError

from autograder import ROOT
from autograder.build.release import Lesson, generate, lessons
from autograder.course import Course, Submission
from autograder.errors import CourseError
from autograder.gradebook import journal
from autograder.gradebook.writer import Writer, explain
from autograder.judge import sandbox
from autograder.judge.jobs import CourseVersion, Job, Result, digest_of
from autograder.judge.rebuild import Rebuild
from autograder.run import cluster
from autograder.run.scratch import scratch
from autograder.texts import named, printable

__all__ = ["CourseError", "Outcome", "add_arguments", "grade", "main"]


@dataclass
class Outcome:
    """What a run did: entries of the journal by what became of them."""

    graded: list[journal.Entry] = field(default_factory=list)
    quarantined: list[journal.Entry] = field(default_factory=list)
    unchanged: list[journal.Entry] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # students whose turn did not come
    misnamed: dict[str, str] = field(default_factory=dict)  # folders that are nobody's, and why
    names: dict[str, str] = field(default_factory=dict)  # students' display names, by id
    stopped: int = 0  # the signal that ended it
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every submission has its grade."""
        return not (self.left or self.misnamed or self.all_quarantined)

    @property
    def all_quarantined(self) -> list[journal.Entry]:
        """Those of this run and of earlier ones."""
        return self.quarantined + [x for x in self.unchanged if not x.graded]

    def who(self, student: str) -> str:
        """A student's id and display name."""
        return named(student, self.names.get(student))


def grade(
    course: Course,
    lesson: str,
    student: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress=lambda count, who: contextlib.nullcontext(),
) -> Outcome:
    """Grade the submissions to a lesson that are new or have changed.

    Args:
        course: the course.
        lesson: its name.
        student: this one's submission only.
        workers: how many submissions at once on this machine; by default one for each core.
        scheduler: the address of a Dask scheduler whose workers have clones of the course.
        force: grade also what has not changed.
        progress: called with the number of submissions to grade, and with what names a student by
            id; a context whose value is called with each entry.

    Raises:
        CourseError: nothing can be graded.
    """
    started = time.monotonic()
    if lesson not in course.lessons:
        raise CourseError(_unknown(course, lesson))
    with _explained(course), course.locked(), scratch() as folder, _Signals() as signals:
        writer = Writer(course)
        try:
            run = _Run(course, lesson, writer, signals)
            with contextlib.suppress(KeyboardInterrupt):
                run.look(student, force)
                run.grade(workers, scheduler, folder, progress)
            run.outcome.left, run.outcome.stopped = list(run.todo), signals.caught
        finally:
            writer.close()
    run.outcome.seconds = time.monotonic() - started
    return run.outcome


def _unknown(course: Course, lesson: str) -> str:
    if lesson in [x.name for x in lessons(course.root)]:
        return f"{lesson} is not built; build it first: python -m autograder release {lesson}"
    return f"there is no lesson {lesson!r}; there are: {', '.join(course.lessons)}"


@contextlib.contextmanager
def _explained(course: Course) -> Iterator[None]:
    """Raise errors of the disk, the database or a missing program as a CourseError."""
    try:
        yield
    except (sa.exc.DBAPIError, OSError) as error:
        raise CourseError(explain(course, error)) from error
    except (sa.exc.SQLAlchemyError, ImportError) as error:  # ArgumentError, no such driver
        raise CourseError(f"the gradebook cannot be opened: {error}") from error
    except (sandbox.NoSandbox, TraitError) as error:
        raise CourseError(str(error)) from error


class _Run:
    """One run: which submissions there are, and what becomes of them."""

    def __init__(self, course: Course, lesson: str, writer: Writer, signals: "_Signals"):
        self.course, self.lesson, self.writer, self.signals = course, lesson, writer, signals
        self.outcome = Outcome()
        self.todo: dict[str, tuple[Submission, str]] = {}  # student -> submission and its inputs
        self.make = _JobMaker(course, lesson)

    def look(self, student: str | None, force: bool) -> None:
        """Find what is to be graded."""
        found = self.course.submissions(self.lesson, student)
        self.outcome.misnamed = self.course.misnamed(self.lesson) if student is None else {}
        if not found and not self.outcome.misnamed:
            where = self.course.folder("submitted", student or "*", self.lesson)
            raise CourseError(f"nothing was handed in: there is no {where}")
        self.outcome.names = self.writer.names()
        known, due = self.writer.entries(self.lesson), self.writer.due(self.lesson)
        for submission in found:
            inputs = self._inputs(submission, *due)
            entry = known.get(submission.student)
            if not force and entry and entry.inputs == inputs and self._in_place(entry):
                self.outcome.unchanged.append(entry)
            else:
                self.todo[submission.student] = submission, inputs

    def _inputs(self, submission: Submission, due: str, extensions: dict[str, str]) -> str:
        """A hash of everything that a submission's scores and files depend on."""
        data, problem = submission.read()
        parts = [self.make(submission.student, data).inputs, problem]
        ignore = self.course.directory.ignore
        for path in submission.others(ignore):
            parts += [str(path.relative_to(submission.folder)), str(path.stat().st_size)]
        with contextlib.suppress(ValueError):
            if submission.timestamp:
                config = self.course.config
                extension = extensions.get(submission.student, "")
                parts += [str(submission.timestamp), due, extension]
                parts += [repr(config.AssignLatePenalties), repr(config.LateSubmissionPlugin)]
        return digest_of(*(x.encode("utf-8", "surrogateescape") for x in parts))

    def _in_place(self, entry: journal.Entry) -> bool:
        """Whether the graded notebook is where it should be, or not, if there is none."""
        folder = self.course.folder("autograded", entry.student, self.lesson)
        return (folder / f"{self.lesson}.ipynb").is_file() == entry.graded

    def grade(self, workers: int | None, scheduler: str | None, folder: Path, progress) -> None:
        """Grade what is to be graded; leave in `todo` what is not."""
        if not self.todo:
            return
        count = min(workers or len(os.sched_getaffinity(0)), len(self.todo))
        if not scheduler:
            sandbox.available(self.course.root)  # before any process is started
        place = (
            cluster.workers_of(scheduler, self.lesson)
            if scheduler
            else cluster.local_workers(count, folder)
        )
        with place as client:
            self._examine(client)
            register(self.course, self.lesson)
            with progress(len(self.todo), self.outcome.who) as show:
                for entry in self._entries(client):
                    if show:
                        show(entry)

    def _entries(self, client) -> Iterator[journal.Entry]:
        for job, result in cluster.judged(client, self._jobs()):
            yield self._write(job.student, result)
        # What has no notebook is no work for a worker.
        for student, (submission, _) in list(self.todo.items()):
            yield self._write(student, Result(reason=submission.read()[1] or "it is gone"))

    def _jobs(self) -> Iterator[Job]:
        for student, (submission, _) in list(self.todo.items()):
            data, problem = submission.read()
            if not problem:
                yield self.make(student, data)

    def _write(self, student: str, result: Result) -> journal.Entry:
        with self.signals.held():
            submission, inputs = self.todo[student]
            entry = self.writer.write(submission, inputs, result)
            (self.outcome.graded if entry.graded else self.outcome.quarantined).append(entry)
            del self.todo[student]
            return entry

    def _examine(self, client) -> None:
        """Judge the lesson's own solution, unless it was judged with the same inputs before.

        Raises:
            CourseError: it does not earn all automatic points here. Nobody could.
        """
        job = self.make("", self.make.source)
        inputs = digest_of(job.inputs, *job.here.versions)
        if self.writer.examined(self.lesson) == inputs:
            return
        ((_, result),) = cluster.judged(client, [job])
        tests = result.verdicts.tests
        lost = [
            f"{name} gives {x.points:g} of {x.most:g} points: {printable(x.message)[:300]}"
            for name, x in tests.items()
            if x.points < x.most
        ]
        if result.reason or lost:
            why = result.reason or "; ".join(lost)
            raise CourseError(
                f"{self.lesson}'s own solution does not earn all points here, so no student could: "
                f"{why}. Nothing was graded; mend the lesson or this machine first"
            )
        self.writer.set_examined(self.lesson, inputs)


class _JobMaker:
    """Makes a lesson's jobs, which have all but the submission in common."""

    def __init__(self, course: Course, lesson: str):
        self.lesson, self.source = lesson, course.source(lesson).read_bytes()
        self.here = CourseVersion.of(lesson, course.root)
        self.settings = {
            "Limits": _traits(sandbox.Limits(config=course.config)),
            "Rebuild": _traits(Rebuild(config=course.config), without="source_directory"),
        }
        self.demonstrations = bool(course.config.Execute.get("demonstrations", False))

    def __call__(self, student: str, data: bytes) -> Job:
        """The job for a submission."""
        common = self.here, self.settings, self.demonstrations
        return Job(self.lesson, student, self.source, data, *common)


def _traits(configured, without: str = "") -> dict:
    names = sorted(set(configured.class_own_traits(config=True)) - {without})
    return {name: getattr(configured, name) for name in names}


def register(course: Course, lesson: str) -> None:
    """Tell the gradebook the lesson's cells, as `nbgrader generate_assignment` does.

    Raises:
        CourseError: nbgrader refuses.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            generate(Lesson(course.root, lesson), Path(folder), database=True)
        except CourseError as error:
            raise CourseError(_why(lesson, str(error))) from error


def _why(lesson: str, log: str) -> str:
    """What nbgrader's log says, in one line."""
    said = re.findall(r"^\S*(?:Error|Exception|Entry)\S*: .*", log, re.MULTILINE)
    text = said[-1] if said else " ".join(log.split())[-500:]
    if "Cannot add or remove cells" in text:
        return (
            f"the graded cells of {lesson} are no longer those of the submissions in the gradebook,"
            " and nbgrader does not allow that: put back those that were removed or renamed, take "
            "out those that were added, or give the lesson a new name"
        )
    return f"nbgrader cannot take up {lesson}: {text}"


class _Signals:
    """Turns SIGINT and SIGTERM into one KeyboardInterrupt, but not while a result is written.

    A signal that is ignored, as a shell does with SIGINT for what runs in its background, stays so.
    """

    def __init__(self):
        self.caught, self.writing, self.before = 0, False, {}

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self.before[number] = signal.signal(number, self._catch)
        return self

    def __exit__(self, *_):
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _catch(self, number, _frame) -> None:
        first, self.caught = not self.caught, self.caught or number
        if first and not self.writing:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Finish what is inside first."""
        self.writing = True
        try:
            yield
        finally:
            self.writing = False
        if self.caught:
            raise KeyboardInterrupt


# --- the command ---


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m autograder grade`."""
    parser.add_argument("lesson", help="such as 01_convolution")
    parser.add_argument("--student", help="grade this one's submission only")
    parser.add_argument("--force", action="store_true", help="grade also what has not changed")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=_count, metavar="N", help="submissions at once (default: one for a core)"
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="let a Dask scheduler's workers grade, such as tcp://host:8786; each of them runs in "
        "a clone of the course, with one thread",
    )


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number from 1 on")
    return int(text)


def main(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Run the command; return 0 if every submission has its grade, else 1; 130 if it was stopped.

    Raises:
        CourseError: nothing can be graded.
    """
    console = Console(highlight=False)
    try:
        outcome = grade(
            Course(root),
            arguments.lesson,
            arguments.student,
            arguments.workers,
            arguments.scheduler,
            arguments.force,
            progress=lambda count, who: _bar(console, count, who),
        )
    except KeyboardInterrupt:  # before anything was begun
        outcome = Outcome(stopped=signal.SIGINT)
    _show(console, outcome)
    if outcome.stopped:
        return 128 + outcome.stopped
    return 0 if outcome.complete else 1


@contextlib.contextmanager
def _bar(console: Console, count: int, who: Callable[[str], str]):
    """A line with the rate and the time that is left; nothing where output is no terminal."""
    columns = (
        TextColumn("grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[student]}", markup=False),
    )
    started = time.monotonic()
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("", total=count, rate="", student="")

        def show(entry: journal.Entry) -> None:
            done = bar.tasks[0].completed + 1
            rate = f"{60 * done / (time.monotonic() - started):.0f} a minute"
            bar.update(task, advance=1, rate=rate, student=printable(who(entry.student)))

        yield show


def _show(console: Console, outcome: Outcome) -> None:
    """Print what a run did."""
    graded = [*outcome.graded, *(x for x in outcome.unchanged if x.graded)]
    table = Table(box=None, show_header=False)
    table.add_row("graded", str(len(outcome.graded)))
    table.add_row("unchanged", str(len(outcome.unchanged)))
    table.add_row("quarantined", str(len(outcome.all_quarantined)))
    if outcome.left:
        table.add_row("not yet graded", str(len(outcome.left)))
    if graded:
        mean = sum(x.points for x in graded) / len(graded)
        table.add_row("mean of the automatic points", f"{mean:.1f} of {graded[0].most:g}")
    table.add_row("seconds", f"{outcome.seconds:.1f}")
    console.print(table)

    def say(name: str, text: str) -> None:
        line = f"{printable(name)}: {printable(text)}"
        console.print(line, markup=False, emoji=False, soft_wrap=True)

    for entry in outcome.all_quarantined:
        say(outcome.who(entry.student), f"not graded: {entry.reason}")
    for name, why in outcome.misnamed.items():
        say(name, f"not graded: {why}")
    for entry in outcome.graded:
        if entry.notes:
            say(outcome.who(entry.student), "; ".join(entry.notes))
    if outcome.stopped:
        print("Stopped. The same command goes on from here.", file=sys.stderr)
