"""What came back is collected: from any platform, nested, damaged, misnamed; nothing in silence."""

import csv
import io
import json
import os
import zipfile

import nbformat
import pytest
from bs4 import BeautifulSoup

from autograder.build import pack
from autograder.collect import roster
from autograder.collect.archives import Limits, look_through
from autograder.collect.choice import choose
from autograder.collect.command import collect
from autograder.collect.names import owner, version_of
from autograder.course import Course
from autograder.errors import CourseError
from tests.course import (
    LESSON,
    RECORDS,
    answered,
    find,
    nbgrader,
    released,
    run,
    short,
    solution,
    submission,
)

NOTEBOOK = f"{LESSON}.ipynb"


def zipped(files, **options):
    """A zip's bytes: name -> bytes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.fixture
def sort(tmp_path):
    """A function that lays files into a folder and sorts them: name -> bytes."""

    def sort(files, people=None, limits=None):
        for name, content in files.items():
            path = tmp_path / "came-back" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        paths = sorted((tmp_path / "came-back").iterdir())
        return choose(look_through(paths, limits or Limits()), LESSON, people)

    return sort


def students(choice):
    return {student: upload.data for student, upload in choice.chosen.items()}


# --- names ---

NAMES = {
    NOTEBOOK: ("", 0),
    f"Copy of {NOTEBOOK}": ("", 0),
    f"Copy of Copy of {NOTEBOOK}": ("", 0),
    "01_convolution-Copy1.ipynb": ("", 1),
    "01_convolution-Copy1-Copy2.ipynb": ("", 2),
    "01_convolution (1).ipynb": ("", 1),
    "01_convolution(3).ipynb": ("", 3),
    "01_convolution-12.ipynb": ("", 12),
    "01_convolution.ipynb.txt": ("", 0),
    "01_convolution.ipynb.json": ("", 0),
    "01_Convolution.IPYNB": ("", 0),
    "ada_01_convolution.ipynb": ("ada_", 0),
    "bergeanna_LATE_1234_56789_01_convolution-1.ipynb": ("bergeanna_LATE_1234_56789_", 1),
    "Ada Lovelace - 01_convolution.ipynb": ("Ada Lovelace - ", 0),
    "03_pooling.ipynb": None,
    "homework.ipynb": None,
    "01_convolution.py": None,
    "01_convolution_notes.ipynb": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files(name):
    assert version_of(name, LESSON) == NAMES[name]


OWNERS = {
    # platform, name, number, late
    "Anna Berg_123_assignsubmission_file_/N": ("moodle", "Anna Berg", "123", False),
    "Anna Berg_123_assignsubmission_file_/mine.zip/deep/N": ("moodle", "Anna Berg", "123", False),
    "Anna Berg_123_assignsubmission_file_N": ("moodle", "Anna Berg", "123", False),
    "bergeanna_1234_56789_N": ("canvas", "bergeanna", "1234", False),
    "bergeanna_LATE_1234_56789_N": ("canvas", "bergeanna", "1234", True),
    "77-88 - Anna Berg - Nov 20, 2026 1230 PM/N": ("brightspace", "Anna Berg", "77", False),
    "Homework 1_aberg_attempt_2026-11-20-12-30-00_N": ("blackboard", "aberg", "", False),
    "Anna Berg - N": ("classroom", "Anna Berg", "", False),
    "ada/N": ("plain", "ada", "", False),
    "ada.zip/N": ("plain", "ada", "", False),
    "all.zip/ada/01_convolution/N": ("plain", "ada", "", False),
    "ada/convnets-course/notebooks/01_convolution/N": ("plain", "ada", "", False),
    "grace_h_N": ("plain", "grace_h", "", False),
    "N": None,
    "notebooks/N": None,
    "a\nb/N": None,
}


@pytest.mark.parametrize("path", OWNERS)
def test_whose_a_file_is(path):
    *around, name = (path[:-1] + NOTEBOOK).split("/")
    before, _ = version_of(name, LESSON)
    found = owner(tuple(around), before, set())
    said = None if found is None else (found.platform, found.name, found.number, found.late)
    assert said == OWNERS[path]


# --- one student, several versions; two students of one name ---


def test_two_students_of_one_name_are_two_and_two_uploads_of_one_are_one(sort):
    moodle = "_assignsubmission_file_"
    choice = sort(
        {
            f"Anna Berg_123{moodle}/{NOTEBOOK}": b"1",
            f"Anna Berg_456{moodle}/{NOTEBOOK}": b"2",
            f"Bo Ek_7{moodle}/{NOTEBOOK}": b"old",
            f"Bo Ek_7{moodle}/01_convolution (1).ipynb": b"new",
        }
    )
    assert students(choice) == {"Anna Berg 123": b"1", "Anna Berg 456": b"2", "Bo Ek": b"new"}
    assert [x.outcome for x in choice.older] == [
        f"older than Bo Ek_7{moodle}/01_convolution (1).ipynb"
    ]


def test_canvas_numbers_uploads_and_says_what_was_late(sort):
    choice = sort(
        {
            "bergeanna_1234_56789_01_convolution.ipynb": b"first",
            "bergeanna_LATE_1234_56800_01_convolution-1.ipynb": b"second",
            "ekbo_LATE_99_56700_01_convolution.ipynb": b"late",
        }
    )
    assert students(choice) == {"bergeanna": b"second", "ekbo": b"late"}
    assert [x.late for x in choice.chosen.values()] == [True, True]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("7-8 - Bo Ek - Nov 9, 2026 1155 PM/N", "7-8 - Bo Ek - Nov 10, 2026 1205 AM/N"),
        ("H_boek_attempt_2026-11-09-23-00-00_N", "H_boek_attempt_2026-11-10-01-00-00_N"),
    ],
)
def test_of_dated_versions_the_last_counts(sort, older, newer):
    files = {name[:-1] + NOTEBOOK: data for name, data in ((older, b"older"), (newer, b"newer"))}
    assert list(students(sort(files)).values()) == [b"newer"]


def test_a_folder_below_a_students_is_no_other_student(sort):
    files = {f"ada/{NOTEBOOK}": b"1", f"ada/old/{NOTEBOOK}": b"1", f"bo.zip/x/{NOTEBOOK}": b"2"}
    choice = sort(files)
    assert students(choice) == {"ada": b"1", "x": b"2"}
    assert choice.older[0].outcome.startswith("the same as ada/")


# --- zips ---


def test_zips_are_looked_through_and_what_macs_add_is_not_taken(sort):
    inner = zipped({f"{LESSON}/{NOTEBOOK}": b"ada", f"__MACOSX/._{NOTEBOOK}": b"junk"})
    together = zipped(
        {
            "ada.zip": inner,
            f"bo/{NOTEBOOK}": b"bo",
            ".DS_Store": b"junk",
            f"__MACOSX/bo/._{NOTEBOOK}": b"junk",
        }
    )
    choice = sort({"all.zip": together, f"._{NOTEBOOK}": b"junk"})
    assert students(choice) == {"ada": b"ada", "bo": b"bo"}
    assert choice.left_out == {} and len(choice.added) == 4


def damaged(data, old, new):
    assert old in data
    return data.replace(old, new, 1)


def broken_zips():
    good = zipped({f"x/{NOTEBOOK}": b"content " * 99})
    link = zipfile.ZipInfo(f"x/{NOTEBOOK}")
    link.external_attr = 0o120777 << 16
    encrypted = bytearray(zipped({f"x/{NOTEBOOK}": b"secret"}))
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        encrypted[encrypted.index(mark) + place] |= 1
    bomb = zipped({f"x/{NOTEBOOK}": b"0" * 40_000_000}, compression=zipfile.ZIP_DEFLATED)
    nested = good
    for _ in range(6):
        nested = zipped({"more.zip": nested})
    return {
        "truncated": (good[:-40], "damaged, or no zip"),
        "no-zip": (b"PK but no zip", "damaged, or no zip"),
        "changed": (damaged(good, b"content", b"CONTENT"), "damaged: Bad CRC-32"),
        "outside": (zipped({f"../../{NOTEBOOK}": b""}), "leads out of the zip"),
        "absolute": (zipped({f"/etc/{NOTEBOOK}": b""}), "leads out of the zip"),
        "windows": (zipped({f"C:\\x\\{NOTEBOOK}": b""}), "leads out of the zip"),
        "backslashes": (zipped({f"..\\{NOTEBOOK}": b""}), "leads out of the zip"),
        "link": (zipped({link: b"/etc/passwd"}), "is a link"),
        "encrypted": (bytes(encrypted), "encrypted"),
        "bomb": (bomb, "larger than 32,000,000 bytes"),
        "nested": (nested, "a zip in more than 3 others"),
    }


@pytest.mark.parametrize("kind", broken_zips())
def test_a_bad_zip_is_named_and_stops_nobody(sort, kind):
    data, why = broken_zips()[kind]
    choice = sort({f"{kind}.zip": data, f"zoe/{NOTEBOOK}": b"fine"})
    assert students(choice) == {"zoe": b"fine"}
    (said,) = choice.left_out.values()
    assert why in said


def test_limits_hold_for_all_zips_together(sort):
    many = {f"{n}.zip": zipped({f"s{n}/{NOTEBOOK}": b"x" * 100}) for n in range(9)}
    choice = sort(many, limits=Limits(total=450))
    assert len(choice.chosen) == 4 and len(choice.left_out) == 5
    choice = sort(many, limits=Limits(members=3))
    assert len(choice.chosen) == 3
    assert set(choice.left_out.values()) == {"there are more than 3 files in the zips"}


def test_names_in_zips_are_read_as_their_makers_wrote_them(sort):
    mac = zipped({f"müller/{NOTEBOOK}": b"1"})
    # A Mac writes UTF-8 without the flag that says so.
    unflagged = bytearray(mac)
    for mark, place in ((b"PK\x01\x02", 9), (b"PK\x03\x04", 7)):
        unflagged[unflagged.index(mark) + place] &= 0xF7
    windows = zipped({"x": b""})
    windows = zipped({f"bo\\{NOTEBOOK}": b"2"})
    choice = sort({"a.zip": bytes(unflagged), "b.zip": windows})
    assert students(choice) == {"müller": b"1", "bo": b"2"}


def test_other_files_are_named(sort):
    choice = sort({"ada/notes.txt": b"", "bo/work.rar": b"", "homework.ipynb": b"", NOTEBOOK: b""})
    assert choice.chosen == {}
    assert choice.left_out == {
        "ada/notes.txt": f"it is not called {NOTEBOOK}",
        "bo/work.rar": "it is an archive, but no zip: unpack it, and collect what was in it",
        "homework.ipynb": f"it is not called {NOTEBOOK}",
        NOTEBOOK: "neither its name nor a folder around it says whose it is",
    }


def test_links_and_pipes_are_refused(sort, tmp_path):
    secret = tmp_path / "solution.ipynb"
    secret.write_bytes(b"solution")
    for student in ("lena", "max", "pia", "eva"):
        (tmp_path / "came-back" / student).mkdir(parents=True)
    (tmp_path / f"came-back/lena/{NOTEBOOK}").symlink_to(secret)
    (tmp_path / "came-back/folder").symlink_to(tmp_path / "came-back/max")
    os.mkfifo(tmp_path / f"came-back/pia/{NOTEBOOK}")
    choice = sort({f"eva/{NOTEBOOK}": b"fine"})
    assert students(choice) == {"eva": b"fine"}
    assert sorted(choice.left_out) == ["folder", f"lena/{NOTEBOOK}", f"pia/{NOTEBOOK}"]
    assert "it is a link" in choice.left_out["folder"]
    assert choice.left_out[f"pia/{NOTEBOOK}"] == "it is no plain file"


def test_a_link_is_not_packed(course):
    (course / "notebooks/more.ipynb").symlink_to(course / f"solutions/{LESSON}/{NOTEBOOK}")
    with pytest.raises(CourseError, match=r"notebooks/more\.ipynb is a link"):
        pack.contents(course)


# --- rosters ---

MOODLE = """\
Identifier,"Full name","Email address",Status
"Participant 123","Anna Berg",aberg@example.org,
"Participant 456","Anna Berg",anna@example.org,
"Participant 7","Bo Ek",boek@example.org,
"""
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Homework (12)
    Points Possible,,,,,10
"Berge, Anna",1234,s1,aberge,A,
"Ek, Bo",99,s2,00123,A,
"""
BLACKBOARD = '"Last Name"\t"First Name"\t"Username"\t"Student ID"\nEk\tBo\tboek\t4711\n'
BRIGHTSPACE = "OrgDefinedId,Username,Last Name,First Name,Email\n#1,#boek,Ek,Bo,b@x.org\n"
PLAIN = "student;name\n[abc];Ada B. Casey\no'neil;Pat O'Neil\n"
ROSTERS = {
    MOODLE: {
        "aberg@example.org": ("Anna", "Berg", "123"),
        "anna@example.org": ("Anna", "Berg", "456"),
        "boek@example.org": ("Bo", "Ek", "7"),
    },
    CANVAS: {"aberge": ("Anna", "Berge", "1234"), "00123": ("Bo", "Ek", "99")},
    BLACKBOARD: {"boek": ("Bo", "Ek", "")},
    BRIGHTSPACE: {"#boek": ("Bo", "Ek", "")},
    PLAIN: {"[abc]": ("Ada B.", "Casey", ""), "o'neil": ("Pat", "O'Neil", "")},
}


def people(tmp_path, text, encoding="utf-8"):
    (tmp_path / "roster.csv").write_bytes(text.encode(encoding))
    return roster.read(tmp_path / "roster.csv")


@pytest.mark.parametrize("text", ROSTERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_each_platforms_list_is_read(tmp_path, text, encoding):
    found = people(tmp_path, text, encoding).people
    assert {x.id: (x.first, x.last, x.number) for x in found} == ROSTERS[text]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("shoe size,colour\n42,red\n", "has no column of ids"),
        ("", "has no column of ids"),
        ("student,name\nada,A\nada,B\n", "has these ids more than once: ada"),
    ],
)
def test_a_list_that_tells_nothing_is_refused(tmp_path, text, why):
    with pytest.raises(CourseError, match=why):
        people(tmp_path, text)
    with pytest.raises(CourseError, match="cannot be read"):
        roster.read(tmp_path / "missing.csv")


def test_a_list_joins_names_to_ids_and_never_guesses(sort, tmp_path):
    moodle = "_assignsubmission_file_"
    files = {
        f"Anna Berg_123{moodle}/{NOTEBOOK}": b"123",
        f"Anna Berg_999{moodle}/{NOTEBOOK}": b"999",
        f"Eve Unknown_5{moodle}/{NOTEBOOK}": b"5",
    }
    choice = sort(files, people(tmp_path, MOODLE))
    assert students(choice) == {"aberg@example.org": b"123"}
    assert choice.chosen["aberg@example.org"].name == "Anna Berg"
    assert list(choice.left_out.values()) == [
        "'Anna Berg' may be any of aberg@example.org, anna@example.org in the roster",
        "'Eve Unknown' is not in the roster",
    ]
    assert [x.id for x in choice.missing] == ["anna@example.org", "boek@example.org"]


def test_canvas_file_names_are_joined_by_number(sort, tmp_path):
    files = {
        "ekbo_LATE_99_1_01_convolution.ipynb": b"1",
        "bergeanna_1234_2_01_convolution.ipynb": b"2",
    }
    choice = sort(files, people(tmp_path, CANVAS))
    assert students(choice) == {"00123": b"1", "aberge": b"2"}


# --- into submitted/ ---


@pytest.fixture
def back(course):
    """What came back, in a folder beside the course: a function that lays a file there."""
    folder = course.parent / "came back"

    def lay(name, data):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        return folder

    lay.folder = folder
    return lay


def test_run_twice_it_changes_nothing_and_a_newer_version_keeps_the_older(course, back):
    back("bergeanna_1234_1_01_convolution.ipynb", b"first")
    back("ada/" + NOTEBOOK, b"ada")
    made = Course(course)
    assert collect(made, LESSON, [back.folder]).done == {"ada": "new", "bergeanna": "new"}
    files = {x: x.stat().st_mtime_ns for x in (course / RECORDS).rglob("*") if x.is_file()}
    assert collect(made, LESSON, [back.folder]).done == {
        "ada": "unchanged",
        "bergeanna": "unchanged",
    }
    again = {x: x.stat().st_mtime_ns for x in (course / RECORDS).rglob("*") if x.is_file()}
    assert again == files

    back("bergeanna_LATE_1234_2_01_convolution-1.ipynb", b"second")
    assert collect(made, LESSON, [back.folder]).done["bergeanna"] == "newer"
    assert submission(course, "bergeanna").read_bytes() == b"second"
    kept = course / RECORDS / "collected/replaced" / LESSON / "bergeanna/1.ipynb"
    assert kept.read_bytes() == b"first"

    # Somebody collects the first download once more.
    (back.folder / "bergeanna_LATE_1234_2_01_convolution-1.ipynb").unlink()
    assert collect(made, LESSON, [back.folder]).done["bergeanna"] == "older"
    assert submission(course, "bergeanna").read_bytes() == b"second"
    manifest = json.loads((course / RECORDS / f"collected/{LESSON}.json").read_text())
    outcomes = {x["original"]: (x["student"], x["late"], x["outcome"]) for x in manifest["uploads"]}
    name = back.folder.name
    second = f"{name}/bergeanna_LATE_1234_2_01_convolution-1.ipynb"
    assert outcomes == {
        f"{name}/ada/{NOTEBOOK}": ("ada", False, "counts"),
        f"{name}/bergeanna_1234_1_01_convolution.ipynb": (
            "bergeanna",
            False,
            f"older than {second}",
        ),
        second: ("bergeanna", True, "counts"),
    }


def test_the_command_says_what_it_did_and_what_not(course, back):
    back("ada/" + NOTEBOOK, b"{}")
    back("bo/notes.txt", b"")
    (course.parent / "list.csv").write_text("student,name\nada,Ada Lovelace\neve,Eve Adams\n")
    words = ["python", "-m", "autograder", "collect", LESSON, back.folder]
    said = run(course, *words, "--roster", course.parent / "list.csv", status=1)
    lines = [" ".join(x.split()) for x in said.splitlines()]
    assert "collected 1" in lines and "not collected 1" in lines
    assert f"ada (Ada Lovelace): collected, from came back/ada/{NOTEBOOK}" in lines
    assert f"came back/bo/notes.txt: not collected: it is not called {NOTEBOOK}" in lines
    assert "eve (Eve Adams): nothing came back" in lines
    assert "there is no lesson" in run(course, *words[:4], "09_x", back.folder, status=1)


ODD = ["[abc]", "o'neil", "müller", "a b", "00123"]


def test_odd_ids_are_the_same_from_collecting_to_the_grades(course, back):
    names = {"[abc]": "Ada B. Casey", "00123": "Bo Ek"}
    for student in ODD:
        back(f"{student}/{NOTEBOOK}", nbformat.writes(short(answered({}, released()))).encode())
    text = "student,name\n" + "".join(f"{x},{names.get(x, '')}\n" for x in ODD)
    (course.parent / "list.csv").write_text(text, encoding="utf-8")
    words = ["python", "-m", "autograder"]
    run(course, *words, "collect", LESSON, back.folder, "--roster", course.parent / "list.csv")
    said = run(course, *words, "grade", LESSON, "--workers=1")
    assert "graded" in said and "quarantined" in said
    nbgrader(course, "generate_feedback", LESSON)
    found = {x.parent.parent.name for x in (course / RECORDS / "feedback").rglob("*.html")}
    assert found == set(ODD)
    page = (course / RECORDS / "feedback/[abc]" / LESSON / f"{LESSON}.html").read_text()
    assert BeautifulSoup(page, "html.parser").title

    run(course, *words, "export", "--format", "canvas", "--to", "grades.csv")
    rows = list(csv.DictReader((course / "grades.csv").open(encoding="utf-8")))
    assert sorted(x["SIS Login ID"] for x in rows if x["SIS Login ID"]) == sorted(ODD)
    assert {x["Student"] for x in rows} >= {"Casey, Ada B.", "Ek, Bo"}
    run(course, *words, "report", LESSON)

    # Stock nbgrader's own command finds the same.
    nbgrader(course, "autograde", LESSON, "--force", "--student=[abc]")


def test_later_commands_show_the_names_of_the_roster_as_text(course, back):
    name = "Eve [red]\x1b[2J<b>Adams</b>"
    shown = r"Eve [red]\x1b[2J<b>Adams</b>"
    lesson = short(released())
    lesson.cells.remove(find(lesson, "conv-params"))
    for student in ("00123", "unlisted"):
        back(f"{student}/{NOTEBOOK}", nbformat.writes(lesson).encode())
    back(f"eve/{NOTEBOOK}", b"no notebook")
    words = ["python", "-m", "autograder"]
    run(course, *words, "collect", LESSON, back.folder)
    said = run(course, *words, "grade", LESSON, "--workers=1", status=1)
    assert "\neve: not graded: not a notebook" in said
    assert "\n00123: answers that are missing: conv-params" in said

    (course.parent / "list.csv").write_text(f"student,name\n00123,Ada Lovelace\neve,{name}\n")
    (back.folder / "unlisted" / NOTEBOOK).unlink()
    run(course, *words, "collect", LESSON, back.folder, "--roster", course.parent / "list.csv")
    said = run(course, *words, "grade", LESSON, "--workers=1", "--force", status=1)
    assert f"\neve ({shown}): not graded: not a notebook" in said
    assert "\n00123 (Ada Lovelace): answers that are missing: conv-params" in said
    assert "\nunlisted: answers that are missing: conv-params" in said
    said += run(course, *words, "report", LESSON, "--html", "report.html")
    said += run(course, *words, "export", "--format", "moodle", "--to", "grades.csv")
    assert f"{LESSON} of eve ({shown}) has no score here" in said
    assert "\x1b" not in said
    page = BeautifulSoup((course / "report.html").read_text(), "html.parser")
    heads = [[x.text for x in row.find_all("th")] for row in page.select("tbody tr")]
    assert ["00123", "Ada Lovelace"] in heads and ["unlisted", "–"] in heads
    assert ["eve", shown] in heads


def test_zip_collect_takes_the_same(course):
    archive = course / RECORDS / "downloaded" / LESSON / "archive"
    (archive / "lena").mkdir(parents=True)
    (archive / "lena" / NOTEBOOK).symlink_to(course / f"solutions/{LESSON}/{NOTEBOOK}")
    good = nbformat.writes(solution()).encode()
    (archive / "bad.zip").write_bytes(zipped({"x": b"y"})[:-9])
    (archive / "mac.zip").write_bytes(
        zipped({f"mac/{NOTEBOOK}": good, f"__MACOSX/._{NOTEBOOK}": b""})
    )
    (archive / "bergeanna_LATE_1234_5_01_convolution.ipynb").write_bytes(b"{}")
    (archive / "bergeanna_1234_9_01_convolution.ipynb").write_bytes(good)
    said = nbgrader(course, "zip_collect", LESSON, "--force")
    assert {x.name for x in (course / RECORDS / "submitted").iterdir()} == {"mac", "bergeanna"}
    assert f"Not collected: lena/{NOTEBOOK}: it is a link" in said
    assert "Not collected: bad.zip: it is damaged, or no zip" in said
    assert "older than bergeanna_1234_9" in said
