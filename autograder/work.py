"""What a worker does: judges one submission. It reads no gradebook and writes no file.

The same function runs in a local worker, or on another machine that has a clone of the course: the
submission's bytes travel there, and the result comes back.
"""

import atexit
import copy
import functools
import hashlib
import json
import logging
import platform
import re
import signal
import socket
import threading
import warnings
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat
from traitlets.config import Config

from autograder.kernels import NotWarm
from autograder.rebuild import Rebuild, Report, UnreadableSubmission, rebuild
from autograder.sandbox import Limits, NoSandbox
from autograder.verdict import Judge, Verdicts, data_files

__all__ = ["Here", "Job", "Result", "WrongVersion", "digest_of", "judge", "read_notebook"]

ROOT = Path(__file__).resolve().parent.parent
#: The modules that decide what a submission earns. A test compares them with what is imported.
GRADER = (
    *("cgroups", "formulas", "kernels", "outputs", "pages", "pictures", "plan", "preprocessors"),
    *("rebuild", "sandbox", "timestamps", "verdict", "work"),
)
#: Packages whose version can change a result.
PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "matplotlib", "ipython", "nbformat")
ATTEMPTS = 3  # to judge with a new fork server, when the old one or a sandbox is gone


class WrongVersion(RuntimeError):
    """A worker has another version of the course than the process that asks it."""


@dataclass(frozen=True)
class Here:
    """What a process has of its own that decides results."""

    course: str  # digest of `utils`, the grader and the lesson's data files
    versions: tuple[str, ...]  # of Python and of packages

    @classmethod
    def of(cls, lesson: str, root: Path = ROOT) -> "Here":
        """What this process has for a lesson, as it was when first asked for."""
        return cls(course_digest(lesson, root), versions())

    def compare(self, lesson: str, root: Path = ROOT) -> None:
        """Compare this with what the present process has.

        Raises:
            WrongVersion: they differ.
        """
        own = Here.of(lesson, root)
        other = [f"{b} for {a}" for a, b in zip(self.versions, own.versions, strict=True) if a != b]
        if self.course != own.course:
            other.append("other files of the course; update its clone, then start it again")
        if other:
            where = f"{socket.gethostname()}:{root}"
            raise WrongVersion(f"the worker in {where} has {', '.join(other)}")


@dataclass(frozen=True)
class Job:
    """All that decides the result of one submission."""

    lesson: str
    student: str
    source: bytes  # the instructor's notebook
    submitted: bytes
    here: Here  # what the asking process has
    settings: dict[str, dict]  # of Limits and of Rebuild
    demonstrations: bool = False

    @property
    def inputs(self) -> str:
        """A digest of everything but the student's name, and the versions of packages."""
        parts = (self.lesson, self.source, self.submitted, self.here.course)
        return digest_of(*parts, repr(self.settings), str(self.demonstrations))


@dataclass
class Result:
    """What came of a job: a notebook and verdicts, or the reason why there are none."""

    notebook: str = ""
    verdicts: Verdicts = field(default_factory=Verdicts)
    report: Report = field(default_factory=Report)
    reason: str = ""  # why it cannot be graded
    again: bool = False  # whether the next run is to try it again, though nothing has changed


def judge(job: Job, root: Path = ROOT) -> Result:
    """Judge one submission.

    Raises:
        NoSandbox, NotWarm, LessonBroken, WrongVersion: nothing can be graded here and now.
    """
    job.here.compare(job.lesson, root)
    source = read_notebook(job.source)
    try:
        submitted = read_notebook(job.submitted)
        Rebuild(config=Config(job.settings))._check_size(submitted)
        built, report = rebuild(source, submitted)
    except (ValueError, UnreadableSubmission) as error:
        return Result(reason=str(error))
    for attempt in range(1, ATTEMPTS + 1):
        notebook = copy.deepcopy(built)
        try:
            verdicts = _judge_of(job, source, root).judge(notebook)
            return Result(nbformat.writes(notebook), verdicts, report)
        except BaseException as error:
            _forget()
            if not isinstance(error, NotWarm | NoSandbox) or attempt == ATTEMPTS:
                raise


def dask_setup(_worker) -> None:
    """Called by Dask in a worker that we have started, which shares our terminal: be quiet there.

    Ctrl-C is not for it, and what nbformat warns of is the student's affair.
    """
    warnings.simplefilter("ignore")
    logging.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


# --- a judge for each thread, as its fork server answers one request at a time ---

_judges: dict[int, tuple[str, Judge]] = {}  # thread -> key and judge


def _judge_of(job: Job, source, root: Path) -> Judge:
    """The judge for a lesson, kept warm; the one for another lesson is closed."""
    key = digest_of(job.lesson, job.source, repr(job.settings), str(job.demonstrations))
    thread = threading.get_ident()
    if thread not in _judges or _judges[thread][0] != key:
        _forget()
        logging.getLogger("traitlets").setLevel(logging.WARNING)
        limits = Limits(config=Config(job.settings))
        _judges[thread] = key, Judge(root, job.lesson, source, limits, job.demonstrations)
    return _judges[thread][1]


def _forget() -> None:
    """End this thread's judge and its fork server."""
    _, judge = _judges.pop(threading.get_ident(), (None, None))
    if judge is not None:
        judge.close()


@atexit.register
def _forget_all() -> None:
    while _judges:
        _judges.popitem()[1][1].close()


# --- what was judged with what ---


def read_notebook(data: bytes) -> nbformat.NotebookNode:
    """Read a notebook from bytes, of any version of the format.

    What an editor or a transfer has changed without a loss is no fault of a student's: a byte order
    mark, UTF-16 or UTF-32, zero bytes at the end.

    Raises:
        ValueError: it is none; the message says why.
    """
    try:
        text = data.decode(json.detect_encoding(data)).rstrip("\0\x1a\r\n\t ")
        return nbformat.reads(text, as_version=4)
    except Exception as error:
        text = str(error).strip().splitlines()
        why = f": {text[0][:200]}" if text else ""
        raise ValueError(f"not a notebook: {type(error).__name__}{why}") from None


@functools.cache  # what this process has imported does not change with the files either
def course_digest(lesson: str, root: Path = ROOT) -> str:
    """A digest of what decides results besides the notebooks."""
    grader = [root / "autograder" / f"{name}.py" for name in GRADER]
    data = data_files(root / "solutions" / lesson).values()
    return digest_of(root / "utils", root / "autograder" / "inside", *grader, *data)


@functools.cache
def versions() -> tuple[str, ...]:
    """The versions of Python and of the packages, each with its name."""
    found = [f"Python {'.'.join(platform.python_version_tuple()[:2])}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name).partition('+')[0]}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return tuple(found)


def digest_of(*parts: bytes | str | Path) -> str:
    """SHA-256 over texts, bytes, and files or folders with their names."""
    digest = hashlib.sha256()

    def add(data: bytes) -> None:
        digest.update(len(data).to_bytes(8, "big") + data)

    for part in parts:
        if isinstance(part, Path):
            files = sorted(part.rglob("*")) if part.is_dir() else [part]
            for path in files:
                name = path.relative_to(part.parent).as_posix()
                if path.is_file() and not re.search(r"__pycache__|\.pyc$|/\.", name):
                    add(name.encode())
                    add(path.read_bytes())
        else:
            add(part.encode() if isinstance(part, str) else part)
    return digest.hexdigest()
