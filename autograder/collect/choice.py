"""Decides which of the files that came back is whose, and which of a student's versions counts."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from autograder.collect.archives import Found
from autograder.collect.names import Owner, owner, version_of
from autograder.collect.roster import Person, Roster
from autograder.course import unusable

__all__ = ["Choice", "Upload", "choose"]


@dataclass
class Upload:
    """A version of a student's notebook, and what the manifest keeps of it."""

    student: str
    original: str  # where it was found
    sha256: str
    name: str = ""  # the display name, where a platform gives one
    platform: str = ""
    number: str = ""  # the platform's, of the student
    time: str = ""  # as the platform writes it
    late: bool = False
    rank: tuple = ()  # of two versions the higher one is the newer
    outcome: str = ""  # "counts", or why it does not
    data: bytes = b""
    person: Person | None = None

    def kept(self) -> dict:
        """What the manifest says of it."""
        kept = asdict(self)
        del kept["data"], kept["person"]
        return kept


@dataclass
class Choice:
    """What is to be done with all that came back."""

    chosen: dict[str, Upload]  # student -> the version that counts
    older: list[Upload]
    left_out: dict[str, str]  # where -> why
    added: list[str]  # what systems and platforms put there
    missing: list[Person]  # who is in the roster, but sent nothing


def choose(files: Iterable[Found], lesson: str, roster: Roster | None = None) -> Choice:
    """Sort what came back to a lesson.

    Args:
        files: what was found, in any order.
        lesson: its name, such as "01_convolution".
        roster: who the students are; without it a student's id is what the file's name gives.
    """
    choice = Choice({}, [], {}, [], [])
    wanted = []
    for file in files:
        version = None if file.problem else version_of(file.parts[-1], lesson)
        if file.added:
            choice.added.append(file.name)
        elif file.problem:
            choice.left_out[file.name] = file.problem
        elif version is None:
            choice.left_out[file.name] = f"it is not called {lesson}.ipynb"
        else:
            wanted.append((file, *version))
    homes = {file.parts[:-1] for file, before, _ in wanted if not before}
    owners = {id(file): owner(file.parts[:-1], before, homes) for file, before, _ in wanted}
    ids = _ids({x for x in owners.values() if x is not None}, roster)
    versions: dict[str, list[Upload]] = defaultdict(list)
    for file, _, copy in wanted:
        upload = _upload(file, copy, owners[id(file)], ids)
        if isinstance(upload, str):
            choice.left_out[file.name] = upload
        else:
            versions[upload.student].append(upload)
    for student, uploads in sorted(versions.items()):
        uploads.sort(key=lambda x: (x.rank, x.original))
        *older, newest = uploads
        newest.outcome = "counts"
        for upload in older:
            same = upload.sha256 == newest.sha256
            upload.outcome = f"{'the same as' if same else 'older than'} {newest.original}"
        choice.chosen[student] = newest
        choice.older += older
    if roster is not None:
        choice.missing = [x for x in roster.people if x.id not in choice.chosen]
    return choice


def _ids(owners: set[Owner], roster: Roster | None) -> dict[tuple[str, str], tuple]:
    """Give each student that file names tell apart an id: (name, number) -> id, person, problem.

    Two students of one display name are told apart by the platform's number alone, which then
    becomes a part of the ids.
    """
    who = {(x.name, x.number) for x in owners}
    count = Counter(name for name, _ in who)
    found = {}
    for name, number in who:
        if roster is not None:
            person, problem = roster.find(name, number)
            found[name, number] = (person.id if person else "", person, problem)
        else:
            found[name, number] = (f"{name} {number}" if count[name] > 1 else name), None, ""
    return found


def _upload(file: Found, copy: int, whose: Owner | None, ids) -> Upload | str:
    """Return a version of a student's notebook, or why it is none."""
    if whose is None:
        return "neither its name nor a folder around it says whose it is"
    student, person, problem = ids[whose.name, whose.number]
    if problem or (problem := unusable(student)):
        return problem
    try:
        data = file.read()
    except (ValueError, OSError) as error:
        return str(error)
    return Upload(
        student,
        file.name,
        hashlib.sha256(data).hexdigest(),
        person.name if person else "",
        whose.platform,
        whose.number,
        whose.time,
        whose.late,
        (_in_order(whose.time), whose.upload, copy, *file.order),
        data=data,
        person=person,
    )


def _in_order(time: str) -> str:
    """A platform's time as a text that sorts as it does, where it is written so; else nothing."""
    from dateutil.parser import ParserError, parse

    try:
        # Brightspace writes 1230 PM.
        digits = time.rpartition(", ")[2].split(" ")
        if len(digits) == 3 and digits[1].isdigit():
            time = time.replace(f" {digits[1]} ", f" {digits[1][:-2]}:{digits[1][-2:]} ")
        if time.count("-") == 5:  # Blackboard
            date = time.split("-")
            time = "-".join(date[:3]) + " " + ":".join(date[3:])
        return parse(time).isoformat() if time else ""
    except (ParserError, OverflowError):
        return ""
