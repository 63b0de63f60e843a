"""The student's library in JupyterLab: kept in one lesson, read in the next; Validate sleeps."""

import re
import urllib.request
import uuid

import nbformat
import pytest
from playwright.sync_api import expect
from test_browser import code_cell, run, write

from tests.browser import ARTIFACTS, TOKEN, get, wait_until
from tests.course import LESSON, LESSONS, find, points, quick, released, solution
from utils.checks import EXERCISES
from utils.mine.parts import PARTS

OWN = ("im2col", "conv2d-vectorised")
SECOND = f"{LESSONS[1]}/{LESSONS[1]}.ipynb"
NETWORK = """
from utils import data, mine, models
network = models.efficientnet_lite0(weights="imagenet", parts=mine)
cup = data.imagenet_input(data.photographs()["coffee"].image)
best = network(cup[None]).softmax(1).max(1)
print(f"named: {data.imagenet_classes()[best.indices]}, {best.values.item():.2f}")
print(network)
mine
"""


def open_lesson(page, lab, path):
    page.goto(f"{lab}/lab/workspaces/{uuid.uuid4().hex}/tree/notebooks/{path}?token={TOKEN}")


def kernel_is_idle(lab):
    """Say whether the one notebook that is open has its kernel."""
    kernels = [session["kernel"] for session in get(f"{lab}/api/sessions") if session["kernel"]]
    return any(k["execution_state"] == "idle" and k["connections"] > 0 for k in kernels)


def run_first(page, lab):
    """Run the lesson's first cell, once there is a kernel, and return it."""
    first = page.locator(".jp-CodeCell").first
    expect(first).to_be_visible(timeout=60_000)
    wait_until(lambda: kernel_is_idle(lab), "the kernel to be idle")
    run(page, first)
    expect(first.locator(".jp-OutputArea-output")).to_contain_text("computing", timeout=90_000)
    return first


def shut_down(lab):
    """End all kernels."""
    headers = {"Authorization": f"token {TOKEN}"}
    for kernel in get(f"{lab}/api/kernels"):
        url = f"{lab}/api/kernels/{kernel['id']}"
        urllib.request.urlopen(urllib.request.Request(url, headers=headers, method="DELETE"))


@pytest.mark.parametrize("written", [True, False], ids=["two parts written", "nothing written"])
def test_what_passes_in_lesson_1_is_there_in_lesson_2(written, lab, page, course):
    kept = course / "notebooks/my_convnet"
    if written:
        nbformat.write(quick(released()), course / f"notebooks/{LESSON}/{LESSON}.ipynb")
        open_lesson(page, lab, "01_convolution/01_convolution.ipynb")
        run_first(page, lab)
        for name in OWN:
            function = EXERCISES[name].name
            answer = code_cell(page, f"def {function}(")
            write(page, answer, find(solution(), name).source)
            check = code_cell(page, f'check("{name}"')
            run(page, check)
            output = check.locator(".jp-OutputArea-output")
            expect(output).to_contain_text("Kept as your own", timeout=60_000)
        assert {x.name for x in kept.iterdir()} == {"__init__.py", "conv2d.py", "im2col.py"}
        # Validate runs the same answers once more, and writes nothing.
        before = {x: (x.stat().st_mtime_ns, x.read_bytes()) for x in kept.iterdir()}
        (kept / "conv2d.py").rename(kept.parent / "away.py")
        page.get_by_role("button", name="Validate").click()
        dialog = page.locator(".jp-Dialog")
        expect(dialog).to_contain_text(
            f"2 of {len(points(LESSON))} checks passed.", timeout=240_000
        )
        dialog.get_by_role("button", name="Ok").click()
        assert not (kept / "conv2d.py").exists()
        (kept.parent / "away.py").rename(kept / "conv2d.py")
        assert before == {x: (x.stat().st_mtime_ns, x.read_bytes()) for x in kept.iterdir()}

        shut_down(lab)  # as if it were another day

    open_lesson(page, lab, SECOND)
    first = run_first(page, lab)
    write(page, first, "import torch" + NETWORK)
    output = first.locator(".jp-OutputArea")
    expect(output).to_contain_text("named: espresso, 0.95", timeout=60_000)
    whose = "yours: conv2d)" if written else "on loan)"
    lines = output.inner_text().splitlines()
    convs = [line for line in lines if re.search(": Conv2d", line)]
    # The conv layers that are not depthwise: first, last, one or two in each of 16 blocks.
    assert len(convs) == 33 and all(line.endswith(whose) for line in convs)
    assert "(stem): Conv2d(3, 32" in convs[0]
    (pool,) = [line for line in lines if ": AdaptiveAvgPool2d" in line]
    assert pool.endswith("on loan)")
    row = output.get_by_role("row").filter(has_text=re.compile("^conv2d(yours|on loan)"))
    expect(row).to_contain_text("yours" if written else "on loan")
    page.screenshot(path=ARTIFACTS / f"mine-{written}.png")
    assert kept.exists() == written

    open_lesson(page, lab, "home.md")
    picture = page.locator(".jp-MarkdownViewer img[src*='network.svg']")
    count = 2 if written else 0
    expect(picture).to_have_attribute(
        "alt", re.compile(f"{count} of {len(PARTS)} parts"), timeout=60_000
    )
    picture.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.jp-MarkdownViewer img').naturalWidth > 0")
    page.screenshot(path=ARTIFACTS / f"mine-home-{written}.png")
