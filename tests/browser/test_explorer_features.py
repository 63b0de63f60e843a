"""The explorer of features: what it shows is what the trained network gives."""

import re

import matplotlib
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.explorers import (
    PAGE,
    assert_a_picture_without_script,
    assert_fit_for_everyone,
    label,
    number,
    opened,
    put,
    settle,
    slider,
    trait,
)
from utils.explorers import Features, sheets
from utils.explorers.features import BRIGHTEN
from utils.explorers.sheets import LAYERS, PHOTOGRAPHS

PLACES = [
    ("chelsea", 0, 0),
    ("camera", 1, 40),
    ("coffee", 2, 7),
    ("hopper", 3, 479),
    ("rocket", 5, 1279),
]


def wait(page):
    """Until what was chosen is there and painted."""
    settle(page)
    page.wait_for_function("!document.querySelector('.explorer[aria-busy]')")
    settle(page)


def canvas(page, name):
    """The pixels of a picture, (H, W, 3)."""
    size, data = page.locator(f"[data-picture='{name}']").evaluate(
        """x => {
            const copy = document.createElement("canvas"); // Chromium warns of reading one twice
            [copy.width, copy.height] = [x.width, x.height];
            const context = copy.getContext("2d");
            context.drawImage(x, 0, 0);
            return [[x.height, x.width], [...context.getImageData(0, 0, x.width, x.height).data]];
        }"""
    )
    return np.array(data).reshape(*size, 4)[..., :3]


def frame(page, kind):
    """Of a frame over a picture: its left, top, width and height, in shares of the picture."""
    return page.locator(f".explorer-over.{kind}").evaluate(
        "x => ['left', 'top', 'width', 'height'].map(side => parseFloat(x.style[side]) / 100)"
    )


def test_maps_units_and_fields_are_those_of_the_network(browser, tmp_path):
    colours = matplotlib.colormaps["inferno"]
    with opened(browser, tmp_path, Features()) as page:
        for photograph, which, channel in PLACES:
            layer = LAYERS[which]
            put(page, photograph=photograph, layer=layer.name, channel=channel, unit=None)
            wait(page)
            explorer = Features(photograph, layer.name, channel=channel)
            row, column = explorer.strongest()
            values = explorer.maps()[channel]
            said = label(page, "map")
            if values.max() > 0:
                assert f"row {row + 1}, column {column + 1}, is " in said
                strength = number(re.search(r"column \d+, is ([\d.]+)", said)[1])
                assert strength == pytest.approx(values.max().item(), rel=0.006)
            expected = colours((values.numpy() / sheets.MOST) ** BRIGHTEN)[..., :3] * 255
            difference = np.abs(canvas(page, "map") - expected).mean()
            assert difference < 20, (photograph, layer.name, difference)

            left, top, width, height = (224 * x for x in frame(page, "field"))
            first = [x * layer.jump - layer.padding for x in (column, row)]
            for start, length, at in ((left, width, first[0]), (top, height, first[1])):
                assert start == pytest.approx(max(at, 0), abs=0.01)
                assert start + length == pytest.approx(min(at + layer.field, 224), abs=0.01)
            names = page.locator(".explorer-choices.prediction label")
            for text, (name, share, _) in zip(
                names.all_inner_texts(), sheets.predictions(photograph), strict=True
            ):
                assert text.startswith(name)
                assert number(text.split()[-1].rstrip("%")) == pytest.approx(
                    100 * share, rel=0.05, abs=0.01
                )


def test_the_first_layers_filter_is_drawn_with_its_weights(browser, tmp_path):
    weights = sheets.filters()
    with opened(browser, tmp_path, Features("coffee", channel=8)) as page:
        for k, name in enumerate(("red", "green", "blue")):
            shown = page.locator(f"[data-picture='filter {name}'] text").all_text_contents()
            expected = weights[8, k].flatten().tolist()
            assert [number(x) for x in shown] == pytest.approx(expected, rel=0.01, abs=0.06)
        picture = canvas(page, "filter").transpose(2, 0, 1) - 128
        share = weights[8] / weights[8].abs().max()
        assert np.abs(picture - 127 * share.numpy()).max() < 1.1
        put(page, layer="stage3.1.relu2")
        wait(page)
        expect(page.locator("[data-picture=filter]")).to_be_hidden()
        expect(page.locator("[data-control=filter]")).to_contain_text(
            "5 × 5 filter reads no colours"
        )


def test_it_is_used_by_keyboard(browser, tmp_path):
    with opened(browser, tmp_path, Features("coffee")) as page:
        page.get_by_role("radio", name="A cup of espresso").focus()
        page.keyboard.press("ArrowRight")
        wait(page)
        assert trait(page, "photograph") == "camera"
        page.get_by_role("radio", name=re.compile("First conv")).focus()
        page.keyboard.press("ArrowRight")
        wait(page)
        assert trait(page, "layer") == "stage2.0.relu2"
        before = trait(page, "channel")
        slider(page, "Feature map").press("ArrowRight" if before < 95 else "ArrowLeft")
        wait(page)
        assert abs(trait(page, "channel") - before) == 1
        slider(page, "Unit row").press("ArrowRight")
        slider(page, "Unit row").press("ArrowLeft")
        slider(page, "Unit column").press("Home")
        wait(page)
        assert trait(page, "unit")[1] == 0 and "column 1, is" in label(page, "map")
        page.get_by_role("radio", name=re.compile("tripod")).focus()
        page.keyboard.press("ArrowDown")
        wait(page)
        assert trait(page, "prediction") == 1
        name = sheets.predictions("camera")[1][0]
        assert label(page, "evidence").startswith(f"Class activation map of {name}:")


def test_maps_units_and_patches_are_pressed(browser, tmp_path):
    with opened(browser, tmp_path, Features("coffee", order="number")) as page:
        grid = page.locator("[data-picture=grid]")
        box = grid.bounding_box()
        columns = round(box["width"] / (box["height"] / -(-32 // 5))) if box else 0
        left, top, width, height = frame(page, "chosen")
        grid.click(position={"x": box["width"] * width * 1.7, "y": box["height"] * height / 2})
        wait(page)
        assert trait(page, "channel") == 1 and columns >= 4
        assert frame(page, "chosen")[0] > left

        large = page.locator("[data-picture=map]")
        box = large.bounding_box()
        large.click(position={"x": box["width"] * 0.251, "y": box["height"] * 0.751})
        wait(page)
        assert trait(page, "unit") == [84, 28]
        photo = page.locator("[data-picture=photograph]")
        box = photo.bounding_box()
        photo.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
        wait(page)
        left, top, width, height = frame(page, "field")
        assert (left + width / 2, top + height / 2) == pytest.approx((0.5, 0.5), abs=0.01)

        put(page, layer="stage3.1.relu2", channel=12)
        wait(page)
        patch = page.locator(".explorer-patch").nth(1)
        strength = number(patch.inner_text())
        patch.press("Enter")
        wait(page)
        image, place, value = sheets.sheet("channels")["stage3.1.relu2"]["patches"][12][3:6]
        assert trait(page, "photograph") == PHOTOGRAPHS[image]
        assert trait(page, "unit") == list(divmod(place, 28))
        assert strength == pytest.approx(value / 100, rel=0.006)


def test_maps_are_put_in_order(browser, tmp_path):
    layer = LAYERS[3]
    means = np.array(sheets.sheet("channels")[layer.name]["means"])
    here = PHOTOGRAPHS.index("flower")
    others = np.delete(means, here, axis=0).mean(0)
    best = int(np.argmax(means[here] - others))
    with opened(browser, tmp_path, Features("flower", layer.name, channel=best)) as page:
        assert frame(page, "chosen")[:2] == [0, 0]
        put(page, order="number")
        wait(page)
        assert frame(page, "chosen")[:2] != [0, 0]
        put(page, channel=0)
        wait(page)
        assert frame(page, "chosen")[:2] == [0, 0]


def test_without_its_data_it_is_the_picture_that_it_was(browser, tmp_path):
    explorer = Features("coffee")
    file = tmp_path / "alone.html"
    file.write_text(PAGE.format(paper="#fff", explorers=explorer.as_html()), "utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    expect(page.get_by_text("Open the explorer on the course’s site")).to_be_visible()
    expect(page.get_by_role("img", name=explorer.alt()[:60])).to_be_visible()
    expect(page.locator(".explorer")).to_have_count(0)
    page.close()


def test_it_fits_everyone(browser, tmp_path):
    assert_fit_for_everyone(browser, tmp_path, Features(), Features("hopper", "relu2", channel=9))


def test_without_script_it_is_a_picture(browser, tmp_path):
    assert_a_picture_without_script(browser, tmp_path, Features("rocket"))
