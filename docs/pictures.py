"""Take the pictures of README.md and docs/index.md anew, when a lesson in them has changed.

    python -m docs.pictures [lesson explorer report check]

The lesson and the explorer are taken from the site that `make site` has built. The report is on the
submissions that the tests make of the catalogue's right and wrong answers; they are graded first,
in a minute. The check that names a mistake is in JupyterLab, where tests/browser/test_browser.py
takes it; from test-artifacts/ it is copied.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from docs._ext.paper import launch
from tests.course import answered, copy_course, released, run, submit
from tests.schedule import schedule

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

LESSON = "01_convolution"
#: What is at the top of the picture of a lesson.
SECTION = "3. Two dimensions"


def lesson(page) -> None:
    """A question to predict first, its answer folded, and a figure."""
    page.get_by_role("heading", name=SECTION).evaluate(
        "x => x.scrollIntoView({ behavior: 'instant' })"
    )
    page.screenshot(path=HERE / "lesson.png")


def explorer(page) -> None:
    """The explorer of convolution, where no window reaches the last row and column."""
    place = page.locator(".explorer-place").first
    place.get_by_role("slider", name="Stride", exact=True).fill("3")
    page.evaluate("document.activeElement.blur()")
    place.screenshot(path=HERE / "explorer.png")


def report(page) -> None:
    """The top of a report on a lesson."""
    with tempfile.TemporaryDirectory(prefix="convnets-pictures-") as folder:
        course = copy_course(Path(folder, "course"))
        for student, answers in schedule(LESSON, 20).items():
            sources = {exercise: answer.source for exercise, answer in answers.items()}
            submit(course, student, answered(sources, released(LESSON)), lesson=LESSON)
        run(course, sys.executable, "-m", "autograder", "grade", LESSON)
        run(course, sys.executable, "-m", "autograder", "report", LESSON, "--html", "report.html")
        page.goto((course / "report.html").as_uri())
        page.screenshot(path=HERE / "report.png")


def check(page) -> None:
    """A check in JupyterLab that names a mistake."""
    shutil.copyfile(ROOT / "test-artifacts" / "failing-check.png", HERE / "failing-check.png")


PICTURES = {"lesson": lesson, "explorer": explorer, "report": report, "check": check}


def main() -> None:
    """Take those that are named, or all."""
    address = (HERE / "_build" / "site" / "lessons" / f"{LESSON}.html").as_uri()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for name in sys.argv[1:] or PICTURES:
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.goto(address)
            page.evaluate("window.MathJax.startup.promise")
            PICTURES[name](page)
            page.close()
        browser.close()
    for path in HERE.glob("*.png"):  # 256 colours are enough, in a third of the bytes
        Image.open(path).convert("RGB").quantize().save(path, optimize=True)


if __name__ == "__main__":
    main()
