"""Where the course keeps what, as nbgrader_config.py says it."""

import contextlib
import datetime
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files
from traitlets.config import Config

from autograder import ROOT
from autograder.errors import CourseError
from autograder.timestamps import parse_timestamp

__all__ = ["Course", "Submission", "unusable"]

LONGEST_NAME = 128  # what nbgrader's database has room for
LARGEST = 32_000_000  # bytes of a notebook: reading them takes half a minute and 1 GB of memory
LINK = "is a link, and nothing outside of what was handed in is graded"


@dataclass(frozen=True)
class Submission:
    """What a student handed in to a lesson: a folder of files."""

    lesson: str
    student: str
    folder: Path
    largest: int = LARGEST

    def read(self) -> tuple[bytes, str]:
        """The notebook's bytes, and why there are none."""
        path = self.folder / f"{self.lesson}.ipynb"
        try:
            if self.folder.is_symlink() or path.is_symlink():
                return b"", f"{(self.folder if self.folder.is_symlink() else path).name} {LINK}"
            if not path.is_file():
                return b"", f"there is no {path.name} in what was handed in{self._instead()}"
            if path.stat().st_size > self.largest:
                return b"", f"{path.name} is larger than {self.largest:,} bytes"
            return path.read_bytes(), ""
        except OSError as error:
            return b"", f"{path.name} cannot be read: {error.strerror}"

    def _instead(self) -> str:
        names = sorted(x.name for x in self.folder.iterdir() if x.name != "timestamp.txt")
        return f", but {', '.join(names[:5])}" if names else ""

    def others(self, ignore: list[str]) -> list[Path]:
        """The other files, which are kept beside the graded notebook. Links are left out."""
        if self.folder.is_symlink():
            return []
        found = map(Path, sorted(find_all_files(str(self.folder), [*ignore, "*.ipynb"])))
        return [x for x in found if x.is_file() and not x.is_symlink()]

    @property
    def timestamp(self) -> datetime.datetime | None:
        """When it was handed in (UTC), if timestamp.txt says so.

        Raises:
            ValueError: it says something else.
        """
        path = self.folder / "timestamp.txt"
        if self.folder.is_symlink() or path.is_symlink() or not path.is_file():
            return None
        with path.open(errors="replace") as file:
            text = file.read(200).strip()
        return parse_timestamp(text) if text else None


class Course:
    """A course's folder with its configuration.

    Raises:
        CourseError: there is no nbgrader_config.py in it, or it fails.
    """

    def __init__(self, root: Path = ROOT):
        self.root = root.resolve()
        if not (self.root / "nbgrader_config.py").is_file():
            raise CourseError(f"{self.root} is no course: it has no nbgrader_config.py")
        # nbgrader finds its configuration in the working directory only. Where it fails, nbgrader
        # would go on without it, and with another gradebook.
        with contextlib.chdir(self.root):
            app = NbGrader(raise_config_file_errors=True)
            try:
                app.load_config_file()
                self.directory = CourseDirectory(config=app.config)
            except Exception as error:
                said = " ".join(str(error).split())
                kind = type(error).__name__
                raise CourseError(f"nbgrader_config.py cannot be used: {kind}: {said}") from error
        self.config: Config = app.config

    @property
    def database(self) -> str:
        """The gradebook's address."""
        return self.directory.db_url

    def folder(self, step: str, student: str, lesson: str) -> Path:
        """A folder of a step: "submitted", "autograded", ..."""
        name = getattr(self.directory, f"{step}_directory")
        return Path(self.directory.format_path(name, student, lesson))

    def source(self, lesson: str) -> Path:
        """The instructor's notebook of a lesson."""
        return self.folder("source", ".", lesson) / f"{lesson}.ipynb"

    @property
    def lessons(self) -> list[str]:
        """The lessons that are built."""
        base = self.folder("source", ".", ".")
        names = sorted(x.name for x in base.iterdir()) if base.is_dir() else []
        return [x for x in names if self.source(x).is_file()]

    def submissions(self, lesson: str, student: str | None = None) -> list[Submission]:
        """What was handed in to a lesson, by student."""
        largest = min(LARGEST, 1000 * self.directory.max_file_size)
        return [
            Submission(lesson, name, self.folder("submitted", name, lesson), largest)
            for name in self._students(lesson)
            if student in (None, name) and not unusable(name)
        ]

    def misnamed(self, lesson: str) -> dict[str, str]:
        """Folders whose names cannot be a student's id in a gradebook, and why."""
        return {name: why for name in self._students(lesson) if (why := unusable(name))}

    def _students(self, lesson: str) -> list[str]:
        marker = "\0student\0"
        parts = self.folder("submitted", marker, lesson).parts
        base = Path(*parts[: parts.index(marker)])
        names = sorted(os.listdir(base)) if base.is_dir() else []
        shown = (x for x in names if not x.startswith("."))
        return [x for x in shown if self.folder("submitted", x, lesson).is_dir()]

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the course's gradebook for one run.

        Raises:
            CourseError: another run holds it.
        """
        import fcntl  # Linux and macOS only, as grading is

        path = self.folder("autograded", ".", ".").parent / ".grading"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CourseError(
                    f"another run is grading {self.root} now; wait for it, or stop it"
                ) from None
            yield


def unusable(name: str) -> str:
    """Why a folder's name cannot be a student's id; empty if it can."""
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        return f"{name!r} cannot be a folder's name here, so it is no student's id; rename it"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "its folder's name is not UTF-8; rename it"
    return f"its folder's name is longer than {LONGEST_NAME}" if len(name) > LONGEST_NAME else ""
