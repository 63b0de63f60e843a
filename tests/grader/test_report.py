"""The report on a lesson: right numbers, and a page that is safe, valid and readable by all."""

import argparse
import csv
import dataclasses
import io
import sys
from html.parser import HTMLParser

import nbformat
import pytest
from bs4 import BeautifulSoup
from rich.console import Console

from autograder import __main__ as command
from autograder.errors import CourseError
from autograder.judge.judging import Verdict
from autograder.report import command as report
from autograder.report import text as report_text
from autograder.report.html import page
from autograder.texts import printable
from tests import grades
from tests.course import LESSONS, find, points, solution
from tests.grades import FIRST, FORMULA, SCRIPT, TERMINAL

VOID = {"meta", "link", "br", "img", "hr", "input"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    return grades.filled(tmp_path_factory)


@pytest.fixture(scope="module")
def read(filled):
    return report.read_report(FIRST, filled)


@pytest.fixture(scope="module")
def html(read):
    return page(read)


class Page(HTMLParser):
    """What a browser finds in a page: its elements with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        assert len({name for name, _ in attributes}) == len(attributes), (tag, attributes)
        self.elements.append((tag, dict(attributes), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), tuple(self.open)))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"{tag} closed out of order"

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def all(self, *tags):
        return [attributes for tag, attributes, _ in self.elements if tag in tags]


# --- numbers ---


def test_exercises_are_those_of_the_notebook_in_its_order(read):
    assert [(x.name, x.most) for x in read.exercises] == list(points(FIRST).items())


def test_numbers_of_an_exercise(read):
    exercise, most = read.exercises[0], read.exercises[0].most
    assert (len(exercise.verdicts), exercise.solved, exercise.partly) == (5, 1, 1)
    assert exercise.share == 0.2
    assert exercise.mean == pytest.approx(1.5 * most / 5)
    # One submission made the same mistake in two cases; that is one submission.
    assert exercise.mistakes == [("=1+1", 2), ("swaps <i>x</i> & y", 1)]
    assert exercise.unrecognised == 1
    assert sorted(exercise.times)[2] == pytest.approx(0.3)


def test_numbers_of_the_lesson(read):
    summary = dict(read.summary())
    assert (summary["Graded"], summary["Quarantined"], summary["With notes"]) == ("5", "1", "1")
    assert summary["Peak memory of a submission"] == "median 300 MiB, at most 500 MiB"
    assert [x.student for x in read.quarantined] == ["broken"]
    assert [x.student for x in read.noted] == ["late"]


def test_a_test_that_the_lesson_has_no_more_comes_last(read):
    gone, *others = (x.name for x in read.exercises)
    notebook = solution(FIRST)
    notebook.cells.remove(find(notebook, f"test-{gone}"))
    changed = report.report_on(FIRST, notebook, read.entries)
    assert [x.name for x in changed.exercises] == [*others, gone]


SCORES = {  # student -> accuracy, cost, the front there
    "grace": (0.70, 1_000_000, 0.60),
    SCRIPT: (0.95, 3_000_000, 0.90),
    "late": (None, 5_000_000, 0.92),
}


@pytest.fixture(scope="module")
def contested(read):
    """The same report on a lesson with a contest."""
    entries = []
    for student, (accuracy, cost, front) in SCORES.items():
        score = {"cost": {"total": cost}, "accuracy": accuracy, "front": front, "loss": 0.1}
        tests = {"test-design": Verdict(6.0, 12.0, score=score)}
        entries.append(
            grades.entry(student, "graded", tests=tests, graded_at=read.graded[0].graded_at)
        )
    return dataclasses.replace(read, entries=entries)


def test_the_contest_ranks_designs_by_how_far_they_are_above_the_front(contested, read):
    assert [x.student for x in contested.ranking] == ["grace", SCRIPT, "late"]
    cells = [["6", "70.0%", "+10.0%", "1,000,000"], ["6", "95.0%", "+5.0%", "3,000,000"]]
    cells.append(["6", "not trained", "–", "5,000,000"])
    assert [x.cells() for x in contested.ranking] == cells
    assert read.ranking == []


def test_the_ranking_is_shown_where_there_is_a_contest(contested, read, html):
    console = Console(file=io.StringIO(), width=100, markup=False)
    report_text.show(contested, console)
    assert "The contest, the best design first" in console.file.getvalue()
    shown = page(contested)
    Page(shown)
    assert "+10.0%" in shown and "<script" not in shown
    assert "Accuracy against cost of 2 designs" in shown
    assert "The contest" not in html


def test_csv_holds_the_same_numbers_and_no_formula(read):
    rows = list(csv.DictReader(io.StringIO(report_text.as_csv(read))))
    assert [row["exercise"] for row in rows] == list(points(FIRST))
    assert {row["solved"] for row in rows} == {"1"}
    assert {row["median_seconds"] for row in rows} == {"0.3"}
    assert {row["max_seconds"] for row in rows} == {"0.5"}
    assert {row["peak_memory_bytes"] for row in rows} == {str(4 << 20)}
    assert {row["mistakes"] for row in rows} == {"'=1+1 (2); swaps <i>x</i> & y (1)"}
    assert {row["lesson_peak_memory_bytes"] for row in rows} == {str(500 * 2**20)}
    assert {row["lesson_quarantined"] for row in rows} == {"1"}


# --- the terminal ---


def test_the_terminal_shows_all_and_obeys_nobody(read):
    file = io.StringIO()
    console = Console(file=file, width=100, markup=False, highlight=False, emoji=False)
    report_text.show(read, console)
    said = file.getvalue()
    places = [said.index(f" {exercise} ") for exercise in points(FIRST)]
    assert places == sorted(places)
    assert "1/5" in said and "20 %" in said and "swaps <i>x</i> & y" in said
    assert "not a notebook: <b>bold</b> & \\x1b[31mred" in said
    assert "kernel died" in said
    words = " ".join(said.replace("│", " ").split())  # of a name in several lines too
    assert "late (=1+1 Late) kernel died" in words and "broken" in said
    assert "\x1b" not in said and "\u202e" not in said
    assert max(map(len, said.splitlines())) <= 100


# --- the page ---


def test_the_page_is_whole_and_well_formed(html):
    found = Page(html)
    assert html.startswith("<!DOCTYPE html>")
    assert found.all("html") == [{"lang": "en"}]
    assert {"charset": "utf-8"} in found.all("meta")
    tags = [tag for tag, _, _ in found.elements]
    assert tags.count("h1") == tags.count("title") == tags.count("main") == 1
    assert tags.count("h2") == 4
    ids = [attributes["id"] for _, attributes, _ in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = [x["href"][1:] for x in found.all("use")]
    assert used and set(used) <= set(ids)


def test_the_page_fetches_nothing_and_runs_nothing(html):
    found = Page(html)
    assert not found.all("script", "iframe", "object", "embed", "form", "base")
    for tag, attributes, _ in found.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "action", "data", "xlink:href"):
                assert value.startswith(("#", "data:")), (tag, name, value)
    assert "://" not in html
    assert "@import" not in html
    assert html.count("url(") == html.count("url(#")


def test_every_plot_has_a_text_alternative(html):
    found = Page(html)
    plots = found.all("svg")
    assert len(plots) == 3
    assert all(x["role"] == "img" and len(x["aria-label"]) > 40 for x in plots)
    assert all(x.get("alt") for x in found.all("img"))
    assert len(found.all("figure")) == len(found.all("figcaption")) == 3


def test_plots_take_the_colour_of_the_text(html):
    assert "currentColor" in html
    assert "prefers-color-scheme: dark" in html
    assert "#000000" not in html and "#010203" not in html


def test_every_table_has_a_caption_and_headings_with_a_scope(html):
    found = Page(html)
    assert len(found.all("table")) == len(found.all("caption")) == 4
    assert {x["scope"] for x in found.all("th")} == {"col", "row"}
    in_rows = [open for tag, _, open in found.elements if tag == "td"]
    assert in_rows and all(open[-2:] == ("tbody", "tr") for open in in_rows)


def test_what_students_chose_is_text(html):
    found = Page(html)
    text = "".join(found.texts)
    assert not found.all("b", "i", "img")  # as in a reason, a mistake, a note
    assert "not a notebook: <b>bold</b> & \\x1b[31mred" in text
    assert "swaps <i>x</i> & y" in text
    assert "<img src=x onerror=alert(1)>" in text
    assert not [x for x in html if not x.isprintable() and x != "\n"]
    for raw in (SCRIPT, "<b>bold", "<i>x", "<img src=x"):
        assert raw not in html


def test_a_student_can_have_any_name(read):
    quarantined = [
        grades.entry(name, "quarantined", reason=SCRIPT) for name in (SCRIPT, FORMULA, TERMINAL)
    ]
    html = page(report.report_on(FIRST, nbformat.v4.new_notebook(), quarantined))
    text = "".join(Page(html).texts)
    assert all(printable(x) in text for x in (SCRIPT, FORMULA, TERMINAL))
    assert SCRIPT not in html


def cells(html, title):
    """The rows of the table below a heading, as texts."""
    table = BeautifulSoup(html, "html.parser").find("h2", string=title).find_next("table")
    return [[x.text for x in row.find_all(["th", "td"])] for row in table.find_all("tr")]


def test_a_display_name_has_a_column_of_its_own_where_any_is_known(read, html):
    assert cells(html, "Quarantined")[0] == ["Student", "Name", "Reason"]
    assert cells(html, "Quarantined")[1][:2] == ["broken", SCRIPT]
    assert cells(html, "Notes")[1][:2] == ["late", "=1+1 Late"]
    without = page(dataclasses.replace(read, names={"absent": "Zoë O'Hara"}))
    assert cells(without, "Quarantined")[0] == ["Student", "Reason"]
    assert cells(without, "Notes")[1][0] == "late"


def test_a_display_name_is_text(read):
    name = "[red]\x1b[2J\u202e<b>Ada</b> & Co"
    twice = grades.entry("late", "graded", notes=["one", "two"])
    entries = [grades.entry(x, "quarantined", reason="why") for x in ("broken", "nameless")]
    named = report.report_on(FIRST, nbformat.v4.new_notebook(), [*entries, twice])
    named = dataclasses.replace(named, names={"broken": name, "late": name})
    html = page(named)
    Page(html)
    assert cells(html, "Quarantined")[1:] == [
        ["broken", printable(name), "why"],
        ["nameless", "–", "why"],
    ]
    assert cells(html, "Notes")[1:] == [["late", printable(name), "one"], ["two"]]
    assert "<b>" not in html and all(x.isprintable() or x == "\n" for x in html)
    file = io.StringIO()
    report_text.show(named, Console(file=file, width=100))
    assert f"broken ({printable(name)})" in file.getvalue()
    assert "\x1b" not in file.getvalue() and "\u202e" not in file.getvalue()


# --- the command ---


def test_the_command_writes_both_files(filled, capsys):
    parser = argparse.ArgumentParser()
    report.add_arguments(parser)
    files = [filled / "report.csv", filled / "report.html"]
    flags = [f"--csv={files[0]}", f"--html={files[1]}"]
    assert report.main(parser.parse_args([FIRST, *flags]), filled) == 0
    assert all(path.stat().st_size > 500 for path in files)
    assert points(FIRST).keys() <= set(capsys.readouterr().out.split())


def test_nothing_graded_says_what_to_do(filled):
    with pytest.raises(CourseError, match=f"python -m autograder grade {LESSONS[-1]}$"):
        report.read_report(LESSONS[-1], filled)


def test_an_unknown_lesson_is_answered_with_those_there_are(filled):
    with pytest.raises(CourseError, match=f"no lesson nope; there are: {FIRST}"):
        report.read_report("nope", filled)


def test_without_a_gradebook_the_command_says_what_to_do(course, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["autograder", "report", FIRST])
    monkeypatch.setattr(report, "main", lambda arguments, run=report.main: run(arguments, course))
    assert command.main() == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and said[0].startswith("report: there is no gradebook")
    (course / "solutions" / FIRST / f"{FIRST}.ipynb").unlink()
    assert command.main() == 1
    assert f"python -m autograder release {FIRST}" in capsys.readouterr().err
