"""What a student gets back: every check's message; no hidden test, no path, nobody's script."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.cells import HIDDEN
from autograder.hooks.feedback import HIDDEN_HERE
from autograder.hooks.pages import markdown_to_html
from tests.course import LESSON, RECORDS, ROOT, answered, copy_course, nbgrader, released, submit
from tests.schedule import mistakes, published

#: Right in all that the visible check tries, and wrong where only the hidden test looks.
TOO_CLEVER = """
def conv_params(in_channels, out_channels, kernel_size):
    if (in_channels, out_channels, kernel_size) == (13, 7, 2):
        return 0, 0
    return kernel_size**2 * in_channels * out_channels, out_channels
"""
OWN = """
from IPython.display import HTML, Javascript, display
display(HTML("<b>mine</b><img src=x onerror='window.hit=1'><script>window.hit=1</script>"))
display(Javascript("window.hit=1"))
import torch
torch.nn.Linear(2, 3)(torch.ones(1, 5))
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The feedback of one student, as HTML."""
    course = copy_course(tmp_path_factory.mktemp("feedback") / "course")
    nbgrader(course, "generate_assignment", LESSON, "--force")
    answers = {
        "conv-params": TOO_CLEVER,
        "colleagues-convolution": mistakes("colleagues-convolution")[0].source,
    }
    answers["im2col"] = published(LESSON, "im2col").source
    notebook = answered(answers, released())
    notebook.cells.append(new_code_cell(OWN))
    notebook.cells.append(new_markdown_cell("<script>window.hit=1</script><i>my note</i>"))
    submit(course, "ada", notebook)
    nbgrader(course, "autograde", LESSON)
    nbgrader(course, "generate_feedback", LESSON)
    return (course / RECORDS / "feedback" / "ada" / LESSON / f"{LESSON}.html").read_text()


def plain(page):
    """The page's text without tags and entities."""
    text = re.sub(r"<[^>]+>", "", page)
    for entity, sign in (("&quot;", '"'), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(entity, sign)
    return text.replace("&amp;", "&")


def test_the_message_of_a_failing_check_is_there(page):
    assert "This is what you get if" in plain(page)
    assert "cases agree with the reference" in plain(page)


def test_a_hidden_test_that_fails_says_so_and_no_more(page):
    assert "A hidden test failed. conv_params(13, 7, 2): (0, 0), expected" in plain(page)
    assert HIDDEN_HERE in plain(page)


def test_no_line_of_a_hidden_test_is_there(page):
    source = (ROOT / "lessons" / LESSON / f"{LESSON}.md").read_text()
    shown = HIDDEN.sub("", source)
    hidden = "\n".join(match[0] for match in HIDDEN.finditer(source)).splitlines()
    secret = {line.strip() for line in hidden if len(line.strip()) > 12 and line not in shown}
    assert len(secret) > 30
    assert not [line for line in secret if line in plain(page)]


def test_no_path_of_the_instructors_machine_is_there(page):
    assert "…/lib/python" in plain(page), "the traceback that the student caused is not there"
    assert str(ROOT) not in page and not re.search(r"/(root|home|Users)/", page)


def test_what_a_student_wrote_does_not_act_in_the_page(page):
    assert "<b>mine</b>" in page and "<i>my note</i>" in page
    assert not re.search(r"<script[^>]*>\s*window\.hit", page)
    assert not re.search(r"<img[^>]*onerror", page)


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("$a < b$ and `c < d`", "<mo>&lt;</mo><mi>b</mi></mrow></math> and <code>c &lt; d</code>"),
        ("<details><summary>Hint</summary>\n\nx\n\n</details>", "<details><summary>Hint</summary>"),
        ("[x](javascript:alert(1))", "<a>x</a>"),
        ("[x](data:text/html,1)", "<a>x</a>"),
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("<img src=https://a.example/x.png alt=x>", '<img alt="x">'),
        ("<form action=/x><input></form>", "&lt;form"),
        ("| a |\n|---|\n| 1 |", "<td>1</td>"),
    ],
)
def test_markdown_keeps_what_is_harmless(source, html):
    assert html in markdown_to_html(source)
