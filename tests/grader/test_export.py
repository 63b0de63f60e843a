"""The exported scores: the same file as nbgrader's, and what Canvas and Moodle read."""

import argparse
import csv
import io
import sys

import pytest
from nbgrader.plugins import CsvExportPlugin

from autograder import __main__ as command
from autograder.errors import CourseError
from autograder.gradebook import export
from autograder.gradebook.scores import opened, read_grades
from tests import grades
from tests.course import gradebook, nbgrader, points, questions
from tests.grades import FIRST, FORMULA, SCRIPT, SECOND, STUDENTS, TERMINAL

TOTAL = float(sum(points(FIRST).values()))


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    return grades.filled(tmp_path_factory)


def exported(course, form, *flags):
    """Export in this process; return the rows that a program reads."""
    parser = argparse.ArgumentParser()
    export.add_arguments(parser)
    target = course / f"{form}.csv"
    arguments = parser.parse_args([f"--to={target}", f"--format={form}", *flags])
    assert export.main(arguments, course) == 0
    return list(csv.reader(io.StringIO(target.read_text(encoding="utf-8"))))


def by_student(rows, column):
    head, *students = rows
    place = head.index(column)
    return {row[place]: dict(zip(head, row, strict=True)) for row in students}


def test_the_file_is_nbgraders_byte_for_byte(filled, capsys):
    nbgrader(filled, "export", "--to=stock.csv")
    exported(filled, "nbgrader")
    ours = (filled / "nbgrader.csv").read_bytes()
    assert ours == (filled / "stock.csv").read_bytes()
    assert ours.count(b"\n") > 2 * len(STUDENTS)
    said = capsys.readouterr().err
    assert f"warning: {FIRST} of broken ({SCRIPT}) has 0 here, it is quarantined" in said
    assert f"warning: {FIRST} of refused (Points Possible) has 0 here, it is not graded yet" in said


def test_chosen_lessons_are_nbgraders_too(filled):
    plugin = CsvExportPlugin(to=str(filled / "stock-one.csv"), assignment=[SECOND])
    with gradebook(filled) as book:
        plugin.export(book)
    exported(filled, "nbgrader", "--lesson", SECOND)
    assert (filled / "nbgrader.csv").read_bytes() == (filled / "stock-one.csv").read_bytes()


def test_what_canvas_reads(filled):
    rows = exported(filled, "canvas")
    about = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert rows[0] == [*about, SECOND, FIRST]  # as nbgrader orders them: without a due date first
    most = [sum(points(x).values()) + sum(questions(x).values()) for x in (SECOND, FIRST)]
    assert rows[1] == ["Points Possible", "", "", "", "", f"{most[0] + 3:g}", f"{most[1]:g}"]
    students = by_student([rows[0], *rows[2:]], "SIS Login ID")
    assert len(students) == len(STUDENTS)
    assert students["grace"]["ID"] == "4711"
    assert students["grace"]["Student"] == "Hopper, Grace"
    scores = {name: row[FIRST] for name, row in students.items()}
    assert float(scores["ada"]) == TOTAL
    assert float(scores["grace"]) == pytest.approx(0.1 * TOTAL + 2.2 + 0.3, abs=1e-5)
    assert float(scores["late"]) == pytest.approx(0.7 * TOTAL - 1.3, abs=1e-5)
    assert scores["too-late"] == "0"  # earned, and lost by being late
    assert scores["broken"] == scores["refused"] == scores["absent"] == ""
    assert students["refused"]["Student"] == ""  # Canvas would read a row of points


def test_what_moodle_reads(filled):
    rows = exported(filled, "moodle")
    # No column "ID number": Moodle would give the grades of who has none to the student before.
    assert rows[0] == ["Username", "First name", "Last name", SECOND, FIRST]
    students = by_student(rows, "Username")
    assert len(students) == len(STUDENTS)
    assert float(students["late"][FIRST]) == pytest.approx(0.7 * TOTAL - 1.3, abs=1e-5)
    assert students["absent"]["First name"] == "Zoë 漢字"
    assert students["absent"]["Last name"] == 'O\'Hara, "Bob"'
    # Moodle's word for "no grade"; an empty cell would be a 0 in a new grade item.
    ungraded = [students[name][FIRST] for name in ("broken", "refused", "absent")]
    assert ungraded == ["-"] * 3


def test_moodle_gets_an_id_number_when_everyone_has_one(filled):
    with opened(filled) as session:
        read = read_grades(session)
    for number, student in enumerate(read.students):
        student.lms_user_id = str(number)
    head = next(csv.reader(io.StringIO(export.moodle(read))))
    assert head[:2] == ["Username", "ID number"]
    read.students[0].lms_user_id = "1"  # as another one's
    assert "ID number" not in export.moodle(read)


def test_missing_submissions_can_be_zero_and_quarantined_ones_never(filled):
    students = by_student(exported(filled, "moodle", "--missing-as-zero"), "Username")
    assert students["absent"][FIRST] == students["absent"][SECOND] == "0"
    assert students["broken"][FIRST] == students["refused"][FIRST] == "-"
    rows = exported(filled, "canvas", "--missing-as-zero")
    students = by_student([rows[0], *rows[2:]], "SIS Login ID")
    assert (students["absent"][FIRST], students["broken"][FIRST]) == ("0", "")


@pytest.mark.parametrize("form", ["canvas", "moodle"])
def test_no_cell_is_a_formula_or_a_command(filled, form, capsys):
    rows = exported(filled, form)
    cells = [cell for row in rows for cell in row]
    assert not [x for x in cells if x.startswith(("=", "+", "@", "\t", "\r"))]
    assert not [x for x in cells if x.startswith("-") and x != "-"]
    assert all(cell.isprintable() for cell in cells)
    assert f"'{FORMULA}" in cells
    said = capsys.readouterr().err
    assert f"the id {FORMULA} is written as '{FORMULA}" in said
    assert f"will not find {SCRIPT} @SUM(1) by it" in said
    assert f"broken ({SCRIPT}) has no score here, it is quarantined: not a notebook: <b>" in said
    assert all(line.isprintable() for line in said.splitlines())
    assert TERMINAL not in said


def test_points_by_hand_that_are_missing_are_counted(filled, capsys):
    exported(filled, "nbgrader", "--lesson", FIRST)
    # ada, late, too-late, broken and the one with the terminal's commands
    assert "5 submission(s) wait for points by hand" in capsys.readouterr().err


def test_the_number_of_queries_does_not_grow_with_the_students(filled):
    def read():
        with opened(filled) as session:
            assert len(read_grades(session).students) == len(STUDENTS)

    assert grades.count_queries(read) < len(STUDENTS)


def test_an_unknown_lesson_is_refused_and_the_older_file_stays(filled):
    exported(filled, "nbgrader")
    older = (filled / "nbgrader.csv").read_bytes()
    with pytest.raises(CourseError, match=f"no lesson nope .* there are: {SECOND}, {FIRST}"):
        exported(filled, "nbgrader", "--lesson", "nope")
    assert (filled / "nbgrader.csv").read_bytes() == older
    assert not list(filled.glob(".*.part"))


def test_a_folder_is_not_replaced(filled):
    with pytest.raises(CourseError, match="no file that could be replaced"):
        export.write(filled / "lessons", b"")


def test_without_a_gradebook_the_command_says_what_to_do(course, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["autograder", "export"])
    monkeypatch.setattr(export, "main", lambda arguments, run=export.main: run(arguments, course))
    assert command.main() == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("export: there is no gradebook")
    assert "python -m autograder grade LESSON" in said[0]
    assert not list(course.rglob("*.db"))


def test_a_database_without_a_driver_or_a_server_is_one_line(course):
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("\nc.CourseDirectory.db_url = 'postgresql+psycopg://u:secret@127.0.0.1:1/x'\n")
    with pytest.raises(CourseError, match=r"cannot (open|read) the gradebook") as caught:
        with opened(course):
            pass
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
