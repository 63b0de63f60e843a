"""The explorers in JupyterLab: moved by hand, and from Python, in a real Chromium."""

import re
import uuid

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

import utils.explorers
from tests.browser import ARTIFACTS, TOKEN
from tests.explorers import SLIDERS, press_at_its_end, slider, violations

NOW = f"print('now', *({', '.join(f'{name}.{x[1]}' for name, x in SLIDERS.items())},))"


@pytest.fixture
def notebook(course):
    """A notebook with all explorers, each in a cell, and its path."""
    sources = ["from utils import explorers"]
    sources += [f"{name} = explorers.{name}()\n{name}" for name in SLIDERS]
    sources += [NOW]
    sources += ["\n".join(f"{name}.{x[1]} = {x[2]!r}" for name, x in SLIDERS.items())]
    path = "notebooks/explorers.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    made = new_notebook(cells=[new_code_cell(x) for x in sources], metadata={"kernelspec": kernel})
    nbformat.write(made, course / path)
    return path


def execute(page, cell):
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")


def test_explorers_are_moved_by_hand_and_from_python(lab, page, notebook):
    problems = []
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("console", lambda x: x.type == "error" and problems.append(f"console: {x.text}"))
    here = (lab, lab.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda x: x.url.startswith(here) or problems.append(f"request: {x.url}"))
    page.goto(f"{lab}/lab/workspaces/{uuid.uuid4().hex}/tree/{notebook}?token={TOKEN}")
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    for place in range(len(SLIDERS) + 1):
        execute(page, cells.nth(place))
    explorers = page.locator(".explorer")
    expect(explorers).to_have_count(len(SLIDERS), timeout=120_000)

    # By hand, and Python knows.
    for place, (label, _, _) in enumerate(SLIDERS.values()):
        slider(explorers.nth(place), label).press("ArrowRight")
    execute(page, cells.nth(len(SLIDERS) + 1))
    before = [getattr(getattr(utils.explorers, name)(), x[1]) for name, x in SLIDERS.items()]
    output = cells.nth(len(SLIDERS) + 1).locator(".jp-OutputArea-output")
    expect(output).to_contain_text("now")
    said = output.inner_text().removeprefix("now ").split()
    assert all(now != str(old) for now, old in zip(said, before, strict=True)), said

    # From Python, and the picture knows.
    texts = [explorers.nth(place).inner_text() for place in range(len(SLIDERS))]
    execute(page, cells.nth(len(SLIDERS) + 2))
    for place, text in enumerate(texts):
        expect(explorers.nth(place)).not_to_have_text(text, timeout=20_000)

    for place, (label, _, _) in enumerate(SLIDERS.values()):
        most = press_at_its_end(slider(explorers.nth(place), label))
        assert float(slider(explorers.nth(place), label).input_value()) == most

    for theme, dark in (("JupyterLab Light", False), ("JupyterLab Dark", True)):
        page.get_by_role("menuitem", name="Settings", exact=True).click()
        page.locator(".lm-Menu-item", has_text="Theme").first.hover()
        page.locator(".lm-Menu-item", has_text=theme).first.click()
        for place, name in enumerate(SLIDERS):
            explorer = explorers.nth(place)
            classes = re.compile("explorer-dark" if dark else r"^explorer\s*$")
            expect(explorer).to_have_class(classes, timeout=20_000)
            explorer.scroll_into_view_if_needed()
            page.screenshot(path=ARTIFACTS / f"lab-{name}-{'dark' if dark else 'light'}.png")
        assert violations(page, ".explorer") == []
    assert problems == []
