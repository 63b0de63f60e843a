"""From a key press to the picture: each explorer, and the same one as ipywidgets with matplotlib.

    python -m benchmarks.explorers [Convolution Pooling ...]

Both run in the same JupyterLab, in a real Chromium, and are moved by the same key on a slider. A
time begins with the key's event in the browser, and ends when the changed picture is painted. What
an explorer takes on a page without a kernel is measured too. It prints a table; only its rows
compare, as all of them saw the same machine.
"""

import sys
import tempfile
import uuid
from pathlib import Path
from statistics import median, quantiles

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import sync_playwright

import utils.explorers
from tests import explorers as pages
from tests.browser import TOKEN, launch, served
from tests.course import copy_course

KEYS = 60
#: Class -> the label of a slider, its trait, and the values that are gone through.
SLIDERS = {
    "Convolution": ("Stride", "stride", (1, 5)),
    "Pooling": ("Stride", "stride", (1, 5)),
    "Sizing": ("Batch size", "batch_size", (1, 5)),
    "ReceptiveField": ("Input size", "size", (15, 19)),
    "GradientFlow": ("Layer", "layer", (1, 9)),
}
EXPLORER = "from utils import explorers\nexplorers.{name}()"
IPYWIDGETS = """\
from ipywidgets import IntSlider, interact
from utils import explorers, plots
@interact({trait}=IntSlider({low}, {low}, {high}, continuous_update=True))
def draw({trait}):
    explorer = explorers.{name}({trait}={trait})
    plots.show(explorer.picture(), explorer.alt())
"""
#: Time from a key's event to the painted change of what `look` sees.
CLOCK = """
([root, look]) => {
    const place = document.querySelector(root);
    const state = () => [...place.querySelectorAll(look)].map(
        (node) => node.src ?? node.outerHTML).join();
    window.times = [];
    document.addEventListener("keydown", () => {
        const start = performance.now(), before = state();
        const watch = new MutationObserver(() => {
            const now = state();
            if (!now || now === before) return;
            watch.disconnect();
            const painted = () => window.times.push(performance.now() - start);
            requestAnimationFrame(() => setTimeout(painted));
        });
        watch.observe(place, { subtree: true, childList: true, attributes: true });
    }, { capture: true });
}
"""


def press(page, slider, values, root, look):
    """Go up and down a slider; return the milliseconds that each step took."""
    page.evaluate(CLOCK, [root, look])
    steps = values[1] - values[0]
    for count in range(KEYS):
        key = "ArrowRight" if count // steps % 2 == 0 else "ArrowLeft"
        slider.press(key)
        page.wait_for_function("count => window.times.length > count", arg=count, timeout=20_000)
    return page.evaluate("window.times")[5:]  # the first ones warm up


def on_a_page(browser, folder, name):
    label, _, values = SLIDERS[name]
    with pages.opened(browser, folder, getattr(utils.explorers, name)()) as page:
        slider = page.get_by_label(label, exact=True).first
        return press(page, slider, values, ".explorer", ".explorer-stage")


def in_lab(browser, base, course, name, source, find, look):
    path = f"notebooks/{uuid.uuid4().hex}.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    made = new_notebook(cells=[new_code_cell(source)], metadata={"kernelspec": kernel})
    nbformat.write(made, course / path)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{base}/lab/workspaces/{uuid.uuid4().hex}/tree/{path}?token={TOKEN}")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    slider = find(page)
    slider.wait_for(timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    times = press(page, slider, SLIDERS[name][2], ".jp-OutputArea", look)
    page.close()
    return times


def row(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def said(times):
    return f"{median(times):.0f}", f"{quantiles(times, n=20)[-1]:.0f}"


def main():
    row("explorer", "page, ms", "95 %", "JupyterLab, ms", "95 %", "ipywidgets, ms", "95 %", "ratio")
    row(*["---"] * 8)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        folder = Path(folder)
        course, browser = copy_course(folder / "course"), launch(playwright)
        with served(course, folder / "home", folder / "lab.log") as base:
            for name in sys.argv[1:] or SLIDERS:
                label, trait, (low, high) = SLIDERS[name]
                still = on_a_page(browser, folder, name)
                source = EXPLORER.format(name=name)
                find = lambda page: page.get_by_label(label, exact=True).first  # noqa: E731
                ours = in_lab(browser, base, course, name, source, find, ".explorer-stage")
                source = IPYWIDGETS.format(name=name, trait=trait, low=low, high=high)
                find = lambda page: page.locator(".noUi-handle").first  # noqa: E731
                theirs = in_lab(browser, base, course, name, source, find, "img")
                ratio = f"{median(theirs) / median(ours):.1f}"
                row(name, *said(still), *said(ours), *said(theirs), ratio)


if __name__ == "__main__":
    main()
