"""What a worker does: judges one submission. It reads no gradebook and writes no file.

The same function runs in this process, in a local worker, or on another machine that has a clone
of the course: the submission's bytes travel there, and the result comes back.
"""

import atexit
import functools
import logging
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from traitlets.config import Config

from autograder.course import digest_of, read_notebook
from autograder.rebuild import Rebuild, Report, UnreadableSubmission, rebuild
from autograder.sandbox import Limits
from autograder.verdict import Judge, Verdicts

__all__ = ["Job", "Result", "WrongVersion", "course_digest", "judge"]

HERE = Path(__file__).resolve().parent.parent


class WrongVersion(RuntimeError):
    """A worker has another version of the course than the process that asks it."""


@dataclass(frozen=True)
class Job:
    """All that decides the result of one submission."""

    lesson: str
    student: str
    source: bytes  # the instructor's notebook
    submitted: bytes | None  # None: there is no notebook of the lesson's name
    course: str  # digest of `utils`, the grader and the lesson's data files
    limits: dict
    demonstrations: bool = False

    @property
    def inputs(self) -> str:
        """A digest of everything but the student's name."""
        parts = (self.lesson, self.source, self.submitted or b"", self.course)
        return digest_of(*parts, repr(sorted(self.limits.items())), str(self.demonstrations))


@dataclass
class Result:
    """What came of a job: a notebook and verdicts, or the reason why there are none."""

    notebook: str = ""
    verdicts: Verdicts = field(default_factory=Verdicts)
    report: Report = field(default_factory=Report)
    reason: str = ""  # why it cannot be graded


_judges: dict[str, Judge] = {}


@atexit.register
def close() -> None:
    """End the fork servers of this process."""
    while _judges:
        _judges.popitem()[1].close()


@functools.cache  # what this process has imported does not change with the files either
def course_digest(lesson: str, root: Path = HERE) -> str:
    """A digest of what a worker has of its own: `utils`, the grader, the lesson's data files."""
    data = root / "lessons" / lesson
    files = [x for x in sorted(data.rglob("*")) if x.is_file() and x.suffix != ".md"]
    return digest_of(root / "utils", root / "autograder", *files)


def judge(job: Job, root: Path = HERE) -> Result:
    """Judge one submission.

    Raises:
        NoSandbox, NotWarm, LessonBroken, WrongVersion: nothing can be graded here and now.
    """
    if course_digest(job.lesson, root) != job.course:
        raise WrongVersion("this worker has another version of the course; update its clone")
    source = read_notebook(job.source)
    if job.submitted is None:
        return Result(reason=f"there is no {job.lesson}.ipynb in what was handed in")
    try:
        built, report = rebuild(source, _checked(read_notebook(job.submitted)))
    except (ValueError, UnreadableSubmission) as error:
        return Result(reason=str(error))
    verdicts = _judge_of(job, source, root).judge(built)
    return Result(nbformat.writes(built), verdicts, report)


def _checked(notebook):
    Rebuild()._check_size(notebook)
    return notebook


def _judge_of(job: Job, source, root: Path) -> Judge:
    """The judge for a lesson, kept warm in this process; an older version of it is closed."""
    key = digest_of(job.lesson, job.source, job.course, repr(job.limits), str(job.demonstrations))
    if key not in _judges:
        close()
        logging.getLogger("traitlets").setLevel(logging.WARNING)
        limits = Limits(config=Config({"Limits": job.limits}))
        _judges[key] = Judge(root, job.lesson, source, limits, job.demonstrations)
    return _judges[key]
