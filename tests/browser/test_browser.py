"""A student takes lesson 1 in JupyterLab, in a real Chromium, as `make lab` opens it."""

import re
import uuid

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser import ARTIFACTS, TOKEN, get, wait_until
from tests.course import LESSONS, points, quick, released
from utils.checks import EXERCISES

CHECKS = len(points(LESSONS[0]))
LESSON = "notebooks/01_convolution/01_convolution.ipynb"

RIGHT_ANSWER = """\
def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    room = input_size + 2 * padding - kernel_size
    if room < 0: raise ValueError("the kernel is larger than the padded input")
    return room // stride + 1
"""


def kernel_is_idle(base):
    sessions = [s for s in get(f"{base}/api/sessions") if s["path"] == LESSON]
    kernels = [session["kernel"] for session in sessions if session["kernel"]]
    return any(k["execution_state"] == "idle" and k["connections"] > 0 for k in kernels)


def code_cell(page, text):
    return page.locator(".jp-CodeCell").filter(
        has=page.locator(".jp-InputArea-editor", has_text=text)
    )


def write(page, cell, source):
    """Replace a cell's text and run it."""
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(source)
    page.keyboard.press("Shift+Enter")


def run(page, cell):
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")


def test_a_student_takes_the_lesson(lab, page, course):
    nbformat.write(quick(released()), course / LESSON)
    page.goto(f"{lab}/lab/workspaces/{uuid.uuid4().hex}/tree/notebooks/home.md?token={TOKEN}")

    # The course home is a page, not a text file, and leads to the lesson.
    home = page.locator(".jp-MarkdownViewer")
    expect(home.get_by_role("heading", name="Lessons")).to_be_visible(timeout=60_000)
    expect(home.get_by_role("row", name="1 Convolution")).to_contain_text(
        f"0 of {CHECKS} checks passed"
    )
    pictures = home.locator("table img")
    expect(pictures).to_have_count(len(LESSONS))
    page.wait_for_function(
        "[...document.querySelectorAll('.jp-MarkdownViewer table img')]"
        ".every(x => x.complete && x.naturalWidth > 0)"
    )
    page.screenshot(path=ARTIFACTS / "home.png")

    # There is one home, and nothing of nbgrader's that is not for students.
    files = page.locator(".jp-DirListing-itemName")
    expect(files).to_have_text([*LESSONS, "home.md", "network.svg"])
    expect(page.get_by_role("menuitem", name="Kernel", exact=True)).to_be_visible()
    expect(page.get_by_role("menuitem", name="Nbgrader")).to_have_count(0)
    expect(page.get_by_role("tab", name="Create Assignment")).to_have_count(0)
    home.get_by_role("link", name="Convolution", exact=True).click()
    expect(page.locator(".jp-Notebook")).to_be_visible(timeout=60_000)
    wait_until(lambda: kernel_is_idle(lab), "the kernel to be idle")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)  # opened, and not changed

    # Run all: every cell runs, past the checks of the exercises that are not solved yet.
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    prompts = page.locator(".jp-CodeCell .jp-InputArea-prompt")
    expect(prompts.last).to_have_text(re.compile(r"\[\d+\]"), timeout=240_000)
    expect(prompts.filter(has_text="[*]")).to_have_count(0)

    solution = code_cell(page, "def conv_output_size(")
    check = code_cell(page, 'check("conv-output-size"')
    output = check.locator(".jp-OutputArea-output")
    expect(output).to_contain_text("not written yet")
    expect(output).not_to_contain_text("Traceback")
    value = code_cell(page, "strides_that_fit =").locator(".jp-OutputArea-output")
    expect(value).to_contain_text("Not answered yet")
    expect(value).not_to_contain_text("Traceback")

    # A wrong answer: the check names the mistake.
    exercise = EXERCISES["conv-output-size"]
    mistake = exercise.mistakes[0]
    write(page, solution, mistake.source(exercise))
    run(page, check)
    expect(output).to_contain_text(mistake.hint[:40], timeout=30_000)
    solution.evaluate("x => x.scrollIntoView({ block: 'start' })")
    top, end = solution.bounding_box(), check.bounding_box()
    height = end["y"] + end["height"] - top["y"]
    page.screenshot(path=ARTIFACTS / "failing-check.png", clip=top | {"height": height})

    # A right answer: the check says what it tried.
    write(page, solution, RIGHT_ANSWER)
    run(page, check)
    expect(output).to_contain_text("cases agree with the reference", timeout=30_000)
    expect(output).to_contain_text(re.compile(r"✓ Passed \(\d+ points?\)\s+conv_output_size"))
    page.screenshot(path=ARTIFACTS / "passing-check.png")

    # Validate runs the notebook afresh, and finds the other exercises unsolved.
    page.get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("Validation Results", timeout=240_000)
    expect(dialog).to_contain_text(f"1 of {CHECKS} checks passed.")
    expect(dialog).to_contain_text(re.compile(r"not answered yet: \S.*\bconv-params\b", re.DOTALL))
    expect(dialog).not_to_contain_text('check("conv-params"')
    expect(dialog).not_to_contain_text('check("conv-output-size"')
    page.screenshot(path=ARTIFACTS / "validate.png")

    # The course home has counted the check that passed, though Validate has tried it once more.
    dialog.get_by_role("button", name="Ok").click()
    page.get_by_role("tab", name="home.md").click()
    bar = home.get_by_role("progressbar", name=f"1 of {CHECKS} checks passed")
    expect(bar).to_be_visible(timeout=30_000)
    assert bar.evaluate("bar => bar.position") == pytest.approx(1 / CHECKS)
    page.screenshot(path=ARTIFACTS / "home-progress.png")
