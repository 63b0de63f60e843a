"""Review and predictions in JupyterLab: answered by keyboard, kept, and asked again first."""

import re
import uuid

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect
from test_mine_in_lab import shut_down

from tests.browser import ARTIFACTS, TOKEN, wait_until
from tests.explorers import violations
from utils.mine.bank import bank

PREDICTED = "scale-of-dropout"  # of this lesson, so not among what is reviewed
SOURCES = ("from utils import mine", "mine.review()", f'mine.predict("{PREDICTED}")')
FOLDER = "04_review"


@pytest.fixture(autouse=True)
def patience():
    """Wait longer than usual, on a machine that does other things besides."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def notebook(course):
    """A notebook of a fourth lesson that reviews and predicts, and its path."""
    path = f"notebooks/{FOLDER}/{FOLDER}.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    cells = [new_code_cell(source) for source in SOURCES]
    (course / path).parent.mkdir()
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), course / path)
    return path


def open_and_run(page, lab, notebook):
    """Open the notebook, run all of it, and return its two quizzes."""
    page.goto(f"{lab}/lab/workspaces/{uuid.uuid4().hex}/tree/{notebook}?token={TOKEN}")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=90_000)
    page.screenshot(path=ARTIFACTS / "review-opened.png")
    page.locator(".jp-CodeCell .cm-content").first.click()
    for _ in SOURCES:
        page.keyboard.press("Shift+Enter")
    quizzes = page.locator(".jp-OutputArea .quiz")
    expect(quizzes).to_have_count(2, timeout=120_000)
    return quizzes.nth(0), quizzes.nth(1)


def question(quiz):
    """The question that a quiz shows."""
    return bank()[quiz.get_attribute("data-question")]


def answer(page, quiz, place):
    """Choose an answer by keyboard."""
    quiz.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    for _ in range(place):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def theme(page, name):
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-item", has_text="Theme").first.hover()
    page.locator(".lm-Menu-item", has_text=name).first.click()
    page.wait_for_timeout(1000)


def picture(page, quiz, name):
    quiz.scroll_into_view_if_needed()
    page.screenshot(path=ARTIFACTS / f"review-{name}.png")


def test_a_wrong_answer_comes_back_first_and_a_prediction_stays(lab, page, notebook, course):
    problems = []
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("console", lambda x: x.type == "error" and problems.append(f"console: {x.text}"))
    review, predict = open_and_run(page, lab, notebook)
    picture(page, review, "asked")
    expect(review.get_by_role("group")).to_be_visible()  # the fieldset
    expect(review).to_contain_text("Lesson 3, Pooling · 1 of 3")

    # The first one right, the second one wrong.
    first = question(review)
    answer(page, review, first.right)
    expect(review.get_by_role("status").first).to_have_text("✓ Right.")
    expect(review.get_by_role("status").first).to_be_focused()
    review.get_by_role("button", name="Next question").press("Enter")
    expect(review.get_by_role("radio").first).to_be_focused()
    second = question(review)
    answer(page, review, (second.right + 1) % len(second.options))
    expect(review.get_by_role("status").first).to_contain_text("✗ Not this one")
    expect(review.locator(".quiz-wrong")).to_contain_text("your answer")

    # Before it is chosen, nothing tells the answer.
    predicted = question(predict)
    assert predicted.name == PREDICTED
    expect(predict.locator(".quiz-why")).to_have_count(0)
    answer(page, predict, (predicted.right + 1) % len(predicted.options))
    expect(predict.locator(".quiz-why")).to_have_count(len(predicted.options))

    log = course / "notebooks/answers.txt"
    wait_until(lambda: len(log.read_text().splitlines()) == 3, "three answers in the log")
    kept = [line.split()[1:4] for line in log.read_text().splitlines()]
    assert kept == [
        ["review", first.name, "right"],
        ["review", second.name, "wrong"],
        ["predict", PREDICTED, "wrong"],
    ]
    for name, dark in (("JupyterLab Dark", True), ("JupyterLab Light", False)):
        theme(page, name)
        picture(page, review, f"answered-{'dark' if dark else 'light'}")
        assert violations(page, ".quiz") == []
    # Beside the list of files, 350 pixels are left for the notebook.
    page.set_viewport_size({"width": 720, "height": 900})
    picture(page, review, "narrow")
    assert review.evaluate("x => x.scrollWidth <= x.clientWidth + 1")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("Control+s")

    shut_down(lab)  # as if it were another day
    review, predict = open_and_run(page, lab, notebook)
    assert question(review).name == second.name
    expect(review).to_contain_text(re.compile("1 of 3"))
    expect(predict.locator(".quiz-wrong")).to_contain_text("✗ your answer")
    picture(page, predict, "again")
    # JupyterLab says so of every saved widget until its cell is run.
    assert [x for x in problems if "widget model not found" not in x] == []
