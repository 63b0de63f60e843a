"""Formulas on the grader's pages and in questions: MathML, and nothing in them acts."""

import re
from xml.etree import ElementTree

import bs4
import pytest

from autograder.hooks.pages import markdown_to_html
from tests.course import LESSONS, solution
from utils._common.formulas import ATTRIBUTES, LONGEST, TAGS, mathml

MATHML = "{http://www.w3.org/1998/Math/MathML}"


def texts(lesson):
    return [cell.source for cell in solution(lesson).cells if cell.cell_type == "markdown"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_formula_of_a_lesson_is_converted(lesson):
    pages = [bs4.BeautifulSoup(markdown_to_html(text), "html.parser") for text in texts(lesson)]
    formulas = [formula for page in pages for formula in page.find_all("math")]
    assert len(formulas) > 10
    for formula in formulas:
        assert formula.get_text().strip(), formula["alttext"]
        assert "\\" not in formula.get_text(), formula["alttext"]
    for page in pages:
        code = {part.get_text() for part in page.find_all("code")}
        for part in page.find_all(["math", "code", "pre"]):
            part.decompose()
        assert "$" not in page.get_text()
        assert not re.search(r"\\[a-z]+", page.get_text())
        assert not [text for text in code if re.search(r"\\[a-z]+\{", text)], "shown as TeX"


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("Costs $N^2$.", "<msup><mi>N</mi><mn>2</mn></msup>"),
        ("$$\n\\frac{a}{b}\n$$", 'display="block"'),
        (r"\begin{align*}a&=b\\c&=d\end{align*}", "<mtable"),
        ("| a |\n|---|\n| $x$ |", "<td><math"),
        ("## The cost of $N$", "<mi>N</mi>"),
        (r"\$5 and \$6", "$5 and $6"),
        ("`$x$`", "<code>$x$</code>"),
        ("$a < b$", "<mo>&lt;</mo>"),
        ("$(-1, -2)$", "<mrow><mo>−</mo><mn>1</mn></mrow>"),
    ],
)
def test_formulas_stand_where_they_stood(source, html):
    assert html in markdown_to_html(source)


def test_a_headings_id_is_a_word():
    page = bs4.BeautifulSoup(markdown_to_html("## The cost of $N$"), "html.parser")
    assert re.fullmatch(r"[\w-]+", page.h2["id"])


HOSTILE = [
    r"\href{javascript:alert(1)}{x}",
    r"\text{<script>alert(1)</script>}",
    r"\text{&lt;img src=x onerror=alert(1)&gt;}",
    r"\text{&#60;img src=x onerror=alert(1)&#62;}",
    r"\class{alert}{x}",
    r"\style{position:fixed}{x}",
    r"\unicode{x3c}script\unicode{x3e}",
    r"\mbox{<img src=x onerror=alert(1)>}",
    r"</math><script>alert(1)</script>",
    r'\hspace{1em" onclick="alert(1)}x',
]


@pytest.mark.parametrize("tex", HOSTILE)
def test_nothing_in_a_formula_acts(tex):
    made = mathml(tex)
    element = ElementTree.fromstring(made)  # well-formed: every text in it is escaped
    if element.tag == "code":
        assert element.text == tex and len(element) == 0
    else:
        for part in element.iter():
            assert part.tag.removeprefix(MATHML) in TAGS
            assert set(part.attrib) <= ATTRIBUTES | {"alttext"}


@pytest.mark.parametrize(
    "tex",
    [
        r"\frac",
        r"x_1_2",
        r"\left(x",
        "{" * 1500,
        "x" * (LONGEST + 1),
        r"\def\a{\a\a}\a",
        r"\newcommand{\a}{xx}\a",
        r"\cancel{x}",
    ],
)
def test_what_cannot_be_converted_is_shown_as_it_was_written(tex):
    assert ElementTree.fromstring(mathml(tex)).text == tex
    assert "<code>" in markdown_to_html(f"${tex}$")


@pytest.mark.slow
def test_a_page_holds_no_mark_of_a_formula():
    pages = [markdown_to_html(text) for lesson in LESSONS for text in texts(lesson)]
    assert not [page for page in pages if "formula-" in page]
