"""Who the students are: a platform's own list of participants, or one with two columns.

A platform's files carry display names (`Ada Lovelace`, `lovelaceada`), its grades usernames. The
list joins the two. What it cannot join beyond doubt, it does not.
"""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError

__all__ = ["Person", "Roster", "read"]

#: What columns are called in the exports of Moodle (participants, grading worksheet), Canvas
#: (gradebook), Brightspace (classlist), Blackboard (grade centre), and in a list made by hand.
COLUMNS = {
    "id": (
        *("username", "user name", "sis login id", "login id", "login", "student_id", "student id"),
        *("id_student", "student"),  # last: Canvas's "Student" is a display name
    ),
    "name": ("full name", "fullname", "name", "display name", "student name"),
    "first": ("first name", "firstname", "first_name", "given name"),
    "last": ("last name", "lastname", "last_name", "surname", "family name"),
    "number": ("identifier", "id", "canvas user id", "lms_user_id"),
    "email": ("email address", "email", "e-mail"),
}


@dataclass(frozen=True)
class Person:
    """A row of the list."""

    id: str
    first: str = ""
    last: str = ""
    number: str = ""
    email: str = ""

    @property
    def name(self) -> str:
        """First and last name."""
        return " ".join(x for x in (self.first, self.last) if x)


def read(path: Path) -> "Roster":
    """Read a list of students, a CSV with a head, whatever separates its columns.

    Raises:
        CourseError: it cannot be read, has no column of ids, or has one of them twice.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise CourseError(f"the roster {path} cannot be read: {error}") from None
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = [x for x in csv.DictReader(io.StringIO(text), delimiter=separator) if any(x.values())]
    titles = {re.sub(r"\s+", " ", (x or "")).strip().casefold(): x for x in (rows or [{}])[0]}
    found = {
        kind: next((titles[x] for x in names if x in titles), None)
        for kind, names in COLUMNS.items()
    }
    if found["id"] is not None and found["id"].casefold() == "student" and "id" in titles:
        # Canvas's export without logins: "Student" is a name, and only "ID" tells them apart.
        found["name"], found["id"] = found["id"], titles["id"]
    elif "student" in titles and found["id"] != titles["student"] and found["name"] is None:
        found["name"] = titles["student"]
    if found["id"] is None:
        found["id"] = found["email"]
    if found["id"] is None:
        raise CourseError(
            f"the roster {path} has no column of ids (such as Username, SIS Login ID or student); "
            f"it has: {', '.join(filter(None, titles.values())) or 'none'}"
        )
    people = [_person(row, found) for row in rows]
    people = [x for x in people if x.id and x.id != "Points Possible"]
    twice = sorted({x.id for x in people if sum(x.id == y.id for y in people) > 1})
    if twice:
        raise CourseError(f"the roster {path} has these ids more than once: {', '.join(twice)}")
    return Roster(people)


def _person(row: dict, columns: dict) -> Person:
    values = {kind: (row.get(title) or "").strip() for kind, title in columns.items() if title}
    first, last, name = (values.get(x, "") for x in ("first", "last", "name"))
    if name and not (first or last):
        if "," in name:  # "Lovelace, Ada"
            last, _, first = (x.strip() for x in name.partition(","))
        else:
            first, _, last = (x.strip() for x in name.rpartition(" "))
    number = re.sub(r"\D+", "", values.get("number", ""))  # "Participant 4711"
    return Person(values.get("id", ""), first, last, number, values.get("email", ""))


class Roster:
    """The list, by all that a platform's file names may carry."""

    def __init__(self, people: list[Person]):
        self.people = people

    def find(self, name: str, number: str) -> tuple[Person | None, str]:
        """Return the one whose name and number a file carries, else why there is none."""
        same = [x for x in self.people if number and x.number == number]
        if len(same) == 1:
            return same[0], ""
        exact = [x for x in self.people if x.id == name]
        if len(exact) == 1:
            return exact[0], ""
        wanted = _plain(name)
        same = [x for x in self.people if wanted in _names(x)]
        if len(same) == 1:
            return same[0], ""
        if same:
            several = ", ".join(x.id for x in same)
            return None, f"{name!r} may be any of {several} in the roster"
        return None, f"{name!r} is not in the roster"


def _plain(text: str) -> str:
    """Letters and digits alone, for comparison."""
    return "".join(x for x in unicodedata.normalize("NFKC", text).casefold() if x.isalnum())


def _names(person: Person) -> set[str]:
    orders = (person.first + person.last, person.last + person.first, person.id)
    return {_plain(x) for x in (*orders, person.email.partition("@")[0])} - {""}
