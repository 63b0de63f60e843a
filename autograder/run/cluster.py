"""Hands jobs to Dask workers: processes on this machine, or those of a scheduler elsewhere."""

import contextlib
import logging
import signal
import warnings
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import CourseError
from autograder.judge.jobs import CourseVersion, Job, Result, WrongVersion, judge
from autograder.judge.judging import LessonBroken
from autograder.judge.kernels import NotWarm
from autograder.judge.sandbox import NoSandbox

if TYPE_CHECKING:
    from distributed import Future

__all__ = ["judged", "local_workers", "workers_of"]

#: Seconds to wait: for a scheduler to answer, for its first worker, for others if all are gone.
CONNECT, FIRST, GONE = 10, 20, 60
LOOK = 5.0  # seconds after which to look whether there still are workers
DEATHS = 2  # of workers over one submission, before it is given up

START = "cd COURSE && dask worker {} --nworkers auto --nthreads 1"


@contextlib.contextmanager
def local_workers(count: int, folder: Path) -> Iterator:
    """Start processes on this machine; give a client of theirs. They keep their files in `folder`.

    What they are sent is signed and encrypted: whoever can talk to a scheduler runs code as us.
    """
    import dask
    from distributed import Client, LocalCluster

    options = {
        "distributed.scheduler.allowed-failures": DEATHS,
        "distributed.logging.distributed": "critical",
        "distributed.worker.preload": ["autograder.run.cluster"],
        "distributed.nanny.preload": [],
        "distributed.scheduler.http.routes": ["distributed.http.health"],
        "distributed.worker.http.routes": ["distributed.http.health"],
    }
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # another run has the usual ports
            _no_interrupts() as allow_them,
            dask.config.set(options),
            LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                memory_limit=None,  # sandboxes have their own
                host="127.0.0.1",
                dashboard_address=None,
                local_directory=str(folder),
                silence_logs=logging.CRITICAL,
                security=True,
            ) as cluster,
            Client(cluster) as client,
        ):
            allow_them()
            yield client
    except RuntimeError as error:
        raise CourseError(f"the workers cannot be started: {error}") from error


def dask_setup(_worker) -> None:
    """Called by Dask in a worker that we have started, which shares our terminal: be quiet there.

    Ctrl-C is not for it, and what nbformat warns of is the student's affair.
    """
    warnings.simplefilter("ignore")
    logging.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextlib.contextmanager
def _no_interrupts() -> Iterator:
    """Block SIGINT here until the value is called, and in all threads and processes begun before.

    Ctrl-C reaches every process of a terminal. Workers are stopped by this one, without a word.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextlib.contextmanager
def workers_of(scheduler: str, lesson: str) -> Iterator:
    """Give a client of a scheduler whose workers all have this version of the course.

    Raises:
        CourseError: there is no scheduler, it has no workers, or one of them has another version.
    """
    import dask
    from distributed import Client

    for name in [x for x in logging.root.manager.loggerDict if x.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what it says is said below
    how = START.format(scheduler)
    try:
        with dask.config.set({"distributed.comm.timeouts.connect": CONNECT}):
            client = Client(scheduler, timeout=CONNECT)
    except (OSError, ValueError) as error:
        raise CourseError(
            f"no scheduler answers at {scheduler} ({error}); start one with `dask scheduler`, and "
            f"workers with `{how}`"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=FIRST)
        except TimeoutError:
            raise CourseError(f"the scheduler has no workers; start them with `{how}`") from None
        here = CourseVersion.of(lesson)
        for address, refused in client.run(here.compare, lesson, on_error="return").items():
            if refused is not None:
                raise CourseError(_refusal(address, refused))
        yield client


def _refusal(address: str, error: BaseException) -> str:
    if isinstance(error, WrongVersion):
        return str(error)
    said = f"{type(error).__name__}: {error}"
    return f"the worker {address} has no or another version of the course ({said})"


def judged(client, jobs: Iterable[Job]) -> Iterator[tuple[Job, Result]]:
    """Judge jobs on a client's workers; yield each with its result, as they come.

    Each worker has one job at a time: a submission's bytes travel when its turn has come, and a
    worker that dies takes nothing else with it.

    Raises:
        CourseError: nothing can be graded here and now.
    """
    waiting = iter(jobs)
    running: dict[Future, Job] = {}
    while True:
        _submit(client, waiting, running)
        if not running:
            return
        done = [(future, running.pop(future)) for future in _finished(client, list(running))]
        _submit(client, waiting, running)
        for future, job in done:
            yield job, _result_of(future)


def _submit(client, waiting: Iterator[Job], running: dict) -> None:
    free = sum(client.nthreads().values()) - len(running)
    for job in islice(waiting, max(free, 0 if running else 1)):
        running[client.submit(judge, job, pure=False)] = job


def _finished(client, futures: list) -> set:
    """Wait until at least one of them is done."""
    from distributed import wait
    from distributed.client import CancelledError

    alone = 0.0
    while alone < GONE:
        try:
            return wait(futures, timeout=LOOK, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            alone = 0.0 if client.nthreads() else alone + LOOK
        except (CancelledError, OSError):
            raise CourseError(f"the scheduler is gone; {AGAIN}") from None
    raise CourseError(f"there have been no workers for {GONE} seconds; {AGAIN}")


AGAIN = "what was graded is written, and the same command goes on"


def _result_of(future) -> Result:
    """A future's result; what only concerns this submission becomes the reason it has none."""
    from distributed import KilledWorker

    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, NoSandbox | NotWarm | LessonBroken | WrongVersion):
        raise CourseError(str(error)) from None
    if isinstance(error, KilledWorker):
        reason = f"the process that graded it died, {DEATHS + 1} times"
    else:
        reason = f"the grader could not handle it: {type(error).__name__}: {error}"
    return Result(reason=reason, again=True)
