"""Explorers on a page of their own, without kernel and without network."""

import re
import shutil
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser import ARTIFACTS, SLOW
from utils.explorers import Features, sheets

#: Class -> a slider, the trait that it sets, and another value of this trait; in the site's order.
SLIDERS = {
    "Convolution": ("Stride", "stride", 3),
    "Features": ("Feature map", "channel", 3),
    "Pooling": ("Stride", "stride", 3),
    "Sizing": ("Batch size", "batch_size", 3),
    "ReceptiveField": ("Input size", "size", 21),
    "GradientFlow": ("Layer", "layer", 3),
}
PAGE = """\
<!doctype html>
<html lang="en" data-content_root="./"><head><meta charset="utf-8"><title>Explorers</title>
<meta name="viewport" content="width=device-width"></head>
<body style="margin: 8px; background: {paper}"><main>
<h1 style="color: gray">Explorers</h1>
{explorers}</main></body></html>
"""


#: Where a page of the site has the data of the explorer of features.
SHEETS = "_static/features"


def put_sheets(folder):
    """Put them there; they are made once, as for the site."""
    made = ARTIFACTS / "features"
    sheets.write(made)
    unfinished = shutil.ignore_patterns(".*")  # that another process is writing
    shutil.copytree(made, folder / SHEETS, ignore=unfinished, dirs_exist_ok=True)


@contextmanager
def opened(browser, folder, *explorers, width=1280, dark=False, unfolded=True, **context):
    """A page with explorers, alive and unfolded; fails at its end for console errors and requests.

    Other arguments go to the browser's context, such as `reduced_motion="reduce"`.
    """
    file = folder / "explorers.html"
    parts = "\n".join(explorer.as_html() for explorer in explorers)
    file.write_text(PAGE.format(paper="#111" if dark else "#fff", explorers=parts), "utf-8")
    if any(isinstance(explorer, Features) for explorer in explorers):
        put_sheets(folder)
    context = browser.new_context(viewport={"width": width, "height": 900}, **context)
    problems, beside = [], f"{(folder / SHEETS).as_uri()}/"

    def answer(route):
        if route.request.url == file.as_uri() or route.request.url.startswith(beside):
            return route.continue_()
        problems.append(f"request: {route.request.url}")
        return route.abort()

    context.route("**/*", answer)
    context.set_default_navigation_timeout(SLOW)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("console", lambda said: problems.append(f"console: {said.text}"))
    page.goto(file.as_uri())
    page.wait_for_function(f"document.querySelectorAll('.explorer').length == {len(explorers)}")
    if unfolded:
        page.evaluate("document.querySelectorAll('details').forEach(x => (x.open = true))")
    page.wait_for_function("!document.querySelector('.explorer[aria-busy]')")
    settle(page)
    yield page
    context.close()
    assert problems == []


def settle(page):
    """Wait until what was changed is painted."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


def put(page, place=0, **traits):
    """Set traits of the explorer at a place on the page, and wait for its picture."""
    page.evaluate(
        """([place, traits]) => {
            const { model } = document.querySelectorAll("[data-explorer]")[place];
            for (const [name, value] of Object.entries(traits)) model.set(name, value);
        }""",
        [place, traits],
    )
    settle(page)


def trait(page, name, place=0):
    """The value that a trait has in the page."""
    read = "([place, name]) => document.querySelectorAll('[data-explorer]')[place].model.get(name)"
    return page.evaluate(read, [place, name])


def slider(place, label):
    """A slider in an explorer; a field for the exact number may have the same label."""
    return place.get_by_role("slider", name=label, exact=True)


def press_at_its_end(slider):
    """Press a slider with the mouse where its largest value is; return this value."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] - 2, "y": box["height"] / 2})
    return float(slider.get_attribute("max"))


def fact(page, name):
    """What a line of an explorer's facts says: its value, without how it comes about."""
    return page.locator(f"[data-fact='{name}'] dd strong").inner_text()


def number(text):
    """The number that a text holds as the explorers write it."""
    return float(text.replace("−", "-").replace(",", ""))


def numbers(text):
    """All numbers in a text."""
    return [number(x) for x in re.findall(r"[−-]?\d[\d,]*(?:\.\d+)?(?:e[−+-]?\d+)?", text)]


def label(page, picture):
    """The text alternative of a picture, by its name in the script."""
    return page.locator(f"[data-picture='{picture}']").get_attribute("aria-label")


def violations(page, selector=None):
    """What axe-core finds in the page, or in an element."""
    return [
        f"{found['id']}: {node['html'][:150]}"
        for found in Axe().run(page, context=selector).response["violations"]
        for node in found["nodes"]
    ]


def is_wider_than_its_window(page):
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def assert_fit_for_everyone(browser, folder, *explorers):
    """No violation, and nothing too wide, on a bright desk and on a dark phone.

    Colours do not depend on the width, nor sizes on the theme.
    """
    for width, dark in ((1280, False), (390, True)):
        with opened(browser, folder, *explorers, width=width, dark=dark) as page:
            assert not (found := violations(page)), (width, dark, found)
            assert not is_wider_than_its_window(page), (width, dark)
            shown = page.locator(".explorer").first
            assert ("explorer-dark" in shown.get_attribute("class")) is dark


def assert_a_picture_without_script(browser, folder, explorer):
    """Where no script runs, the explorer is its picture with the text alternative."""
    file = folder / "still.html"
    file.write_text(explorer.as_html(), "utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    expect(page.get_by_role("img", name=explorer.alt()[:60])).to_be_visible()
    context.close()
