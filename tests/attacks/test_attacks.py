"""Hostile submissions, graded together with right ones: none wins, reads or harms anything.

The corpus is in tests/attacks; corpus.py says how it is written. Secrets are planted wherever a
course keeps them, and are looked for in all that a student gets to see.
"""

import os
import re
import secrets
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from autograder.judge.sandbox import available
from benchmarks import attacks as page_of_attacks
from tests.corpus import (
    CONTEST,
    LESSON,
    corpus,
    lesson_points,
    make_course,
    processes,
    right_students,
)
from tests.course import RECORDS, ROOT, autograded, environment, gradebook, nbgrader, run, scores

LIMITS = """
c.Limits.cell_seconds = {seconds}
c.Limits.grace_seconds = 1
c.Limits.total_seconds = {total}
c.Limits.memory = 1 << 30
c.Limits.scratch = 64 << 20
c.Limits.file_size = 64 << 20
"""
ATTACKS = corpus()
BATCHES = {
    "forging": [x for x in ATTACKS if x.name.startswith("forging/") and x.lesson == LESSON],
    "harming": [x for x in ATTACKS if x.name.startswith("harming/")],
    "reading": [x for x in ATTACKS if x.name.startswith(("reading/", "malformed/"))],
    "network": [x for x in ATTACKS if x.lesson == CONTEST],
    "gradients": [x for x in ATTACKS if x.lesson not in (LESSON, CONTEST)],
}
#: What an attack prints if it reaches what it should not.
SUCCESS = re.compile(r"^.*\b(?:HARM\b|CANARY-READ).*$", re.MULTILINE)


@dataclass
class Batch:
    """Some attacks, graded in one course together with right submissions."""

    course: Path
    lesson: str
    secrets: dict[str, str] = field(default_factory=dict)  # where it is planted -> the secret
    said: str = ""
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)


@pytest.fixture(scope="module")
def batches(tmp_path_factory):
    """All attacks, graded: name of the batch -> Batch."""
    available(ROOT)  # or it fails, and says how to get a sandbox

    folders = {name: tmp_path_factory.mktemp(name) / "course" for name in BATCHES}

    def grade(name):
        return name, _grade(folders[name], BATCHES[name])

    with ThreadPoolExecutor(3) as pool:
        return dict(pool.map(grade, ("harming", "forging", "reading", "network", "gradients")))


def _grade(folder, attacks):
    lesson = attacks[0].lesson
    limits = {"seconds": 120, "total": 400} if lesson == CONTEST else {"seconds": 4, "total": 40}
    found = Batch(folder, lesson)
    make_course(folder, lesson, attacks, LIMITS.format(**limits), lambda: _plant(found))
    found.before = _files(folder)
    variables = {"GRADERS_TOKEN": found.secrets["environment"]}
    found.said = run(folder, "nbgrader", "autograde", lesson, status=None, **variables)
    found.after = _files(folder)
    return found


def _plant(batch):
    """Put a secret wherever a course has something to hide."""
    where = ("environment", "home", "gradebook", "solution", "hidden test", "submission", "tmp")
    batch.secrets = {place: f"CANARY-{secrets.token_hex(6)}" for place in where}
    course, home = batch.course, Path(environment(batch.course)["HOME"])
    for path, place in {
        home / "canary.txt": "home",
        home / ".ssh" / "id_rsa": "home",
        course / RECORDS / "canary.txt": "gradebook",
        course / RECORDS / "submitted" / "b-other" / batch.lesson / "notes.txt": "submission",
        course.parent / "canary.txt": "tmp",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(batch.secrets[place])
    path = course / "solutions" / batch.lesson / f"{batch.lesson}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for marker, place in (("### END SOLUTION", "solution"), ("### END HIDDEN", "hidden test")):
            cell.source = cell.source.replace(marker, f"# {batch.secrets[place]}\n{marker}")
    nbformat.write(notebook, path)


def _files(course):
    """The course's files but for its records: path -> size and time."""
    kept = {}
    for folder, folders, names in os.walk(course):
        folders[:] = [x for x in folders if x not in ("__pycache__", "records", ".venv")]
        for path in (Path(folder, name) for name in names):
            kept[path] = path.stat().st_size, path.stat().st_mtime_ns
    return kept


def batch_of(batches, attack):
    return next(batches[name] for name, attacks in BATCHES.items() if attack in attacks)


def shown(notebook, kinds=("stream", "display_data", "execute_result", "error")):
    """All that a notebook's outputs say."""
    outputs = (x for cell in notebook.cells for x in cell.get("outputs", []))
    texts = (
        "\n".join(map(str, (x.get("text"), x.get("data"), x.get("evalue"), x.get("traceback"))))
        for x in outputs
        if x.output_type in kinds
    )
    return "\n".join(texts)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda x: x.name)
def test_attack(batches, attack):
    batch = batch_of(batches, attack)
    notebook = autograded(batch.course, attack.student, batch.lesson)
    if attack.refused:
        assert notebook is None
        assert f"for student '{attack.student}'" in batch.said
        return
    assert notebook is not None, "it was not graded at all"
    got, due = scores(batch.course, attack.student, batch.lesson), attack.expected()
    wrong = {name: got[name] for name in due if got[name] != due[name]}
    if attack.get("MAY_LOSE_OTHERS"):
        wrong = {name: score for name, score in wrong.items() if score}
    assert wrong == {}, "points that are not due, or are missing"
    text = shown(notebook)
    assert [place for place, secret in batch.secrets.items() if secret in text] == []
    assert SUCCESS.findall(shown(notebook, ("stream",))) == []


@pytest.mark.parametrize("name", BATCHES)
def test_right_submissions_in_between_keep_their_points(batches, name):
    batch = batches[name]
    for student in right_students(batch.lesson):
        assert scores(batch.course, student, batch.lesson) == lesson_points(batch.lesson)


@pytest.mark.parametrize("name", BATCHES)
def test_no_process_and_no_file_is_left(batches, name):
    batch = batches[name]
    assert batch.after == batch.before
    marks = ("convnets-daemon", "sleep 61", str(batch.course))
    left = [line for line in processes().values() if any(mark in line for mark in marks)]
    assert left == []
    names = ("convnets-fill", "convnets-file", "convnets-written", "node-1-1")
    assert [x for x in os.listdir("/tmp") if x.startswith(names)] == []
    assert not os.path.exists("/convnets")


@pytest.mark.parametrize("name", BATCHES)
def test_no_secret_is_in_a_comment(batches, name):
    path = batches[name].course / RECORDS / "gradebook.db"
    with sqlite3.connect(path) as book:
        comments = str(book.execute("select auto_comment, manual_comment from comment").fetchall())
    assert "CANARY" not in comments


class _Active(HTMLParser):
    """Finds what would act in a browser and came from a student."""

    def __init__(self):
        super().__init__()
        self.found, self.inside = [], ""

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        for name, value in attrs:
            value = (value or "").strip().lower()
            if name.startswith("on") or value.startswith("javascript:") or name == "srcdoc":
                self.found.append((tag, name, value))
        if tag in ("iframe", "object", "embed", "form", "meta") and "ACTIVE" in str(attrs):
            self.found.append((tag, attrs))

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside in ("script", "style") and "ACTIVE" in data:
            self.found.append((self.inside, data))


@pytest.fixture(scope="module")
def feedback(batches):
    """The pages that some students get: student -> HTML."""
    batch = batches["reading"]
    students = "malformed-[am]*"
    nbgrader(batch.course, "generate_feedback", LESSON, f"--student={students}")
    pages = (batch.course / RECORDS / "feedback").glob(f"*/{LESSON}/{LESSON}.html")
    return {page.parent.parent.name: page.read_text() for page in pages}


@pytest.mark.parametrize(
    "name",
    ["active_markdown", "active_outputs", "attachments", "magics_in_answers", "maths_that_links"],
)
def test_nothing_of_a_students_acts_in_a_browser(feedback, name):
    parser = _Active()
    parser.feed(feedback[f"malformed-{name}"])
    assert parser.found == []


def test_feedback_holds_no_secret(batches, feedback):
    for student, page in feedback.items():
        for place, secret in batches["reading"].secrets.items():
            assert secret not in page, (student, place)


def test_what_is_refused_stands_in_no_gradebook_with_points(batches):
    for name, attacks in BATCHES.items():
        with gradebook(batches[name].course) as book:
            known = {
                x.student.id: x.score for x in book.assignment_submissions(batches[name].lesson)
            }
        assert not any(known.get(x.student) for x in attacks if x.refused)


def test_the_corpus_is_large_and_says_what_it_is_about():
    assert len(ATTACKS) >= 60
    for attack in ATTACKS:
        assert attack.module.__doc__ and attack.module.INTENT
        assert attack.refused or isinstance(attack.module.EXPECTED, dict)
        assert attack.get("notebook") or attack.get("ANSWERS") or attack.get("CELLS")


def test_the_page_of_attacks_shows_the_corpus():
    page = page_of_attacks.PAGE.read_text("utf-8")
    stock = page_of_attacks.measured(page)
    assert page_of_attacks.write(ATTACKS, stock) == page, "run `python -m benchmarks.attacks NAME`"
    assert page_of_attacks.MISSING not in stock.values()
