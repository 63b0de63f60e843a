"""What can be read of a submission without guessing is graded: encodings, halves, pictures."""

import base64
import datetime
import io
import json

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell
from PIL import Image
from playwright.sync_api import expect

from autograder.hooks.pages import markdown_to_html
from autograder.judge import pictures
from autograder.judge.jobs import read_notebook
from autograder.judge.rebuild import rebuild
from autograder.timestamps import parse_timestamp
from tests.course import (
    LESSON,
    answered,
    autograded,
    copy_course,
    find,
    gradebook,
    nbgrader,
    points,
    questions,
    released,
    run,
    scores,
    short,
    solution,
    submission,
    submit,
)

QUESTION = next(iter(questions()))


# --- encodings ---

TEXT = json.dumps(released(), ensure_ascii=False)
READ = {
    "a byte order mark": TEXT.encode("utf-8-sig"),
    "UTF-16 with a mark": TEXT.encode("utf-16"),
    "UTF-16, little end first": TEXT.encode("utf-16-le"),
    "UTF-16, big end first": TEXT.encode("utf-16-be"),
    "UTF-32": TEXT.encode("utf-32"),
    "zero bytes at the end": TEXT.encode() + b"\0\0\0",
    "an end-of-file mark of DOS": TEXT.encode() + b"\r\n\x1a",
    "Windows' line ends": json.dumps(released(), indent=1).replace("\n", "\r\n").encode(),
    "version 3 of the format": json.dumps(nbformat.v4.downgrade(released())).encode(),
}
REFUSED = {
    "bytes that are no text": TEXT.encode("utf-8")[:-2000] + b"\xff\xfe\xff",
    "cut off": TEXT.encode()[:-100],
    "something behind it": TEXT.encode() + b"{}",
    "a web page": b"<!DOCTYPE html><html></html>",
    "nothing": b"",
}


@pytest.mark.parametrize("how", READ)
def test_what_an_editor_or_a_transfer_did_without_loss_is_read(how):
    read = read_notebook(READ[how])
    assert [x.source for x in read.cells] == [x.source for x in released().cells]


@pytest.mark.parametrize("how", REFUSED)
def test_what_is_no_notebook_is_refused_in_a_line(how):
    with pytest.raises(ValueError, match=r"^not a notebook: [^\n]+$"):
        read_notebook(REFUSED[how])


def test_line_ends_of_windows_in_an_answer_are_those_of_any_other():
    handed_in = answered({"conv-params": "def conv_params():\r\n    return 1\r"})
    built, _ = rebuild(solution(), handed_in)
    assert find(built, "conv-params").source == "def conv_params():\n    return 1\n"


# --- halves ---


def halves(notebook, name, *sources):
    """Split a cell as JupyterLab does, which gives the parts the same metadata."""
    cell = find(notebook, name)
    place = notebook.cells.index(cell)
    parts = [
        nbformat.from_dict({**cell, "source": x, "id": f"part-{n}"}) for n, x in enumerate(sources)
    ]
    notebook.cells[place : place + 1] = parts
    return notebook


def test_an_answer_in_several_cells_is_one():
    first, second = "a = 1", "def conv_params(): return a"
    built, report = rebuild(solution(), halves(released(), "conv-params", first, second, "b = 2"))
    assert find(built, "conv-params").source == f"{first}\n{second}\nb = 2"
    assert (report.split, report.duplicates, report.added) == (["conv-params"], [], [])
    assert "answers that stand in several cells" in built.cells[0].source


def test_a_copy_elsewhere_does_not_count_and_is_named():
    notebook = halves(released(), "conv-params", "right")
    notebook.cells.append(nbformat.from_dict({**find(notebook, "conv-params"), "source": "wrong"}))
    built, report = rebuild(solution(), notebook)
    assert find(built, "conv-params").source == "right"
    assert (report.split, report.duplicates) == ([], ["conv-params"])


def test_a_half_of_another_kind_does_not_count_and_is_named():
    notebook = halves(released(), "conv-params", "right", "words")
    place = next(n for n, x in enumerate(notebook.cells) if x.source == "words")
    metadata = notebook.cells[place].metadata
    notebook.cells[place] = new_markdown_cell("words", id="words", metadata=metadata)
    built, report = rebuild(solution(), notebook)
    assert find(built, "conv-params").source == "right"
    assert report.duplicates == ["conv-params"]


def test_a_test_in_two_halves_is_put_back():
    name = "test-conv-params"
    built, report = rebuild(solution(), halves(released(), name, "check(", "...)"))
    assert find(built, name).source == find(solution(), name).source
    assert name in report.replaced


# --- pictures ---


def picture(kind="PNG", size=(40, 30)):
    data = io.BytesIO()
    Image.new("RGB", size, "orange").save(data, kind)
    return base64.b64encode(data.getvalue()).decode()


PNG = picture()
KINDS = {"image/png": PNG, "image/jpeg": picture("JPEG"), "image/gif": picture("GIF")}
KINDS["image/webp"] = picture("WEBP")


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_kept(kind):
    lines = [KINDS[kind][:40] + "\n", KINDS[kind][40:]]
    for data in (KINDS[kind], lines):
        assert pictures.pictures({"a b.x": {kind: data}}) == {"a b.x": {kind: KINDS[kind]}}


@pytest.mark.parametrize(
    "attachments",
    [
        None,
        [],
        {"x": None},
        {"x": {"image/png": 3}},
        {"x": {"image/png": "no base64"}},
        {"x": {"image/png": PNG[:20]}},
        {"x": {"image/png": KINDS["image/jpeg"]}},
        {"x": {"image/svg+xml": base64.b64encode(b"<svg onload='alert(1)'/>").decode()}},
        {"x": {"text/html": "<script>alert(1)</script>"}},
        {"x": {"image/png": picture(size=(10_000, 6_000))}},
        {"x": {"image/png": "A" * 13_000_000}},
        {3: {"image/png": PNG}},
    ],
)
def test_what_is_no_picture_is_not_kept(attachments):
    assert pictures.pictures(attachments) == {}


WAYS = {
    "![alt](attachment:image.png)": "image.png",
    '![alt](attachment:image.png "title")': "image.png",
    "![](<attachment:a b.png>)": "a b.png",
    "![](attachment:a%20b.png)": "a b.png",
    '<img src="attachment:image.png" width="50">': "image.png",
    "<p><img alt='x' src='attachment:image.png'></p>": "image.png",
}


@pytest.mark.parametrize("source", WAYS)
def test_a_page_shows_the_picture_that_a_cell_names(source):
    page = markdown_to_html(source, {WAYS[source]: {"image/png": PNG}})
    assert f'src="data:image/png;base64,{PNG}"' in page
    gone = markdown_to_html(source)
    assert f"[the picture {WAYS[source]} is missing]" in gone and "<img" not in gone


@pytest.mark.parametrize(
    "source",
    [
        "![](https://example.org/who-reads.png)",
        '<img src="//example.org/x.png">',
        f"![](data:image/svg+xml;base64,{PNG})",
        "![](data:text/html;base64,PHNjcmlwdD4=)",
        '![](attachment:x"onerror="alert(1))',
        '<img src="attachment:x" onerror="alert(1)">',
    ],
)
def test_nothing_else_is_fetched_or_run(source):
    page = BeautifulSoup(markdown_to_html(source, {"x": {"image/png": PNG}}), "html.parser")
    for image in page.find_all("img"):
        assert "onerror" not in image.attrs
        assert image.get("src", "attachment:").startswith(("data:image/png;", "attachment:"))


def with_pictures():
    """A notebook with pictures that a student has pasted, one of which is lost."""
    notebook = short(released())
    cell = find(notebook, QUESTION)
    cell.source = "See ![sketch](attachment:image.png) and ![](attachment:lost.png)."
    cell.attachments = {"image.png": {"image/png": PNG}, "evil.svg": {"image/svg+xml": "PHN2Zz4="}}
    own = new_markdown_cell("![mine](attachment:b.png)", id="mine")
    own.attachments = {"b.png": {"image/png": PNG}}
    notebook.cells.insert(2, own)
    return notebook


HANDED_IN_AT = {
    "clear": "2026-11-20T17:30:00+05:30",
    "misread": "2026-11-20 17:30:00 +0530",
    "unclear": "2026-11-20 12:00:00 PST",
}


@pytest.fixture(scope="module")
def autograded_once(tmp_path_factory):
    """A course whose submissions, with pictures or times, nbgrader has graded; what it said."""
    course = copy_course(tmp_path_factory.mktemp("reading") / "course")
    submit(course, "ada", with_pictures())
    for student, text in HANDED_IN_AT.items():
        submit(course, student, short(answered({"conv-params": "conv_params = 1"})))
        submission(course, student, "timestamp.txt").write_text(text)
    nbgrader(course, "generate_assignment", LESSON, "--force")
    return course, nbgrader(course, "autograde", LESSON, status=None)


def test_a_pasted_picture_is_shown_to_who_grades_and_in_the_feedback(autograded_once, browser):
    course, _ = autograded_once
    graded = autograded(course, "ada")
    assert find(graded, QUESTION).attachments == {"image.png": {"image/png": PNG}}
    nbgrader(course, "generate_feedback", LESSON, "--student=ada")
    (feedback,) = course.rglob("feedback/**/*.html")
    page = browser.new_page()
    page.goto(feedback.as_uri())
    for name in ("sketch", "mine"):
        image = page.get_by_role("img", name=name)
        expect(image).to_be_visible()
        assert image.evaluate("x => [x.naturalWidth, x.naturalHeight]") == [40, 30]
    expect(page.get_by_text("[the picture lost.png is missing]")).to_be_visible()
    page.close()


# --- times ---

NOON = datetime.datetime(2026, 11, 20, 12)
TIMES = {
    "2026-11-20 12:00:00 UTC": NOON,
    "2026-11-20 12:00:00": NOON,
    "2026-11-20T12:00:00Z": NOON,
    "2026-11-20 12:00:00 GMT": NOON,
    "2026-11-20 12:00:00.250000 UTC": NOON.replace(microsecond=250_000),
    "2026-11-20T12:00:00.123456789Z": NOON.replace(microsecond=123_456),
    "2026-11-20 17:30:00 +0530": NOON,
    "2026-11-20T17:30:00+05:30": NOON,
    "2026-11-20 04:00:00 -08": NOON,
    "2026-11-20 12:00 UTC": NOON,
    "2026-11-21 01:00:00 +1300": NOON,
}
UNCLEAR = [
    "2026-11-20 12:00:00 PST",
    "2026-11-20 12:00:00 CST",
    "2026-11-20 12:00:00 Europe/Berlin",
    "20/11/2026 12:00:00",
    "11/12/2026 12:00",
    "Fri Nov 20 12:00:00 2026",
    "2026-13-20 12:00:00",
    "2026-11-20 25:00:00",
    "2026-11-20",
    "12:00",
    "1763640000",
    "yesterday",
    "0001-01-01 00:00:00 +0100",
]


@pytest.mark.parametrize("text", TIMES)
def test_a_time_is_read_rightly(text):
    assert parse_timestamp(text) == TIMES[text]


@pytest.mark.parametrize("text", UNCLEAR)
def test_a_time_that_is_not_clear_is_refused(text):
    with pytest.raises(ValueError, match=r"without guessing: .*write it as 2026-11-20 12:00"):
        parse_timestamp(text)


def test_both_ways_of_grading_take_a_time_rightly_or_say_that_they_do_not(autograded_once):
    """Stock nbgrader takes +0530 for 530 seconds, and PST for UTC."""
    course, said = autograded_once
    assert "nbgrader takes '2026-11-20 17:30:00 +0530' in timestamp.txt for" in said
    assert "write 2026-11-20 12:00:00 UTC there" in said
    assert "can be read without guessing: '2026-11-20 12:00:00 PST'" in said
    assert [x for x in HANDED_IN_AT if autograded(course, x)] == ["clear"]

    said = run(course, "python", "-m", "autograder", "grade", LESSON, "--workers=1")
    assert "unclear: timestamp.txt holds no date that can be read" in said
    with gradebook(course) as book:
        found = {x: book.find_submission(LESSON, x).timestamp for x in ("clear", "misread")}
    assert found == dict.fromkeys(found, NOON)
    assert scores(course, "misread").keys() == points().keys()


def test_code_cells_have_no_pictures():
    notebook = released()
    own = new_code_cell("1", id="own")
    own.attachments = {"x": {"image/png": PNG}}
    notebook.cells.insert(1, own)
    built, _ = rebuild(solution(), notebook)
    nbformat.validate(built)
