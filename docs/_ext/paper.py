"""A PDF of each lesson, beside its page: the page as a browser prints it, offline.

`_static/paper.js` and `_static/paper.css` say what a page is on paper, whoever prints it.
"""

import html
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
NO_CHROMIUM = """\
The site is built without PDFs of the lessons: no Chromium is installed, which prints them.
`make system` installs it or says how; then run `make site` again."""
#: Above and below each page; the browser puts in what has a class.
LINE = (
    '<div style="display: flex; justify-content: space-between; width: 100%; margin: 0 18mm;'
    ' font: 8px Arial, sans-serif; color: #555">{}</div>'
)
FOOT = '<span>{}</span><span><span class="pageNumber"></span> of <span class="totalPages"></span>'
#: Milliseconds; a lesson takes some seconds.
PATIENCE = 120_000


def chromium() -> str | None:
    """Return where a Chromium is, if there is one."""
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


def launch(playwright):
    """Start it. It opens pages of our own only, so it needs no sandbox, which a container lacks."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return playwright.chromium.launch(executable_path=chromium(), args=flags)


def print_page(browser, path: Path) -> None:
    """Print a page into a file beside it."""
    page = browser.new_page(offline=True)
    page.set_default_timeout(PATIENCE)
    page.goto(path.as_uri())
    page.evaluate("window.MathJax?.startup?.promise")
    title, _, course = page.title().rpartition(" - ")
    address = page.evaluate("document.querySelector('link[rel=canonical]')?.href ?? ''")
    head = f"<span>{html.escape(title)}</span><span>{html.escape(course)}</span>"
    page.pdf(
        path=path.with_suffix(".pdf"),
        prefer_css_page_size=True,
        print_background=True,
        display_header_footer=True,
        header_template=LINE.format(head),
        footer_template=LINE.format(FOOT.format(html.escape(address))),
        tagged=True,
        outline=True,
    )
    page.close()


def print_lessons(app, exception) -> None:
    """Print each lesson that is newer than its PDF."""
    if exception or app.builder.name != "html":
        return
    if not chromium():
        print(NO_CHROMIUM, file=sys.stderr)
        return
    site = Path(app.outdir)
    looks = max(path.stat().st_mtime for path in (site / "_static").glob("paper.*"))
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for path in sorted(site.glob("lessons/[0-9]*.html")):
            pdf = path.with_suffix(".pdf")
            made = pdf.stat().st_mtime if pdf.exists() else 0
            if made < max(looks, path.stat().st_mtime):
                print_page(browser, path)
        browser.close()


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", print_lessons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
