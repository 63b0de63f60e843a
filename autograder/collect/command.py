"""Collect what came back: files, folders and zips, as any learning platform gives them."""

import argparse
import json
from pathlib import Path

from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from autograder import ROOT
from autograder.collect import roster
from autograder.collect.archives import look_through
from autograder.collect.choice import Choice, choose
from autograder.course import Course
from autograder.errors import CourseError
from autograder.texts import named, printable
from utils.atomic import write_atomic

__all__ = ["add_arguments", "collect", "main"]

EPILOG = """
Put the student's id, or what your platform writes, into the name of the file, or of the folder or
zip around it. Of a student's versions the newest counts, as the platform numbers or dates them; one
that was collected before and is replaced is kept beside the manifest. What was collected, what was
not and why, and which version counts is in autograder/records/collected/LESSON.json.
"""


class Collected:
    """What one run has done: student -> "new", "newer", "unchanged"."""

    def __init__(self, choice: Choice):
        self.choice = choice
        self.done: dict[str, str] = {}


def collect(course: Course, lesson: str, paths: list[Path], people=None) -> Collected:
    """Put what came back to a lesson into `submitted/`.

    Args:
        course: where to.
        lesson: its name.
        paths: files, folders and zips.
        people: the roster, if there is one.

    Raises:
        CourseError: there is no such lesson, or the disk is full; what is written by then is whole.
    """
    if lesson not in course.lessons:
        raise CourseError(f"there is no lesson {lesson!r}; there are: {', '.join(course.lessons)}")
    folder = course.folder("submitted", ".", ".").parent / "collected"
    manifest = folder / f"{lesson}.json"
    result = Collected(choose(look_through(paths), lesson, people))
    before = _before(manifest)
    try:
        for student, upload in result.choice.chosen.items():
            target = course.folder("submitted", student, lesson) / f"{lesson}.ipynb"
            result.done[student] = _put(target, upload, before.get(student), folder / "replaced")
    except OSError as error:
        raise CourseError(f"what came back cannot be written: {error}") from error
    known = {x["original"]: x for x in _entries(manifest)}
    known |= {x.original: x.kept() for x in result.choice.older}
    for student, upload in result.choice.chosen.items():
        if result.done[student] != "older":
            for entry in known.values():
                if entry["student"] == student and entry["outcome"] == "counts":
                    entry["outcome"] = f"older than {upload.original}"
            known[upload.original] = upload.kept()
        else:
            known.setdefault(upload.original, {**upload.kept(), "outcome": "older"})
    said = {"uploads": [known[x] for x in sorted(known)], "not collected": result.choice.left_out}
    _write(manifest, json.dumps(said, indent=1, ensure_ascii=False).encode() + b"\n")
    _name(course, result.choice)
    return result


def _entries(manifest: Path) -> list[dict]:
    try:
        return json.loads(manifest.read_text("utf-8"))["uploads"]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _before(manifest: Path) -> dict[str, tuple]:
    """The rank of each student's version that counts by now."""
    return {x["student"]: tuple(x["rank"]) for x in _entries(manifest) if x["outcome"] == "counts"}


def _put(target: Path, upload, rank_before: tuple | None, replaced: Path) -> str:
    """Write one student's notebook, and keep what it replaces."""
    if target.is_symlink() or target.parent.is_symlink():
        raise OSError(f"{target} is a link; remove it")
    old = target.read_bytes() if target.is_file() else None
    if old == upload.data:
        return "unchanged"
    if old is not None:
        if rank_before is not None and rank_before > upload.rank:
            return "older"
        _write(_free(replaced / target.parent.name / upload.student, target.suffix), old)
    _write(target, upload.data)
    (target.parent / "timestamp.txt").unlink(missing_ok=True)  # it was that of the other version
    return "new" if old is None else "newer"


def _free(folder: Path, suffix: str) -> Path:
    """The first name that no file has: 1.ipynb, 2.ipynb, ..."""
    number = 1
    while (folder / f"{number}{suffix}").exists():
        number += 1
    return folder / f"{number}{suffix}"


def _write(path: Path, data: bytes) -> None:
    if path.is_file() and path.read_bytes() == data:
        return
    with write_atomic(path) as file:
        file.write(data)


def _name(course: Course, choice: Choice) -> None:
    """Tell the gradebook the names that the roster has, for all later commands."""
    people = [x.person for x in choice.chosen.values() if x.person is not None] + choice.missing
    if not people:
        return
    with Gradebook(course.database, course.directory.course_id) as book:
        for person in people:
            fields = {"first_name": person.first, "last_name": person.last, "email": person.email}
            given = {k: x for k, x in fields.items() if x}
            if person.number:
                given["lms_user_id"] = person.number
            book.update_or_create_student(person.id, **given)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m autograder collect`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("lesson", help="such as 01_convolution")
    parser.add_argument("path", nargs="+", type=Path, help="a file, a folder or a zip")
    parser.add_argument(
        "--roster",
        type=Path,
        metavar="CSV",
        help="your platform's list of participants, or a CSV with the columns student and name",
    )


def main(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Run the command; return 0 if all was collected that came back, else 1."""
    people = roster.read(arguments.roster) if arguments.roster else None
    result = collect(Course(root), arguments.lesson, arguments.path, people)
    _show(Console(highlight=False), result)
    return 1 if result.choice.left_out else 0


TITLES = {
    "new": "collected",
    "newer": "collected, in place of an older version",
    "unchanged": "unchanged",
    "older": "not collected, because a newer version is there",
}


def _show(console: Console, result: Collected) -> None:
    choice = result.choice
    table = Table(box=None, show_header=False)
    for kind, title in TITLES.items():
        count = sum(x == kind for x in result.done.values())
        if count or kind == "new":
            table.add_row(title, str(count))
    for title, count in (
        ("older versions, which do not count", len(choice.older)),
        ("added by a platform or a system", len(choice.added)),
        ("not collected", len(choice.left_out)),
        ("in the roster, but nothing came back", len(choice.missing)),
    ):
        if count:
            table.add_row(title, str(count))
    console.print(table)

    def say(*texts: str) -> None:
        line = ": ".join(map(printable, texts))
        console.print(line, markup=False, emoji=False, soft_wrap=True)

    for student, kind in result.done.items():
        upload = choice.chosen[student]
        who = named(student, upload.name)
        late = ", late" if upload.late else ""
        if kind != "unchanged" or upload.late:
            say(who, f"{TITLES[kind]}{late}, from {upload.original}")
    for upload in choice.older:
        say(upload.original, upload.outcome)
    for name, why in choice.left_out.items():
        say(name, f"not collected: {why}")
    for person in choice.missing:
        say(named(person.id, person.name), "nothing came back")
