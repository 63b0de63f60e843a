"""A student takes lesson 1 in JupyterLab, in a real Chromium, as `make lab` opens it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest
from course import answered, environment, gradebook, nbgrader, points, released, scores, submit
from nbformat.v4 import new_code_cell, new_markdown_cell
from playwright.sync_api import expect, sync_playwright

from utils.checks import EXERCISES

ARTIFACTS = Path(__file__).resolve().parent.parent / "test-artifacts"
TOKEN = "a-token-for-the-test"
LESSON = "notebooks/01_convolution/01_convolution.ipynb"
MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"

RIGHT_ANSWER = """\
def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    room = input_size + 2 * padding - kernel_size
    if room < 0: raise ValueError("the kernel is larger than the padded input")
    return room // stride + 1
"""


def chromium_path():
    for name in ["chromium", "chromium-browser", "google-chrome", MAC_CHROME]:
        if path := shutil.which(name):
            return path
    pytest.fail("the browser tests need Chromium: `make system` installs it or says how")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    request = urllib.request.Request(url, headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.loads(reply.read())


def wait_until(condition, what, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.3)


@pytest.fixture
def lab(course, tmp_path):
    """The address of a JupyterLab that `make lab` serves from a fresh copy and an empty home."""
    home = tmp_path / "home"
    # All cells stay in the page, so that a locator finds what is scrolled out of view.
    settings = home / ".jupyter/lab/user-settings/@jupyterlab/notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    port = free_port()
    flags = f"--no-browser --port={port} --IdentityProvider.token={TOKEN}"
    variables = environment(course, HOME=str(home))
    log = ARTIFACTS / "lab.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as stream:
        server = subprocess.Popen(
            ["make", "lab", f"LAB_FLAGS={flags}"],
            cwd=course,
            env=variables,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    base = f"http://127.0.0.1:{port}"

    def serves():
        assert server.poll() is None, f"make lab stopped:\n{log.read_text()[-2000:]}"
        try:
            return get(f"{base}/api/status")
        except (urllib.error.URLError, ConnectionError):
            return False

    try:
        wait_until(serves, "make lab to serve")
        yield base
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


@pytest.fixture
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        yield page
        page.screenshot(path=ARTIFACTS / "last.png")
        browser.close()


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


def test_a_student_takes_the_lesson(lab, page):
    page.goto(f"{lab}/lab/workspaces/{uuid.uuid4().hex}/tree/notebooks/README.md?token={TOKEN}")

    # The course home is a page, not a text file, and leads to the lesson.
    home = page.locator(".jp-MarkdownViewer")
    expect(home.get_by_role("heading", name="Lessons")).to_be_visible(timeout=60_000)
    page.screenshot(path=ARTIFACTS / "home.png")
    home.get_by_role("link", name="Convolution", exact=True).click()
    expect(page.locator(".jp-Notebook")).to_be_visible(timeout=60_000)
    wait_until(lambda: kernel_is_idle(lab), "the kernel to be idle")

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

    # A wrong answer: the check names the mistake.
    exercise = EXERCISES["conv-output-size"]
    mistake = exercise.misconceptions[0]
    write(page, solution, mistake.source(exercise))
    run(page, check)
    expect(output).to_contain_text(mistake.hint[:40], timeout=30_000)
    check.scroll_into_view_if_needed()
    page.screenshot(path=ARTIFACTS / "failing-check.png")

    # A right answer: the check says what it tried.
    write(page, solution, RIGHT_ANSWER)
    run(page, check)
    expect(output).to_contain_text("cases agree with the reference", timeout=30_000)
    page.screenshot(path=ARTIFACTS / "passing-check.png")

    # Validate runs the notebook afresh, and finds the other exercises unsolved.
    page.get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("Validation Results", timeout=240_000)
    expect(dialog).to_contain_text('check("conv-params"')
    expect(dialog).to_contain_text("conv_params is not written yet")
    expect(dialog).not_to_contain_text('check("conv-output-size"')
    page.screenshot(path=ARTIFACTS / "validate.png")


def test_an_instructor_grades_by_click_and_reads_a_page_in_which_nothing_acts(course, lab, page):
    lesson = "01_convolution"
    nbgrader(course, "generate_assignment", lesson, "--force")
    notebook = answered({"conv-output-size": RIGHT_ANSWER}, released())
    acting = "<img src=x onerror='window.hit = 1'><script>window.hit = 1</script>"
    notebook.cells.append(new_markdown_cell(acting))
    shown = "from IPython.display import HTML, Javascript, display\n"
    shown += f'display(HTML("""{acting}"""), Javascript("window.hit = 1"))'
    notebook.cells.append(new_code_cell(shown))
    submit(course, "ada", notebook)

    page.set_extra_http_headers({"Authorization": f"token {TOKEN}"})
    page.goto(f"{lab}/formgrader/manage_submissions/{lesson}")
    row = page.locator("tr", has=page.get_by_text("ada", exact=True))
    row.locator(".autograde a").click()
    expect(page.get_by_text("Success", exact=False).first).to_be_visible(timeout=120_000)
    assert scores(course, "ada")["conv-output-size"] == points()["conv-output-size"]
    assert scores(course, "ada")["conv-params"] == 0

    with gradebook(course) as book:
        place = book.find_submission_notebook(lesson, lesson, "ada").id
    page.goto(f"{lab}/formgrader/submissions/{place}/")
    expect(page.get_by_text("cases agree with the reference").first).to_be_visible(timeout=60_000)
    page.screenshot(path=ARTIFACTS / "formgrader.png")
    assert page.evaluate("window.hit") is None
