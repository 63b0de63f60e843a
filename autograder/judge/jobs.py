"""What a worker does: judges one submission. It reads no gradebook and writes no file.

The same function runs in a local worker, or on another machine that has a clone of the course: the
submission's bytes travel there, and the result comes back.
"""

import functools
import hashlib
import json
import logging
import platform
import re
import socket
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat
from traitlets.config import Config

from autograder import ROOT
from autograder.judge import judging
from autograder.judge.judging import Verdicts, data_files
from autograder.judge.rebuild import Rebuild, Report, UnreadableSubmission, rebuild
from autograder.judge.sandbox import Limits

__all__ = ["CourseVersion", "Job", "Result", "WrongVersion", "digest_of", "judge", "read_notebook"]

#: What decides what a submission earns, besides `utils`. A test compares it with what is imported.
GRADER = ("judge", "cells.py", "timestamps.py")
#: Packages whose version can change a result.
PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "matplotlib", "ipython", "nbformat")


class WrongVersion(RuntimeError):
    """A worker has another version of the course than the process that asks it."""


@dataclass(frozen=True)
class CourseVersion:
    """The version of the course and of its packages that a process works with.

    Two processes give the same scores only if theirs are equal.
    """

    course: str  # digest of `utils`, the grader and the lesson's data files
    versions: tuple[str, ...]  # of Python and of packages

    @classmethod
    def of(cls, lesson: str, root: Path = ROOT) -> "CourseVersion":
        """Return the version that this process has of a lesson, as it was when first asked for."""
        return cls(course_digest(lesson, root), versions())

    def compare(self, lesson: str, root: Path = ROOT) -> None:
        """Compare this version, of the process that asks, with the one of this process.

        Raises:
            WrongVersion: they differ; the message says in what.
        """
        own = CourseVersion.of(lesson, root)
        other = [f"{b} for {a}" for a, b in zip(self.versions, own.versions, strict=True) if a != b]
        if self.course != own.course:
            other.append("other files of the course; update its clone, then start it again")
        if other:
            where = f"{socket.gethostname()}:{root}"
            raise WrongVersion(f"the worker in {where} has {', '.join(other)}")


@dataclass(frozen=True)
class Job:
    """One submission to judge, with everything that its result depends on."""

    lesson: str
    student: str
    source: bytes  # the instructor's notebook
    submitted: bytes
    here: CourseVersion  # of the process that asks
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
    logging.getLogger("traitlets").setLevel(logging.WARNING)
    limits = Limits(config=Config(job.settings))
    verdicts = judging.judge(built, source, limits, job.lesson, root, job.demonstrations)
    return Result(nbformat.writes(built), verdicts, report)


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
        said = str(error).strip().splitlines()
        why = f": {said[0][:200]}" if said else ""
        raise ValueError(f"not a notebook: {type(error).__name__}{why}") from None


@functools.cache  # what this process has imported does not change with the files either
def course_digest(lesson: str, root: Path = ROOT) -> str:
    """A hash of the course's code: everything besides the notebooks that results depend on."""
    grader = [root / "autograder" / name for name in GRADER]
    data = data_files(root / "solutions" / lesson).values()
    return digest_of(root / "utils", *grader, *data)


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
