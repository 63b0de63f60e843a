"""An instructor grades a lesson by click, in the formgrader of `make formgrader`'s JupyterLab.

What each step looks like is kept in `test-artifacts/formgrader-*.png`.
"""

import filecmp
import json
import re
import shutil
import uuid

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from playwright.sync_api import expect

from autograder.hooks.mark_schemes import ShowMarkSchemes
from autograder.hooks.pages import markdown_to_html
from tests.browser import ARTIFACTS, TOKEN, wait_until
from tests.course import (
    LESSON,
    LESSONS,
    RECORDS,
    ROOT,
    answered,
    find,
    gradebook,
    info,
    points,
    questions,
    released,
    scores,
    solution,
    submit,
)

QUESTION = "why-share"
ANSWER = "An edge is an edge wherever it is, so $F^2 D_1$ weights do for $K = 1$ filter."
COMMENT = "Right, and $K$ filters need $K F^2 D_1$. **What** moves with the input?"
ACTING = "<img src='data:image/png,' onerror='window.hit = 1'><script>window.hit = 1</script>"
SHOWN = f"""
from IPython.display import HTML, Javascript, display
display(HTML({ACTING!r}), Javascript("window.hit = 1"))
"""


@pytest.fixture
def handed_in(course):
    """A course in which nothing was released yet, and two students have handed in."""
    shutil.rmtree(course / "notebooks" / LESSON)
    solved = find(solution(), "conv-output-size").source
    notebook = answered({"conv-output-size": solved, QUESTION: ANSWER}, released())
    # What tries to act in the browser of whoever looks at it.
    notebook.cells += [new_markdown_cell(ACTING), new_code_cell(SHOWN)]
    submit(course, "ada", nbformat.writes(notebook).encode("utf-16"))  # the button reads that too
    submit(course, "grace", released())
    return course


def picture(page, name):
    page.screenshot(path=ARTIFACTS / f"formgrader-{name}.png")


def succeed(frame, page, name):
    """Wait for the formgrader's message, keep a picture of it, and close it."""
    message = frame.locator(".modal.in")
    expect(message.get_by_text("Success", exact=True)).to_be_visible(timeout=120_000)
    at_rest = re.compile(r"none|matrix\(1, 0, 0, 1, 0, 0\)")  # it slides in
    expect(message.locator(".modal-dialog")).to_have_css("transform", at_rest)
    picture(page, name)
    message.get_by_role("button", name="OK").click()
    expect(message).to_have_count(0)


def grade_of(course):
    with gradebook(course) as book:
        return book.find_grade(QUESTION, LESSON, LESSON, "ada").manual_score


def comment_of(course):
    with gradebook(course) as book:
        return book.find_comment(QUESTION, LESSON, LESSON, "ada").manual_comment


def assert_formulas_are_typeset(place):
    """Formulas are drawn, higher than a line where they are fractions; none is left as TeX."""
    fraction = place.locator("math mfrac").first
    fraction.scroll_into_view_if_needed()
    assert fraction.bounding_box()["height"] > 20
    texts = place.locator(".rendered_html").evaluate_all(
        """(texts) => texts.map((text) => {
            const copy = text.cloneNode(true);
            copy.querySelectorAll("code, pre, math").forEach((part) => part.remove());
            return copy.textContent;
        })"""
    )
    assert len(texts) > 20
    assert not [text for text in texts if "$" in text or re.search(r"\\[a-z]", text)]


def test_the_formgrader_has_what_students_do_not_see():
    package, config = (
        json.loads((ROOT / name).read_text())
        for name in ("labextension/package.json", "autograder/jupyter/labconfig/page_config.json")
    )
    hidden = package["jupyterlab"]["disabledExtensions"]
    assert config["disabledExtensions"] == dict.fromkeys(hidden, False)


@pytest.mark.parametrize("lab", ["formgrader"], indirect=True)
def test_an_instructor_grades_a_lesson_by_click(handed_in, lab, page):
    elsewhere = []
    page.on("request", lambda r: elsewhere.append(r.url) if not r.url.startswith(lab) else None)
    page.set_viewport_size({"width": 1400, "height": 1000})
    page.goto(f"{lab}/lab/workspaces/{uuid.uuid4().hex}?token={TOKEN}")
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click(timeout=60_000)
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    frame = page.frame_locator("#formgrader_ui iframe, iframe")

    # The assignment's notebook for students is made.
    lesson = frame.locator("#main-table tr", has=frame.get_by_text(LESSON, exact=True))
    expect(lesson).to_be_visible(timeout=60_000)
    picture(page, "1-assignments")
    lesson.locator(".assign a").click()
    succeed(frame, page, "2-generated")
    name = f"notebooks/{LESSON}/{LESSON}.ipynb"
    assert filecmp.cmp(ROOT / name, handed_in / name, shallow=False)

    # What was handed in is seen, and one is graded.
    lesson.locator(".num-submissions a").click()
    ada, grace = (
        frame.locator("#main-table tr", has=frame.get_by_text(student, exact=True))
        for student in ("ada", "grace")
    )
    expect(ada.locator(".status")).to_have_text("needs autograding")
    expect(grace.locator(".status")).to_have_text("needs autograding")
    picture(page, "3-submissions")
    ada.locator(".autograde a").click()
    succeed(frame, page, "4-graded")
    expect(ada.locator(".status")).to_have_text("needs manual grading")
    expect(grace.locator(".status")).to_have_text("needs autograding")
    assert scores(handed_in, "ada") == dict.fromkeys(points(), 0) | {
        "conv-output-size": points()["conv-output-size"]
    }

    # The answer in words is graded by hand, beside its mark scheme.
    frame.get_by_role("link", name="Manual Grading").click()
    frame.locator(f"#main-table a[href$='/gradebook/{LESSON}']").click()
    frame.locator(f"#main-table a[href$='/gradebook/{LESSON}/{LESSON}']").click()
    frame.get_by_role("link", name="Submission #1").click()
    expect(frame.get_by_text("cases agree with the reference").first).to_be_visible(timeout=60_000)
    answer = frame.locator(".nbgrader_cell", has=frame.locator(f"#{QUESTION}"))
    expect(answer).to_contain_text("An edge is an edge wherever it is")
    scheme = frame.locator(".alert", has_text="Students do not see this")
    expect(scheme).to_contain_text("Only half if it says that the output does not change")
    answer.locator("input.score").fill("2.5")
    answer.locator("textarea.comment").fill(COMMENT)
    answer.locator("textarea.comment").press("Tab")
    wait_until(lambda: grade_of(handed_in) == 2.5, "the score to be saved", 30)
    wait_until(lambda: comment_of(handed_in) == COMMENT, "the comment to be saved", 30)
    answer.scroll_into_view_if_needed()
    picture(page, "5-by-hand")
    assert_formulas_are_typeset(frame)
    picture(page, "6-formulas")

    # Feedback is made.
    frame.get_by_role("link", name="Manual Grading").click()
    frame.get_by_role("link", name="Manage Assignments").click()
    lesson.locator(".generate-feedback a").click()
    succeed(frame, page, "7-feedback")
    assert [f.evaluate("window.hit") for f in page.frames] == [None] * len(page.frames)
    assert elsewhere == []

    read_offline(page, handed_in)


def read_offline(page, course):
    """The student reads the feedback: one file, somewhere else, without network."""
    file = course.parent / "feedback.html"
    shutil.copy(course / RECORDS / "feedback" / "ada" / LESSON / f"{LESSON}.html", file)
    context = page.context.browser.new_context(offline=True)
    reader = context.new_page()
    requests, problems = [], []
    reader.on("request", lambda request: requests.append(request.url))
    reader.on("console", lambda said: problems.append(said.text))
    reader.on("pageerror", lambda error: problems.append(str(error)))
    reader.goto(file.as_uri())
    earned = points()["conv-output-size"] + 2.5
    expect(reader.get_by_role("heading", name=f"(Score: {earned} /")).to_be_visible()
    graded = reader.locator(".nbgrader_cell", has=reader.locator(f"a[name='{QUESTION}']"))
    expect(graded).to_contain_text("Score: 2.5 / 4.0")
    expect(graded.locator(".panel-footer")).to_contain_text("What moves with the input?")
    expect(graded.locator(".panel-footer math")).to_have_count(2)
    expect(reader.get_by_text("Students do not see this")).to_have_count(0)
    expect(reader.get_by_text("Only half if it says")).to_have_count(0)
    graded.scroll_into_view_if_needed()
    picture(reader, "8-read-offline")
    assert_formulas_are_typeset(reader.locator("body"))
    picture(reader, "9-formulas-offline")
    assert reader.evaluate("window.hit") is None
    assert [url for url in requests if not url.startswith("data:")] == [file.as_uri()]
    assert problems == []
    context.close()


def shown(notebook, lesson=LESSON, **resources):
    """The notebook as the formgrader shows it, or, without a submission's id, the feedback."""
    step = ShowMarkSchemes(source_directory=str(ROOT / "solutions"))
    names = {"assignment_id": lesson, "notebook_id": lesson}
    return step.preprocess(notebook, names | resources)[0]


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_question_has_its_mark_scheme_below_it_in_the_formgrader_only(lesson):
    cells = shown(released(lesson), lesson, submission_id="1").cells
    for question in questions(lesson):
        (place,) = [k for k, cell in enumerate(cells) if info(cell).get("grade_id") == question]
        below = cells[place + 1].source
        assert "**Mark scheme**" in below and "Students do not see this" in below
        assert "SOLUTION" not in below
    assert len(cells) == len(released(lesson).cells) + len(questions(lesson))
    assert shown(released(lesson), lesson) == released(lesson)


def test_a_tasks_mark_scheme_is_no_heading():
    notebook = released()
    task = "Draw it.\n\n### BEGIN MARK SCHEME\n1 point for a *drawing*\n### END MARK SCHEME\n"
    notebook.cells = [new_markdown_cell(task)]
    html = markdown_to_html(shown(notebook, submission_id="1").cells[0].source)
    assert "<h3" not in html and "MARK SCHEME" not in html
    assert '<div class="alert alert-info">' in html and "<em>drawing</em>" in html
