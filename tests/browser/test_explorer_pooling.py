"""The pooling explorer: what it shows is what the course's own layers give."""

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
from utils import functional, sizing
from utils.explorers import Pooling

SLIDE = [[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]


def random_explorer(dice):
    """Any explorer: with ties, with a gradient that fits or not, also without an output."""
    torch.manual_seed(dice.randrange(10**6))
    image = torch.randint(-4, 5, (dice.randint(2, 11), dice.randint(2, 11)))
    explorer = Pooling(
        image.double() * dice.choice([1.0, 0.1]),
        mode=dice.choice(["max", "average"]),
        kernel_size=dice.randint(1, 5),
        stride=dice.randint(1, 4),
        padding=dice.choice([0, 0, 1, 1, 2, 3]),
        shift=(dice.randint(-3, 3), dice.randint(-3, 3)),
        row=dice.randrange(5),
        column=dice.randrange(5),
    )
    try:
        size = explorer.output_size()
    except ValueError:
        return explorer
    if dice.random() < 0.7:
        explorer.grad_output = torch.randint(-9, 10, size) / 4
    if dice.random() < 0.2:
        explorer.stride = dice.randint(1, 4)
    return explorer


def matrix(page, picture):
    """The numbers that the text alternative of a picture lists."""
    rows = label(page, picture).partition(": ")[2].split(". ")[0].split(";")
    return torch.tensor([numbers(row) for row in rows], dtype=torch.float64)


def rings(page, kind, padding):
    """(row, column) of the pixels with a ring in the input's picture."""
    places = page.locator(f"[data-picture=input] circle.{kind}").evaluate_all(
        "all => all.map(one => [one.cy.baseVal.value, one.cx.baseVal.value])"
    )
    return {(int(y // 34) - padding, int(x // 34) - padding) for y, x in places}


def places(explorer, flat):
    """Flat indices into the explorer's input, as (row, column)."""
    width = len(explorer.input[0])
    return {(i // width, i % width) for i in flat.flatten().tolist()}


def test_it_takes_tensors_arrays_and_lists():
    image = torch.arange(12.0).reshape(3, 4)
    for given in (image, image.numpy(), image.tolist()):
        assert Pooling(given).input == image.tolist()
    assert Pooling([[0.1]], kernel_size=1).input == [[0.1]]
    assert Pooling(SLIDE).output().tolist() == [[6, 8], [3, 4]]
    assert Pooling(SLIDE, mode="average").output().tolist() == [[3.25, 5.25], [2, 2]]


def test_without_a_stride_windows_do_not_overlap():
    assert (Pooling().kernel_size, Pooling().stride) == (2, 2)
    assert Pooling(kernel_size=3).stride == 3
    assert Pooling(kernel_size=3, stride=2).stride == 2


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"input": torch.zeros(60, 51)}, ValueError, "too large for its numbers to be read"),
        ({"input": torch.zeros(1, 5, 5)}, ValueError, r"must have the axes \(H, W\)"),
        ({"input": torch.zeros(0, 5)}, ValueError, "is empty"),
        ({"input": torch.full((3, 3), -torch.inf)}, ValueError, "NaN or infinity"),
        ({"input": "portrait"}, TypeError, "must be a tensor, an array or nested lists"),
        ({"mode": "min"}, TraitError, r"'max'.*'average'"),
        ({"kernel_size": 0}, TraitError, "kernel_size"),
        ({"shift": (0, 17)}, TraitError, "should not be greater than 16"),
        ({"shift": 1}, TraitError, "shift"),
        ({"grad_output": torch.ones(3, 3)}, ValueError, r"the output, \(4, 4\), but is \(3, 3\)"),
        ({"grad_output": [[1.0]], "kernel_size": 9}, ValueError, "does not fit"),
        ({"grad_output": [[1.0]], "padding": 2}, ValueError, "more than half of a window of 2"),
        ({"strides": 2}, TypeError, "has no strides; it has column"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_reason(settings, error, message):
    with pytest.raises(error, match=message):
        Pooling(**settings)


def test_a_refused_value_leaves_the_old_one():
    explorer = Pooling()
    before = explorer.values()
    with pytest.raises(ValueError, match="must be shaped as the output"):
        explorer.grad_output = torch.ones(2, 4)
    assert explorer.values() == before


def test_gradients_that_no_longer_fit_wait_until_they_do():
    grads = torch.arange(16.0).reshape(4, 4)
    explorer = Pooling(grad_output=grads)
    image = explorer.shifted()[None]
    expected = functional.max_pool2d_backward(grads[None].double(), image, 2, 2)[0]
    assert_close(explorer.gradient(), expected)
    explorer.stride = 3
    assert explorer.gradient().sum() == 9
    with explorer.hold_trait_notifications():
        explorer.stride, explorer.grad_output = 2, 2 * grads
    assert_close(explorer.gradient(), 2 * expected)


def test_the_first_of_equal_numbers_wins():
    explorer = Pooling([[1, 7, 7], [7, 7, 7], [0, 0, 9]], kernel_size=2, stride=1)
    assert explorer.winners().tolist() == [[1, 1], [3, 8]]
    assert explorer.gradient().tolist() == [[0, 2, 0], [1, 0, 0], [0, 0, 1]]


def test_what_a_shift_leaves():
    assert Pooling().unchanged().all()
    image = torch.randn(6, 6, generator=torch.Generator().manual_seed(2))
    for mode in ("max", "average"):  # all in one window: nothing leaves it
        assert Pooling(image, mode=mode, kernel_size=6, shift=(1, -2)).unchanged().all()
    single = Pooling([[3.0, 0, 0, 0]] + [[0.0] * 4] * 3, shift=(0, 1))
    assert single.unchanged().all()
    single.shift = (0, 2)
    assert single.unchanged().tolist() == [[False, False], [True, True]]


def test_picture_and_text_say_what_is_there():
    assert "4 x 4 numbers; at row 1, column 2 it is 8" not in Pooling(SLIDE).alt()
    assert "2 x 2 numbers; at row 1, column 2 it is 8" in Pooling(SLIDE, column=1).alt()
    assert "4 of the 16 pixels" in Pooling(SLIDE).alt()
    shifted = Pooling(shift=(0, 1))
    assert f"{shifted.unchanged().sum()} of 16 outputs are unchanged" in shifted.alt()
    assert "There is no output: the kernel does not fit" in Pooling(kernel_size=9).alt()
    for explorer in (Pooling(padding=1, row=9), Pooling(padding=3)):
        titles = [axis.get_title() for axis in explorer.picture().axes]
        assert titles == ["input", "output", "gradient of the input"]


def test_its_numbers_are_those_of_the_layers(browser, tmp_path):
    dice = random.Random(11)
    without_output = 0
    with opened(browser, tmp_path, Pooling()) as page:
        for _ in range(80):
            explorer = random_explorer(dice)
            put(page, **explorer.values())
            assert_close(matrix(page, "input"), explorer.shifted())
            try:
                output = explorer.output()
            except ValueError:
                without_output += 1
                assert fact(page, "Output") == "none"
                expect(page.locator(".explorer-warning")).to_contain_text("there is no output")
                expect(page.locator("[data-picture=output]")).to_be_hidden()
                continue
            assert_shown(page, explorer, output)
    assert 10 < without_output < 40


def assert_shown(page, explorer, output):
    near = {"rtol": 1e-3, "atol": 1e-4}
    size = sizing.conv_output_size(
        (len(explorer.input), len(explorer.input[0])),
        *(explorer.kernel_size, explorer.stride, explorer.padding),
    )
    assert fact(page, "Output") == f"{size[0]} × {size[1]}"
    assert_close(matrix(page, "output"), output, **near)
    assert_close(matrix(page, "gradient of the input"), explorer.gradient(), **near)
    row, column = min(explorer.row, size[0] - 1), min(explorer.column, size[1] - 1)
    written = page.locator("[data-part=sum]").inner_text().partition(" = ")[2].split(". ")[0]
    assert number(written.rstrip(".")) == pytest.approx(output[row, column].item(), 1e-3, 1e-4)
    if explorer.mode == "max":
        winners = explorer.winners()
        assert rings(page, "ring:not(.here)", explorer.padding) == places(explorer, winners)
        here = winners[row, column]
        assert rings(page, "here", explorer.padding) == places(explorer, here)
        count = len(winners.unique())
        assert numbers(fact(page, "Winners"))[0] == count
    assert page.locator("[data-picture=output] .corner").count() == (~explorer.unchanged()).sum()
    if any(explorer.shift):
        assert_same_change(page, explorer, output)
    else:
        expect(page.locator("[data-picture='output before the shift']")).to_be_hidden()


def assert_same_change(page, explorer, output):
    still = Pooling(**explorer.values() | {"shift": (0, 0), "grad_output": None})
    before, same = still.output(), explorer.unchanged()
    shown = matrix(page, "output before the shift")
    assert_close(shown, before, rtol=1e-3, atol=1e-4)
    kept = (explorer.shifted() == still.shifted()).flatten()
    expect(page.locator("[data-part=stays]")).to_contain_text(
        f"{same.sum()} of {same.numel()} outputs are unchanged"
    )
    expect(page.locator("[data-part=stays]")).to_contain_text(f"{kept.sum()} of {len(kept)} are.")
    if before.any():
        change = ((output - before).norm() / before.norm()).item()
        assert number(fact(page, "Change")) == pytest.approx(change, rel=0.05)


def test_impossible_settings_are_shown_with_their_reason(browser, tmp_path):
    with opened(browser, tmp_path, Pooling(kernel_size=9)) as page:
        warning = page.locator(".explorer-warning")
        expect(warning).to_contain_text("The window spans 9 pixels, the input only 8")
        assert page.locator("[data-picture=input] .frame.other").count() == 1
        page.get_by_role("button", name="Step").click()
        page.get_by_role("button", name="Shift left").click()
        put(page, kernel_size=3, stride=2, padding=2)
        expect(warning).to_contain_text("For a window of 3, use at most 1")
        put(page, padding=0)
        expect(warning).to_have_text("15 pixels are in no window: the steps do not come out even.")
        assert "= 3.5, rounded down to 3" in page.locator("[data-fact=Output]").inner_text()
        assert page.locator("[data-picture=input] rect.unseen").count() == 15
        put(page, kernel_size=2, stride=3)
        expect(warning).to_contain_text("the stride is larger than the window")
        put(page, stride=2)
        expect(warning).to_be_hidden()


def test_it_says_who_wins_and_where_the_gradient_goes(browser, tmp_path):
    image = [[1, 7, 7], [7, 7, 7], [0, 0, 9]]
    explorer = Pooling(image, kernel_size=2, stride=1, grad_output=[[1, 2], [3, 4]])
    with opened(browser, tmp_path, explorer) as page:
        result, route = (page.locator(f"[data-part={part}]") for part in ("sum", "route"))
        expect(result).to_have_text(
            "max(1, 7, 7, 7) = 7. 7 stands there 3 times: the first in row order wins."
        )
        expect(route).to_contain_text("goes to its winner alone, at row 1, column 2.")
        expect(route).to_contain_text("That pixel wins in 2 windows: 1 + 2 = 3.")
        put(page, mode="average", padding=1)
        expect(result).to_have_text("(1) / 4 = 0.25. The 3 zeros of the padding count too.")
        expect(route).to_contain_text("grad_output is 2 × 2, the output 4 × 4: all ones")
        expect(route).to_contain_text("1 / 4 = 0.25 for each number of the window. What the padd")
        expect(route).to_contain_text("Where windows overlap, the shares add up.")


def test_means_in_another_order_are_the_same(browser, tmp_path):
    image = torch.randn(16, 16, generator=torch.Generator().manual_seed(3)).double() / 3
    with opened(browser, tmp_path, Pooling(image, mode="average", kernel_size=16)) as page:
        for shift in range(1, 16):
            put(page, shift=[shift, -shift])
            expect(page.locator("[data-part=stays]")).to_contain_text("1 of 1 outputs are unch")


def test_by_keyboard(browser, tmp_path):
    def press(name, key="Enter", role="button"):
        page.get_by_role(role, name=name, exact=True).focus()
        page.keyboard.press(key)
        settle(page)

    def write(field, value):
        page.get_by_label(field).focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(value)
        page.keyboard.press("Enter")
        settle(page)

    with opened(browser, tmp_path, Pooling()) as page:
        press("Window size", "ArrowRight", "slider")
        press("Padding", "ArrowRight", "slider")
        assert (trait(page, "kernel_size"), trait(page, "padding")) == (3, 1)
        assert page.get_by_label("As in").input_value() == "ResNet"
        page.get_by_label("As in").select_option("global average")
        assert [trait(page, name) for name in ("mode", "kernel_size", "padding")] == [
            *("average", 8, 0)
        ]
        page.get_by_label("As in").select_option("VGG")
        settle(page)
        press("Window column", "ArrowRight", "slider")
        press("Step")
        assert (trait(page, "row"), trait(page, "column")) == (0, 2)

        press("Shift left")
        press("Shift up")
        press("Shift up", " ")
        assert trait(page, "shift") == [-2, -1]
        # A number of the shifted window is changed: that of the input which stands there.
        write("number in row 1, column 2 of the window", "8.5")
        expected = Pooling().input
        expected[2][6] = 8.5
        assert trait(page, "input") == expected
        assert matrix(page, "output")[0, 2] == 8.5
        write("number in row 1, column 2 of the window", "-")
        assert trait(page, "input") == expected
        assert page.get_by_label("number in row 1, column 2").input_value() == "8.5"
        press("Undo")
        assert trait(page, "shift") == [0, 0]

        write("gradient of the framed output", "-3")
        grads = torch.ones(4, 4)
        grads[0, 2] = -3
        assert trait(page, "grad_output") == grads.tolist()
        press("Only this one")
        assert torch.tensor(trait(page, "grad_output")).nonzero().tolist() == [[0, 2]]
        assert matrix(page, "gradient of the input").count_nonzero() == 1
        press("All ones")
        assert trait(page, "grad_output") is None


def test_by_mouse_and_touch(browser, tmp_path):
    with opened(browser, tmp_path, Pooling(kernel_size=3, stride=2, padding=1)) as page:
        page.locator("[data-picture=output] rect[data-row='3'][data-column='1']").click()
        assert (trait(page, "row"), trait(page, "column")) == (3, 1)
        # Drag in the input: the window is centred where the pointer is.
        box = page.locator(
            "[data-picture=input] rect[data-row='5'][data-column='7']"
        ).bounding_box()
        page.locator("[data-picture=input] rect[data-row='1'][data-column='1']").hover()
        page.mouse.down()
        assert (trait(page, "row"), trait(page, "column")) == (0, 0)
        page.mouse.move(box["x"] + 10, box["y"] + 10, steps=4)
        page.mouse.up()
        settle(page)
        assert (trait(page, "row"), trait(page, "column")) == (2, 3)
        page.get_by_role("button", name="Shift right").click(click_count=8)
        page.wait_for_function(
            "String(document.querySelector('[data-explorer]').model.get('shift')) == '0,0'"
        )
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(
            "document.querySelector('[data-explorer]').model.get('row') == 3", timeout=5000
        )
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("button", name="Play")).to_be_visible()
    with opened(browser, tmp_path, Pooling(), width=390, has_touch=True) as page:
        page.locator("[data-picture='gradient of the input'] rect").nth(63).tap()
        assert (trait(page, "row"), trait(page, "column")) == (3, 3)


def test_it_survives_whatever_its_traits_can_hold(browser, tmp_path):
    extremes = [
        {"input": [[1e38, 1e38], [-1e38, 1e-38]], "shift": (1, 0)},
        {"input": [[0.0]], "kernel_size": 1, "stride": 16, "shift": (-16, 16)},
        {"input": torch.ones(16, 16), "kernel_size": 8, "stride": 1, "padding": 4, "row": 999},
        {"input": torch.ones(16, 1), "kernel_size": 16, "padding": 4},
        {"input": torch.full((2, 9), -5.0), "padding": 1, "column": 10**6},
    ]
    with opened(browser, tmp_path, Pooling()) as page:
        for settings in extremes:
            for mode in ("max", "average"):
                explorer = Pooling(**settings | {"mode": mode})
                put(page, **explorer.values())
                assert_close(matrix(page, "input"), explorer.shifted(), rtol=1e-3, atol=0)
        # In a saved page, numbers may be typed that overflow when they are added.
        put(page, input=[[1e308, 1e308], [1e308, 5e-324]], mode="average", kernel_size=2)
        assert matrix(page, "input")[0, 0] == 1e308
        # Trait by trait, as a slow kernel sends them: no order breaks the picture.
        for name, value in Pooling(torch.ones(3, 2), kernel_size=1).values().items():
            put(page, **{name: value})
        assert fact(page, "Output") == "3 × 2"


def test_two_of_them_do_not_disturb_each_other(browser, tmp_path):
    with opened(browser, tmp_path, Pooling(), Pooling()) as page:
        put(page, place=1, stride=3)
        assert (trait(page, "stride", 0), trait(page, "stride", 1)) == (2, 3)
        outputs = page.locator("[data-fact=Output] strong")
        assert outputs.all_inner_texts() == ["4 × 4", "3 × 3"]
        page.evaluate("document.querySelector('[data-explorer]').remove()")
        put(page, stride=1)
        assert outputs.all_inner_texts() == ["7 × 7"]


def test_for_everyone(browser, tmp_path):
    image = torch.arange(80.0).reshape(5, 16).sin()
    wide = Pooling(image, mode="average", kernel_size=4, stride=2, padding=2, shift=(1, -1))
    explorers = (Pooling(shift=(0, 1)), wide, Pooling(kernel_size=9))
    assert_fit_for_everyone(browser, tmp_path, *explorers)
    with opened(browser, tmp_path, wide, width=390, reduced_motion="reduce") as page:
        box = page.get_by_role("group", name="Input", exact=True)
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        box.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())
        assert not is_wider_than_its_window(page)


def test_without_a_script_it_is_a_picture(browser, tmp_path):
    assert_a_picture_without_script(browser, tmp_path, Pooling())
