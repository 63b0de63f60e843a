"""Export the scores as CSV: nbgrader's own form, or one that Canvas or Moodle imports.

`nbgrader` is byte for byte what `nbgrader export` writes. In the other two a student is a row and
a lesson a column with nbgrader's score: extra credit is in it, late penalties are taken off.

What Canvas reads is in its importer, `lib/gradebook_importer.rb` of
https://github.com/instructure/canvas-lms: five columns about the student, then assignments. It
takes a student by ID, else by SIS User ID, by SIS Login ID, or by name; an assignment by its title.

What Moodle reads is in https://docs.moodle.org/405/en/Grade_import and in its importer,
`grade/import/csv/classes/load_data.php` of https://github.com/moodle/moodle: any columns, each of
which the instructor maps to a user's field or to a grade. There `-` is no grade; an empty cell
would become a 0 where the column is made a new grade item.

No cell of these two begins as a formula does, or a spreadsheet would compute what a student chose
for a name: such a text gets a `'` before it. An id changed by that fits nobody, and is named.
"""

import argparse
import csv
import io
import locale
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from autograder import ROOT
from autograder.errors import CourseError
from autograder.gradebook.scores import Grades, opened, read_grades
from autograder.texts import named, no_formula, printable
from utils.atomic import write_atomic

__all__ = ["add_arguments", "canvas", "main", "moodle", "nbgrader", "write"]

EPILOG = """
what must match:
  canvas   A student's id here is the SIS Login ID there; "LMS user ID" (nbgrader db student add
           --lms-user-id) is Canvas's own ID, which comes first where it is known. A lesson's name
           is the assignment's title; a title that Canvas does not know becomes a new assignment,
           if you confirm it. The row "Points Possible" sets the points of the assignments. SIS
           User ID and Section stay empty. An empty cell over a grade that Canvas has already is
           listed as a change before you confirm. Import it in the Gradebook.
  moodle   A student's id here is the username there. The columns "ID number" (from "LMS user ID")
           and "Email address" are there only if everyone has one: Moodle would give the grades of
           a row without one to the student before. Make the grade items first, with their maximum
           points (a new item has 100), then import the file in Grades. Map from "Username"
           to "username", and each lesson to its item. One unknown username stops the import.

No score, and no 0 either, has what is quarantined or not graded yet; it is named on stderr. The
form "nbgrader" shows it as 0, because nbgrader does.
"""


def nbgrader(grades: Grades) -> str:
    """Write what nbgrader's CsvExportPlugin writes (nbgrader/plugins/export.py): no quoting."""
    lines = [
        "assignment,duedate,timestamp,student_id,last_name,first_name,email,"
        "raw_score,late_submission_penalty,score,max_score"
    ]
    for lesson in grades.lessons:
        for student in grades.students:
            about = student.id, student.last_name, student.first_name, student.email
            score = grades.scores.get((lesson.name, student.id))
            timestamp, points = None, (0.0, 0.0, 0.0)
            if score is not None:
                timestamp, points = score.timestamp, (score.raw, score.penalty, score.final)
            row = lesson.name, lesson.duedate, timestamp, *about, *points, lesson.max_score
            lines.append(",".join("" if x is None else str(x) for x in row))
    return "".join(f"{line}\n" for line in lines)


def canvas(grades: Grades, missing: str = "") -> str:
    """Write what Canvas imports; `missing` is the score of what was not handed in."""
    names = [lesson.name for lesson in grades.lessons]
    points = [_number(lesson.max_score) for lesson in grades.lessons]
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *names],
        ["Points Possible", "", "", "", "", *points],
    ]
    for student in grades.students:
        name = ", ".join(x for x in (student.last_name, student.first_name) if x)
        if "Points Possible" in name:
            name = ""  # Canvas would take this student's scores for the assignments' points
        row = [name, student.lms_user_id or "", "", student.id, ""]
        rows.append([*map(no_formula, row), *_cells(grades, student.id, "", missing)])
    return _csv(rows)


def moodle(grades: Grades, missing: str = "-") -> str:
    """Write what Moodle imports; `missing` is the score of what was not handed in."""
    students = grades.students
    columns = {"Username": [x.id for x in students]}
    for title, field in (("ID number", "lms_user_id"), ("Email address", "email")):
        values = [getattr(x, field) or "" for x in students]
        if all(values) and len(set(values)) == len(values):
            columns[title] = values
    columns["First name"] = [x.first_name or "" for x in students]
    columns["Last name"] = [x.last_name or "" for x in students]
    rows = [[*columns, *(lesson.name for lesson in grades.lessons)]]
    for student, *about in zip(students, *columns.values(), strict=True):
        rows.append([*map(no_formula, about), *_cells(grades, student.id, "-", missing)])
    return _csv(rows)


def _cells(grades: Grades, student: str, ungraded: str, missing: str) -> Iterator[str]:
    """A student's scores, lesson by lesson."""
    for lesson in grades.lessons:
        key = lesson.name, student
        score = grades.scores.get(key)
        if key in grades.quarantined or (score is not None and not score.graded):
            yield ungraded
        else:
            yield missing if score is None else _number(score.final)


def _number(points: float) -> str:
    """Points with as many decimals as Moodle keeps (Canvas keeps two)."""
    return f"{points:.5f}".rstrip("0").rstrip(".")


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def warnings(grades: Grades, form: str) -> list[str]:
    """Say, in a line each, what to look at before these scores are given to anyone."""
    shown, names = "0" if form == "nbgrader" else "no score", grades.names
    found = [
        f"warning: {lesson} of {printable(named(student, names.get(student)))} "
        f"has {shown} here, it is "
        + (f"quarantined: {printable(why)}" if (lesson, student) in grades.quarantined else why)
        for (lesson, student), why in grades.ungraded().items()
    ]
    if form != "nbgrader":
        found += [
            f"warning: the id {printable(x.id)} is written as {no_formula(x.id)} because of what "
            f"a spreadsheet would make of it; {form.capitalize()} will not find "
            f"{printable(names.get(x.id, 'this student'))} by it"
            for x in grades.students
            if no_formula(x.id) != x.id
        ]
    if waiting := sum(score.waits for score in grades.scores.values()):
        found.append(f"warning: {waiting} submission(s) wait for points by hand")
    return found


def write(target: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all.

    Raises:
        CourseError: it cannot be written there.
    """
    target = target.resolve()  # a link stays a link
    if target.exists() and not target.is_file():
        raise CourseError(f"{target} is no file that could be replaced; name another one")
    try:
        with write_atomic(target) as file:
            file.write(data)
    except OSError as error:
        raise CourseError(f"cannot write {target}: {error.strerror}") from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m autograder export`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("--to", type=Path, default=Path("grades.csv"), help="default: grades.csv")
    parser.add_argument(
        "--format", choices=["nbgrader", "canvas", "moodle"], default="nbgrader", dest="form"
    )
    parser.add_argument("--lesson", nargs="+", default=[], help="default: all lessons")
    parser.add_argument(
        "--missing-as-zero",
        action="store_true",
        help="canvas, moodle: 0 for what was not handed in (default: no score)",
    )


def main(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Run the command; return its exit status."""
    with opened(root) as session:
        grades = read_grades(session, arguments.lesson)
    if arguments.form == "nbgrader":
        # The plugin opens its file as text, in whatever way this machine does.
        text = nbgrader(grades).replace("\n", os.linesep)
        data = text.encode(locale.getpreferredencoding(False))
    else:
        zero = {"missing": "0"} if arguments.missing_as_zero else {}
        data = {"canvas": canvas, "moodle": moodle}[arguments.form](grades, **zero).encode()
    write(arguments.to, data)
    for line in warnings(grades, arguments.form):
        print(f"export: {line}", file=sys.stderr)
    print(f"{arguments.to}: {len(grades.students)} students, {len(grades.lessons)} lessons")
    return 0
