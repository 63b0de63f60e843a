"""A photograph of one's own is dropped, chosen and pasted in JupyterLab, and named."""

import base64
import io
import re
import uuid

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image
from playwright.sync_api import expect

from tests.browser import ARTIFACTS, TOKEN
from tests.explorers import (
    assert_a_picture_without_script,
    assert_fit_for_everyone,
    violations,
)
from utils import data
from utils.explorers import Classification

CATS = re.compile("Most probable: (tabby|tiger cat|Egyptian cat), ")
NOTEBOOK = "notebooks/names.ipynb"
CELLS = [
    "from utils import explorers\nnames = explorers.Classification()\nnames",
    "print([found['name'] for found in names.result['names']])",
]
#: From the drop to the painted name, in milliseconds.
CLOCK = """
root => {
    const status = root.querySelector("[role=status]");
    root.addEventListener("drop", () => {
        const start = performance.now();
        const watch = new MutationObserver(() => {
            if (!status.textContent.startsWith("Most probable")) return;
            watch.disconnect();
            const painted = () => (window.took = performance.now() - start);
            requestAnimationFrame(() => setTimeout(painted));
        });
        watch.observe(status, { subtree: true, childList: true, characterData: true });
    }, { capture: true });
}
"""
COPY = """
async picture => {
    const bytes = await (await fetch(picture)).blob();
    await navigator.clipboard.write([new ClipboardItem({ "image/png": bytes })]);
}
"""


def encoded(name, form="JPEG"):
    """One of the photographs that ship, as a file of one's own."""
    pixels = (data.photographs()[name].image * 255).round().byte().permute(1, 2, 0)
    buffer = io.BytesIO()
    Image.fromarray(pixels.contiguous().numpy()).save(buffer, form)
    return buffer.getvalue()


def drop(page, place, *paths):
    """Drop files on an element as from a file manager: the browser reads them from the disk."""
    box = place.bounding_box()
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    files = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **at, "data": files})
    session.detach()


def execute(page, cell):
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")


@pytest.fixture
def explorer(lab, page, course):
    """The explorer in a notebook, alive; console errors fail the test."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    cells = [new_code_cell(source) for source in CELLS]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), course / NOTEBOOK)
    problems = []
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("console", lambda x: x.type == "error" and problems.append(f"console: {x.text}"))
    here = (lab, lab.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda x: x.url.startswith(here) or problems.append(f"request: {x.url}"))
    # Playwright would begin to intercept the browser's dialog too late for a quick space bar.
    page.on("filechooser", lambda chooser: None)
    page.goto(f"{lab}/lab/workspaces/{uuid.uuid4().hex}/tree/{NOTEBOOK}?token={TOKEN}")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    execute(page, page.locator(".jp-CodeCell").first)
    explorer = page.locator(".explorer")
    expect(explorer).to_be_visible(timeout=120_000)
    yield explorer
    # JupyterLab says so itself when the kernel is gone.
    assert [x for x in problems if "Could not send widget" not in x] == []


def test_a_photograph_is_dropped_chosen_and_pasted(explorer, page, tmp_path, course):
    status, refusal = explorer.get_by_role("status"), explorer.get_by_role("alert")
    zone, input = explorer.locator(".explorer-drop"), explorer.locator("input[type=file]")
    names = explorer.locator(".explorer-name")
    picture = explorer.locator("[data-picture=photograph]")

    # Something is seen at once, and the student is told where the photograph goes.
    expect(status).to_have_text("Most probable: espresso, 95 %.")
    expect(picture).to_have_attribute("aria-label", re.compile("red cup.*map of espresso, 95 %"))
    expect(explorer).to_contain_text("Your photograph never leaves this computer.")

    # A real JPEG, dropped. The second time the kernel is warm.
    explorer.evaluate(CLOCK)
    for name, expected in [("chelsea", CATS), ("rocket", "Most probable: missile, ")]:
        (tmp_path / f"my {name}.jpg").write_bytes(encoded(name))
        drop(page, zone, tmp_path / f"my {name}.jpg")
        expect(status).to_have_text(re.compile(expected), timeout=60_000)
        expect(explorer.locator("figcaption")).to_contain_text(f"my {name}.jpg")
        page.wait_for_function("window.took")
        print(f"my {name}.jpg: named {page.evaluate('window.took'):.0f} ms after the drop")
        page.evaluate("window.took = 0")
    named, found = status.inner_text(), names.locator("strong").all_inner_texts()
    assert len(found) == 5 and found[0] == "missile"
    second = page.locator(".jp-CodeCell").nth(1)
    execute(page, second)
    expect(second.locator(".jp-OutputArea-output")).to_have_text(f"{found}\n")

    # The picture takes what is dropped too; what is no photograph is said.
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(99))
    (tmp_path / "large.txt").write_bytes(bytes(9_000_000))
    (tmp_path / "folder").mkdir()
    for file, words in {
        "text.jpg": "text.jpg is not a picture in a format that can be read",
        "phone.heic": "phone.heic is in the format HEIC",
        "large.txt": "large.txt has 9 MB, and your browser cannot make it smaller",
        "folder": "folder cannot be read: is it a folder?",
    }.items():
        drop(page, picture, tmp_path / file)
        expect(refusal).to_contain_text(words, timeout=20_000)
        expect(status).to_have_text(named)
    drop(page, picture, tmp_path / "text.jpg", tmp_path / "my rocket.jpg")
    expect(refusal).to_have_text("One photograph at a time, please: these are 2 files.")
    explorer.screenshot(path=ARTIFACTS / "classification-refused.png")

    # A file of 12 MB, which is more than a message holds.
    noise = np.random.default_rng(0).integers(0, 256, (2000, 2000, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    drop(page, zone, tmp_path / "noise.png")
    expect(explorer.locator("figcaption")).to_contain_text("noise.png", timeout=60_000)
    expect(refusal).to_be_hidden()

    # By keyboard: the space bar opens the browser's own dialog.
    explorer.locator("figcaption").click()  # or JupyterLab takes the focus to the other cell
    input.focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(tmp_path / "my chelsea.jpg")
    expect(status).to_have_text(CATS, timeout=20_000)

    # Pasted, with the focus in it.
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    png = base64.b64encode(encoded("coffee", "PNG")).decode()
    page.evaluate(COPY, f"data:image/png;base64,{png}")
    input.focus()
    page.keyboard.press("Control+v")
    expect(status).to_have_text("Most probable: espresso, 95 %.", timeout=20_000)
    page.evaluate("navigator.clipboard.writeText('words')")
    page.keyboard.press("Control+v")
    expect(refusal).to_have_text("There is no picture in the clipboard.")
    expect(page.locator(".jp-CodeCell")).to_have_count(2)

    # One of those that ship, and another of its names.
    explorer.get_by_label("Photograph", exact=True).select_option("A dahlia")
    expect(status).to_have_text(re.compile("Most probable: daisy"), timeout=20_000)
    names.nth(0).get_by_role("radio").focus()
    page.keyboard.press("ArrowDown")
    expect(names.nth(1).get_by_role("radio")).to_be_checked()
    second_name = names.nth(1).locator("strong").inner_text()
    expect(picture).to_have_attribute("aria-label", re.compile(f"map of {second_name}"))
    explorer.get_by_label("Show the map").uncheck()
    expect(picture).to_have_attribute("aria-label", data.photographs()["flower"].alt)
    explorer.get_by_label("Show the map").check()

    # In both themes, on a desk and in a narrow panel.
    drop(page, zone, tmp_path / "my chelsea.jpg")
    expect(status).to_have_text(CATS, timeout=20_000)
    for theme, dark in (("JupyterLab Dark", True), ("JupyterLab Light", False)):
        page.get_by_role("menuitem", name="Settings", exact=True).click()
        page.locator(".lm-Menu-item", has_text="Theme").first.hover()
        page.locator(".lm-Menu-item", has_text=theme).first.click()
        classes = re.compile("explorer-dark" if dark else r"^explorer\s*$")
        expect(explorer).to_have_class(classes, timeout=20_000)
        assert violations(page, ".explorer") == []
        explorer.screenshot(path=ARTIFACTS / f"classification-{'dark' if dark else 'light'}.png")
    explorer.evaluate("root => (root.style.width = '320px')")
    assert explorer.evaluate("root => root.scrollWidth <= root.clientWidth")
    assert violations(page, ".explorer") == []
    explorer.screenshot(path=ARTIFACTS / "classification-narrow.png")

    # The saved notebook holds the picture that ships, and none that was dropped.
    page.keyboard.press("Control+s")
    page.wait_for_timeout(2000)
    saved = (course / NOTEBOOK).read_text()
    assert "A red cup of espresso" in saved
    assert "my chelsea" not in saved


def test_a_kernel_that_is_gone_is_said(explorer, page, tmp_path):
    (tmp_path / "my cup.jpg").write_bytes(encoded("coffee"))
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.locator(".lm-Menu-item", has_text="Shut Down Kernel").first.click()
    expect(page.get_by_text("No Kernel").first).to_be_visible(timeout=30_000)
    drop(page, explorer.locator(".explorer-drop"), tmp_path / "my cup.jpg")
    expect(explorer.get_by_role("alert")).to_contain_text("run this cell again", timeout=30_000)


def test_in_a_saved_page(browser, tmp_path):
    explorer = Classification()
    assert_fit_for_everyone(browser, tmp_path, explorer)
    assert_a_picture_without_script(browser, tmp_path, explorer)
