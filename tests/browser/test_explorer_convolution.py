"""The convolution explorer: what it shows is what the course's own layer gives."""

import random

import pytest
import torch
from playwright.sync_api import expect
from torch.testing import assert_close
from traitlets import TraitError

from tests.explorers import (
    assert_a_picture_without_script,
    assert_fit_for_everyone,
    fact,
    is_wider_than_its_window,
    label,
    number,
    numbers,
    opened,
    put,
    settle,
    trait,
)
from utils import sizing
from utils.explorers import Convolution


def random_explorer(dice):
    """Any explorer, also one whose filter does not fit."""
    torch.manual_seed(dice.randrange(10**6))
    channels, filters, kernel = dice.randint(1, 3), dice.randint(1, 3), dice.randint(1, 5)
    height, width = dice.randint(3, 9), dice.randint(3, 9)
    return Convolution(
        torch.randn(channels, height, width).mul(9).round(decimals=2),
        torch.randn(filters, channels, kernel, kernel).round(decimals=2),
        torch.randn(filters).round(decimals=2),
        stride=dice.randint(1, 4),
        padding=dice.randint(0, 3),
        dilation=dice.randint(1, 2),
        size=dice.randint(3, 9),
        filter=dice.randrange(filters),
        row=dice.randrange(4),
        column=dice.randrange(4),
    )


def test_it_takes_tensors_arrays_and_lists():
    image = torch.arange(12.0).reshape(1, 3, 4)
    for given in (image, image.numpy(), image.tolist()):
        assert Convolution(given).input == image.tolist()
    explorer = Convolution(torch.ones(3, 5, 5))
    assert torch.tensor(explorer.weight).shape == (2, 3, 3, 3)
    assert explorer.size == 5
    explorer.weight = torch.ones(2, 3, 1, 1)
    assert_close(explorer.output(), torch.full((2, 5, 5), 3.0))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"input": torch.zeros(3, 600, 512)}, ValueError, "too large for its numbers to be read"),
        ({"input": torch.zeros(5, 5)}, ValueError, r"must have the axes \(C, H, W\)"),
        ({"input": torch.zeros(1, 0, 5)}, ValueError, "is empty"),
        ({"input": torch.full((1, 3, 3), torch.nan)}, ValueError, "NaN or infinity"),
        ({"input": torch.zeros(1, 3, 3, dtype=torch.complex64)}, TypeError, "real numbers"),
        ({"input": "portrait"}, TypeError, "must be a tensor, an array or nested lists"),
        ({"input": [[[1, 2], [3]]]}, TypeError, "all rows equally long"),
        ({"weight": torch.zeros(2, 3, 3, 3)}, ValueError, "do not belong together"),
        ({"weight": torch.zeros(1, 1, 2, 3)}, ValueError, "square filters"),
        ({"bias": [0.0]}, ValueError, "do not belong together"),
        ({"stride": 0}, TraitError, "stride"),
        ({"strides": 2}, TypeError, "has no strides; it has bias"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_reason(settings, error, message):
    with pytest.raises(error, match=message):
        Convolution(**settings)


def test_a_refused_value_leaves_the_old_one():
    explorer = Convolution()
    before = explorer.values()
    with pytest.raises(ValueError, match="do not belong together"):
        explorer.input = torch.zeros(2, 4, 4)
    assert explorer.values() == before


def test_picture_and_text_say_what_is_there():
    assert "At row 1, column 3 of channel 1 it is 27" in Convolution(column=2).alt()
    assert "larger than the padded input" in Convolution(size=2).alt()
    figure = Convolution(size=2, padding=0).picture()
    assert [axis.get_title() for axis in figure.axes] == [
        "input",
        "filter 1 of 2",
        "output\nchannel 1 of 2",
    ]
    deep = Convolution(torch.ones(3, 4, 4), filter=1)
    assert [axis.get_title() for axis in deep.picture().axes] == [
        "input\nchannel 1 of 3",
        "filter 2 of 2\nchannel 1 of 3",
        "output\nchannel 2 of 2",
    ]
    assert "only channel 1 is drawn; an output adds up all 3 channels" in deep.alt()


def test_its_numbers_are_those_of_the_layer(browser, tmp_path):
    dice = random.Random(13)
    without_output = 0
    with opened(browser, tmp_path, Convolution()) as page:
        for _ in range(60):
            explorer = random_explorer(dice)
            put(page, **explorer.values())
            try:
                output = explorer.output()
            except ValueError:
                without_output += 1
                assert label(page, "output") == "No output."
                expect(page.locator(".explorer-warning")).to_contain_text("there is no output")
                assert fact(page, "Multiply-adds") == "0"
                continue
            filters, rows, columns = output.shape
            shown = torch.tensor(numbers(label(page, "output")))
            assert_close(
                shown.reshape(rows, columns), output[explorer.filter], rtol=1e-3, atol=1e-4
            )
            row, column = min(explorer.row, rows - 1), min(explorer.column, columns - 1)
            last = page.locator("[data-part=sum] p").last.inner_text()
            here = output[explorer.filter, row, column].item()
            assert number(last.rpartition(" = ")[2]) == pytest.approx(here, rel=1e-3, abs=1e-4)
            assert fact(page, "Output") == f"{filters} × {rows} × {columns}"
            channels, kernel = len(explorer.input), len(explorer.weight[0][0])
            total = sizing.conv_params(channels, filters, kernel).total
            assert number(fact(page, "Parameters")) == total
            layer = torch.nn.Conv2d(channels, filters, kernel, explorer.stride)
            layer.padding, layer.dilation = (explorer.padding,) * 2, (explorer.dilation,) * 2
            shape = (
                channels,
                *(
                    min(explorer.size, x)
                    for x in (len(explorer.input[0]), len(explorer.input[0][0]))
                ),
            )
            assert number(fact(page, "Multiply-adds")) == sizing.summary(layer, shape).multiply_adds
    assert 0 < without_output < 30


def test_the_case_that_does_not_divide_is_shown(browser, tmp_path):
    with opened(browser, tmp_path, Convolution(stride=3)) as page:
        warning = page.locator(".explorer-warning")
        expect(warning).to_have_text(
            "The steps do not come out even: no window reaches the last 1 row and 1 column."
        )
        assert "= 2.333, rounded down to 2" in page.locator("[data-fact=Output]").inner_text()
        assert page.locator("rect.unseen").count() == 13
        put(page, stride=2)
        expect(warning).to_be_hidden()
        assert page.locator("rect.unseen").count() == 0


def test_by_keyboard(browser, tmp_path):
    with opened(browser, tmp_path, Convolution()) as page:
        page.get_by_label("Stride").focus()
        page.keyboard.press("ArrowRight")
        assert trait(page, "stride") == 2
        page.get_by_label("Window column").focus()
        page.keyboard.press("ArrowRight")
        assert (trait(page, "row"), trait(page, "column")) == (0, 1)
        page.get_by_label("Filter size").focus()
        page.keyboard.press("ArrowRight")
        assert len(trait(page, "weight")[0][0]) == 4
        page.keyboard.press("ArrowLeft")
        settle(page)
        assert trait(page, "weight") == Convolution().weight
        weight = page.get_by_label("weight of channel 1, row 1, column 1")
        weight.focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("5")
        page.keyboard.press("Enter")
        assert trait(page, "weight")[0][0][0][0] == 5
        weight.fill("")
        page.keyboard.press("Enter")
        assert trait(page, "weight")[0][0][0][0] == 5
        assert weight.input_value() == "5"
        page.get_by_role("button", name="Step").focus()
        page.keyboard.press("Enter")
        assert (trait(page, "row"), trait(page, "column")) == (0, 2)


def test_by_mouse(browser, tmp_path):
    with opened(browser, tmp_path, Convolution()) as page:
        output = page.locator("[data-picture=output]")
        output.locator("rect[data-row='3'][data-column='1']").click()
        assert (trait(page, "row"), trait(page, "column")) == (3, 1)
        # Drag: the window follows.
        box = output.locator("rect[data-row='1'][data-column='4']").bounding_box()
        page.mouse.down()
        page.mouse.move(box["x"] + 10, box["y"] + 10, steps=4)
        page.mouse.up()
        settle(page)
        assert (trait(page, "row"), trait(page, "column")) == (1, 4)
        # In the input, the window is centred where one presses.
        page.locator("[data-picture='input 1'] rect[data-row='3'][data-column='3']").click()
        assert (trait(page, "row"), trait(page, "column")) == (2, 2)
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(
            "document.querySelector('[data-explorer]').model.get('column') == 4", timeout=5000
        )
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_two_of_them_do_not_disturb_each_other(browser, tmp_path):
    with opened(browser, tmp_path, Convolution(), Convolution()) as page:
        put(page, place=1, stride=2)
        assert (trait(page, "stride", 0), trait(page, "stride", 1)) == (1, 2)
        assert page.locator("[data-fact=Output] strong").all_inner_texts() == [
            "2 × 5 × 5",
            "2 × 3 × 3",
        ]


def test_for_everyone(browser, tmp_path):
    large = Convolution(torch.randn(4, 16, 16), torch.randn(2, 4, 5, 5), padding=3, dilation=2)
    assert_fit_for_everyone(browser, tmp_path, Convolution(), large, Convolution(size=2))
    with opened(browser, tmp_path, Convolution(), width=390, reduced_motion="reduce") as page:
        duration = "getComputedStyle(document.querySelector('.frame')).transitionDuration"
        assert page.evaluate(duration) == "0s"
        assert not is_wider_than_its_window(page)


def test_without_a_script_it_is_a_picture(browser, tmp_path):
    assert_a_picture_without_script(browser, tmp_path, Convolution())
