"""How learning platforms name what was handed in, and whose it is by its name.

| platform | where it says so | its form |
|---|---|---|
| Moodle | folder, or before the file's name | `Ada Lovelace_4711_assignsubmission_file_` |
| Canvas | before the file's name | `lovelaceada_LATE_1234_56789_` (user, attachment) |
| Brightspace | folder | `123-456 - Ada Lovelace - Nov 20, 2026 1200 PM` |
| Blackboard | before the file's name | `Homework 1_alovelace_attempt_2026-11-20-12-00-00_` |
| Google Classroom | before the file's name | `Ada Lovelace - ` |
| nbgrader, anything else | folder or zip, or before the name | `ada/`, `ada.zip`, `ada_` |

Moodle's number is that of a participant in this assignment, Canvas's that of a user. The forms are
those of Moodle's `mod/assign/locallib.php` and Canvas's `lib/content_zipper.rb`; those of
Brightspace, Blackboard and Classroom are known from scripts that sort such downloads, and were not
checked against a real one.
"""

import re
from dataclasses import dataclass

__all__ = ["Owner", "owner", "version_of"]

#: platform -> (what a whole folder's name looks like, what stands before a file's name)
_FORMS = {
    "moodle": (
        r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_?",
        r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_",
    ),
    "canvas": (None, r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<number>\d+)_(?P<upload>\d+)_"),
    "brightspace": (
        r"(?P<number>\d+)-\d+ ?- (?P<name>.+?) ?- (?P<time>[A-Z][a-z]{2,8} \d+, \d{4} .+)",
        None,
    ),
    "blackboard": (None, r".+_(?P<name>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})_"),
    "classroom": (None, r"(?P<name>.+?) - "),
}
FORMS = {
    platform: (re.compile(folder) if folder else None, re.compile(file) if file else None)
    for platform, (folder, file) in _FORMS.items()
}
#: The form of every other platform: what a folder or zip, and what the start of a name may be.
PLAIN = re.compile(r"(?P<name>.+?)(?:\.zip)?"), re.compile(r"(?P<name>.+?)[_ -]+")
#: Folders that the course itself, or nbgrader, puts around a notebook.
OURS = ("notebooks", "solutions", "convnets-course", "convnets-course-student")


@dataclass(frozen=True)
class Owner:
    """Whose a file is, as its name says: a display name or an id, and the platform's number."""

    platform: str
    name: str
    number: str = ""
    late: bool = False
    time: str = ""  # as the platform writes it: in a time zone that it does not say
    upload: int = 0  # Canvas counts uploads; a later one has a higher number


def version_of(filename: str, lesson: str) -> tuple[str, int] | None:
    """Return what stands before a lesson's name in a file's, and the number of a copy.

    Browsers, Drive and JupyterLab number copies, mail programs and phones add an ending, and some
    disks change capitals; it is the same notebook. None means that it is another file.
    """
    form = re.compile(
        r"(?P<before>.*?)(?:Copy of )*"
        + re.escape(lesson)
        + r"(?P<copies>(?:-Copy\d*|[- _]?\(\d+\)|-\d+)*)\.ipynb(?:\.txt|\.json)?",
        re.IGNORECASE,
    )
    match = form.fullmatch(filename)
    if match is None:
        return None
    numbers = re.findall(r"\d+", match["copies"])
    return match["before"], max(map(int, numbers), default=1 if match["copies"] else 0)


def owner(parts: tuple[str, ...], before: str, homes: set[tuple[str, ...]]) -> Owner | None:
    """Return whose a notebook is.

    Args:
        parts: the names of the folders and zips around it, from outside in.
        before: what stands before the lesson's name in its own.
        homes: the folders in which a notebook of the lesson lies: one below another is not a
            student of its own.
    """
    for platform, (folder, file) in FORMS.items():
        if file is not None and (match := file.fullmatch(before)):
            return _owner(platform, match)
        if folder is not None:
            for part in parts:  # a student may hand in a zip or a folder, so look further out
                if match := folder.fullmatch(part.removesuffix(".zip")):
                    return _owner(platform, match)
    folder, file = PLAIN
    if before:
        match = file.fullmatch(before)
        return _owner("plain", match) if match else None
    around = [n for n in range(len(parts), 0, -1) if not _ours(parts[n - 1])]
    if not around:
        return None
    outer = [n for n in around if parts[:n] in homes]
    match = folder.fullmatch(parts[min(outer, default=around[0]) - 1])
    return _owner("plain", match) if match else None


def _ours(name: str) -> bool:
    return name.lower().removesuffix(".zip") in OURS or bool(re.match(r"\d\d_[a-z]", name))


def _owner(platform: str, match: re.Match) -> Owner:
    found = match.groupdict()
    return Owner(
        platform,
        found["name"].strip(),
        found.get("number") or "",
        bool(found.get("late")),
        found.get("time") or "",
        int(found.get("upload") or 0),
    )
