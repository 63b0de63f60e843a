"""Grade what was handed in to a lesson: several submissions at once, each in its own sandbox.

Workers compute, and this process alone writes. What has not changed since it was graded is not
graded again. Stopped or killed at any moment, the next run goes on from there.
"""

import argparse
import contextlib
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder import journal, sandbox, work
from autograder.course import Course, Submission
from autograder.release import ROOT, Lesson, ReleaseError, generate, lessons
from autograder.writer import Writer

__all__ = ["GradeError", "Outcome", "add_arguments", "grade", "main"]


class GradeError(Exception):
    """Nothing can be graded; the message says why and what to do."""


@dataclass
class Outcome:
    """What a run did: entries of the journal by what became of them."""

    graded: list[journal.Entry] = field(default_factory=list)
    quarantined: list[journal.Entry] = field(default_factory=list)
    unchanged: list[journal.Entry] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # students whose turn did not come
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every submission has its grade."""
        return not (self.left or self.all_quarantined)

    @property
    def all_quarantined(self) -> list[journal.Entry]:
        """Those of this run and of earlier ones."""
        return self.quarantined + [x for x in self.unchanged if not x.graded]


def grade(
    course: Course,
    lesson: str,
    student: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress=contextlib.nullcontext,
) -> Outcome:
    """Grade the submissions to a lesson that are new or have changed.

    Args:
        course: the course.
        lesson: its name.
        student: this one's submission only.
        workers: how many submissions at once on this machine; by default one for each core.
        scheduler: the address of a Dask scheduler whose workers have clones of the course.
        force: grade also what has not changed.
        progress: called with the number of submissions to grade; a context whose value is called
            with each entry.

    Raises:
        GradeError: nothing can be graded.
    """
    started = time.monotonic()
    submissions = course.submissions(lesson, student)
    if not submissions:
        where = course.folder("submitted", student or "*", lesson)
        raise GradeError(f"nothing was handed in: there is no {where}")
    register(course, lesson)
    writer, outcome = Writer(course), Outcome()
    try:
        known = writer.entries(lesson)
        source = course.source(lesson).read_bytes()
        jobs = {x.student: (x, job_of(course, x, source)) for x in submissions}
        todo = []
        for name, (submission, job) in jobs.items():
            entry = known.get(name)
            if not force and entry and _up_to_date(course, submission, job, entry):
                outcome.unchanged.append(entry)
            else:
                todo.append(name)
        with progress(len(todo)) as show:
            results = _results([jobs[name][1] for name in todo], course, workers, scheduler)
            left = dict.fromkeys(todo)
            try:
                for job, result in results:
                    entry = writer.write(jobs[job.student][0], job.inputs, result)
                    (outcome.graded if entry.graded else outcome.quarantined).append(entry)
                    del left[job.student]
                    if show:
                        show(entry)
            except KeyboardInterrupt:
                results.close()
            outcome.left = list(left)
    finally:
        writer.close()
    outcome.seconds = time.monotonic() - started
    return outcome


def register(course: Course, lesson: str) -> None:
    """Tell the gradebook the lesson's cells, as `nbgrader generate_assignment` does.

    Raises:
        GradeError: there is no such lesson, or nbgrader refuses.
    """
    path = course.source(lesson)
    if not path.is_file():
        known = ", ".join(x.name for x in lessons(course.root))
        raise GradeError(f"there is no lesson {lesson!r}; there are: {known}")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            generate(Lesson(course.root, lesson), Path(scratch), database=True)
        except ReleaseError as error:
            raise GradeError(str(error)) from None


def job_of(course: Course, submission: Submission, source: bytes) -> work.Job:
    """The job for a submission."""
    path = submission.notebook
    settings = course.config
    return work.Job(
        submission.lesson,
        submission.student,
        source,
        path.read_bytes() if path.is_file() else None,
        work.course_digest(submission.lesson, course.root),
        dict(settings.Limits),
        bool(settings.Execute.get("demonstrations", False)),
    )


def _up_to_date(course: Course, submission: Submission, job, entry: journal.Entry) -> bool:
    target = course.folder("autograded", submission.student, submission.lesson)
    there = (target / f"{submission.lesson}.ipynb").is_file()
    return entry.inputs == job.inputs and there == entry.graded


def _results(jobs: list, course: Course, workers, scheduler) -> Iterator[tuple]:
    """Judge jobs on workers; yield each with its result, as they come."""
    if not jobs:
        return
    if scheduler is None:
        sandbox.available(course.root)  # before any process is started
    with _client(workers, scheduler, len(jobs)) as client:
        yield from _feed(client, jobs)


@contextlib.contextmanager
def _client(workers: int | None, scheduler: str | None, jobs: int):
    import dask
    from distributed import Client, LocalCluster

    if scheduler:
        with Client(scheduler, timeout=20) as client:
            yield client
        return
    count = min(workers or os.cpu_count() or 1, jobs)
    options = {
        "distributed.worker.daemon": False,
        "distributed.scheduler.allowed-failures": 2,
        "distributed.logging.distributed": "critical",
        "distributed.worker.preload": [],
    }
    with (
        tempfile.TemporaryDirectory(prefix="convnets-dask-") as scratch,
        dask.config.set(options),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=scratch,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _feed(client, jobs: list) -> Iterator[tuple]:
    """Keep every worker busy with few jobs in flight: a submission's bytes travel when needed."""
    from distributed import as_completed

    waiting, running = list(reversed(jobs)), {}
    done = as_completed()

    def submit():
        job = waiting.pop()
        future = client.submit(work.judge, job, pure=False)
        running[future] = job
        done.add(future)

    for _ in range(min(len(waiting), 2 * max(1, len(client.scheduler_info()["workers"])))):
        submit()
    for future in done:
        job = running.pop(future)
        if waiting:
            submit()
        yield job, _result_of(future)
        if not running:
            return


def _result_of(future) -> work.Result:
    """A future's result; what only concerns this submission becomes the reason it has none."""
    error = future.exception()
    if error is None:
        return future.result()
    if type(error).__name__ in ("NoSandbox", "NotWarm", "LessonBroken", "WrongVersion"):
        raise GradeError(str(error))
    if type(error).__name__ == "KilledWorker":
        return work.Result(reason="the process that graded it was killed several times")
    return work.Result(reason=f"the grader could not handle it: {type(error).__name__}: {error}")


# --- the command ---


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m autograder grade`."""
    parser.add_argument("lesson", help="such as 01_convolution")
    parser.add_argument("--student", help="grade this one's submission only")
    parser.add_argument("--workers", type=int, help="submissions at once (default: one for a core)")
    parser.add_argument("--scheduler", help="address of a Dask scheduler, such as tcp://host:8786")
    parser.add_argument("--force", action="store_true", help="grade also what has not changed")


def main(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Run the command; return 0 if every submission has its grade, else 1."""
    console = Console(highlight=False)
    try:
        outcome = grade(
            Course(root),
            arguments.lesson,
            arguments.student,
            arguments.workers,
            arguments.scheduler,
            arguments.force,
            progress=lambda count: _bar(console, count),
        )
    except (sandbox.NoSandbox, OSError) as error:
        raise GradeError(str(error)) from error
    _show(console, outcome)
    return 0 if outcome.complete else 1


@contextlib.contextmanager
def _bar(console: Console, count: int):
    columns = (
        TextColumn("grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[student]}", markup=False),
    )
    started = time.monotonic()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=count, rate="", student="")

        def show(entry: journal.Entry) -> None:
            done = bar.tasks[0].completed + 1
            rate = f"{60 * done / (time.monotonic() - started):.0f} a minute"
            bar.update(task, advance=1, rate=rate, student=entry.student)

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
    for entry in outcome.all_quarantined:
        console.print(f"{entry.student}: not graded: {entry.reason}", markup=False, soft_wrap=True)
    noted = [x for x in outcome.graded if x.notes]
    for entry in noted:
        notes = "; ".join(entry.notes)
        console.print(f"{entry.student}: {notes}", markup=False, soft_wrap=True)
    if outcome.left:
        print("Stopped. The same command goes on from here.", file=sys.stderr)
