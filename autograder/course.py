"""Where the course keeps what, as nbgrader_config.py says it."""

import contextlib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.release import ROOT

__all__ = ["Course", "Submission", "digest_of"]


@dataclass(frozen=True)
class Submission:
    """What a student handed in to a lesson: a folder of files."""

    lesson: str
    student: str
    folder: Path

    @property
    def notebook(self) -> Path:
        """The lesson's notebook in it, which may be missing."""
        return self.folder / f"{self.lesson}.ipynb"

    @property
    def timestamp(self) -> str | None:
        """When it was handed in, if a file says so."""
        path = self.folder / "timestamp.txt"
        return path.read_text(errors="replace").strip() if path.is_file() else None


class Course:
    """A course's folder with its configuration.

    Raises:
        FileNotFoundError: there is no nbgrader_config.py in it.
    """

    def __init__(self, root: Path = ROOT):
        self.root = root.resolve()
        if not (self.root / "nbgrader_config.py").is_file():
            raise FileNotFoundError(f"{self.root} is no course: it has no nbgrader_config.py")
        # nbgrader finds its configuration in the working directory only.
        with contextlib.chdir(self.root):
            app = NbGrader()
            app.load_config_file()
        self.config: Config = app.config
        self.directory = CourseDirectory(config=self.config)

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

    def submissions(self, lesson: str, student: str | None = None) -> list[Submission]:
        """What was handed in to a lesson, by student."""
        pattern = self.folder("submitted", "*", lesson)
        base = Path(str(pattern).partition("*")[0])
        found = [
            Submission(lesson, path.name, path / lesson)
            for path in sorted(base.iterdir() if base.is_dir() else [])
            if (path / lesson).is_dir() and not path.name.startswith(".")
        ]
        return [x for x in found if student is None or x.student == student]


def digest_of(*parts: bytes | str | Path) -> str:
    """SHA-256 over texts, bytes, and files or folders with their names."""
    digest = hashlib.sha256()

    def add(data: bytes) -> None:
        digest.update(len(data).to_bytes(8, "big") + data)

    for part in parts:
        if isinstance(part, Path):
            files = sorted(part.rglob("*")) if part.is_dir() else [part]
            for path in files:
                if path.is_file() and not re.search(r"__pycache__|\.pyc$|/records/", str(path)):
                    name = path.relative_to(part) if part.is_dir() else path.name
                    add(str(name).encode())
                    add(path.read_bytes())
        else:
            add(part.encode() if isinstance(part, str) else part)
    return digest.hexdigest()


def read_notebook(data: bytes) -> nbformat.NotebookNode:
    """Read a notebook from bytes, of any version of the format.

    Raises:
        ValueError: it is none; the message says why.
    """
    try:
        return nbformat.reads(data.decode("utf-8"), as_version=4)
    except Exception as error:
        text = str(error).strip().splitlines()
        why = f": {text[0][:200]}" if text else ""
        raise ValueError(f"not a notebook: {type(error).__name__}{why}") from None
