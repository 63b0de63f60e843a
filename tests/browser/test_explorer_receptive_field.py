"""The receptive field explorer: what it shows is what the recurrence and a gradient give."""

import random
import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close
from traitlets import TraitError

from tests.explorers import (
    assert_a_picture_without_script,
    assert_fit_for_everyone,
    is_wider_than_its_window,
    label,
    number,
    opened,
    put,
    settle,
    trait,
)
from utils import models, sizing
from utils.explorers import ReceptiveField


def random_stack(dice):
    layers = []
    for _ in range(dice.randint(1, 5)):
        kernel = dice.choice([1, 2, 3, 3, 3, 4, 5, 7])
        layer = (kernel, dice.choice([1, 1, 1, 2, 3]), dice.randint(0, 2))
        layers.append((*layer, "pool") if dice.random() < 0.3 and kernel >= 2 * layer[2] else layer)
    return layers


def random_explorer(dice):
    """Any explorer, also with layers that do not fit, and units at the edge."""
    places = {name: dice.choice([None, 0, 1, dice.randrange(30)]) for name in ("row", "column")}
    return ReceptiveField(
        random_stack(dice),
        random_stack(dice) if dice.random() < 0.5 else None,
        size=dice.choice([3, dice.randint(4, 40), dice.randint(4, 40)]),
        channels=dice.randint(1, 512),
        layer=dice.choice([None, None, 1, 2]),
        **places,
    )


def gradient(layers, size, *unit):
    """The gradient of a unit, by torch's autograd, with ones as weights: one or two axes."""
    convolution = (F.conv1d, F.conv2d)[len(unit) - 1]
    image = torch.zeros(1, 1, *[size] * len(unit), dtype=torch.float64, requires_grad=True)
    output = image
    for kernel, stride, padding, _ in layers:
        ones = torch.ones(1, 1, *[kernel] * len(unit), dtype=torch.float64)
        output = convolution(output, ones, None, stride, padding)
    place = [place_of(output.shape[-1], x) for x in unit]
    (found,) = torch.autograd.grad(output[0, 0][tuple(place)], image)
    return found[0, 0]


def place_of(size, place):
    return size // 2 if place is None else min(place, size - 1)


def that_fit(layers, size):
    """The lowest layers of a stack, up to the first that does not fit; sizes of all levels."""
    sizes = [size]
    for kernel, stride, padding, _ in layers:
        try:
            sizes.append(sizing.conv_output_size(sizes[-1], kernel, stride, padding))
        except ValueError:
            break
    return layers[: len(sizes) - 1], sizes


def fact(page, stack, name):
    return page.locator(f"[data-stack={stack}] [data-fact='{name}'] dd").inner_text()


def ways(page, stack, level=0):
    """The counts of all units of a level, in the side view."""
    units = page.locator(f"[data-picture='{stack} side'] [data-row='{level}']")
    read = "nodes => nodes.map(node => Number(node.dataset.ways))"
    return torch.tensor(units.evaluate_all(read), dtype=torch.float64)


def formulas(page, stack):
    """What the formulas of each layer come to, first layer first: [r, j, p]."""
    spans = page.locator(f"[data-stack={stack}] [data-formula]").all_inner_texts()
    values = [number(text.rpartition("= ")[2]) for text in spans]
    return [values[place : place + 3] for place in range(0, len(values), 3)][::-1]


# ---- Python


def test_it_takes_what_the_recurrence_takes():
    explorer = ReceptiveField([(3,), (3, 2), [5, 1, 2], (2, 2, 0, "pool"), (torch.tensor(3), 1)])
    assert explorer.layers == [
        [3, 1, 0, "conv"],
        [3, 2, 0, "conv"],
        [5, 1, 2, "conv"],
        [2, 2, 0, "pool"],
        [3, 1, 0, "conv"],
    ]
    stack = [(3,), (3, 2), (5, 1, 2), (2, 2, 0), (3, 1)]
    assert explorer.fields() == [sizing.receptive_field(stack[:n]) for n in range(1, 6)]
    assert explorer.other == []
    assert explorer.size == explorer.fields()[-1].size + 4
    assert ReceptiveField().fields()[-1].size == ReceptiveField().fields("other")[-1].size == 7


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"layers": []}, ValueError, "must hold 1 to 24 layers, but holds 0"),
        ({"layers": [(3, 1, 1)] * 25}, ValueError, "must hold 1 to 24 layers, but holds 25"),
        ({"layers": 3}, TypeError, "must be a list of"),
        ({"layers": [(3, 1, 1), 3]}, ValueError, "layer 2 must be"),
        ({"layers": [(3, 1, 1), "conv"]}, ValueError, "layer 2 must be"),
        ({"layers": [(3, 1, 1, 1)]}, ValueError, "layer 1 must be"),
        ({"layers": [(3, 0, 1)]}, ValueError, "stride of layer 1 must be at least 1"),
        ({"layers": [(3.0, 1, 1)]}, TypeError, "kernel_size of layer 1 must be an integer"),
        ({"layers": [(3,), (17, 1, 8)]}, ValueError, "kernel_size of layer 2 is 17; at most 15"),
        ({"layers": [(3, 1, 8)]}, ValueError, "padding of layer 1 is 8; at most 7"),
        ({"layers": [(3, 1, 1, "relu")]}, ValueError, "kind 'conv' or 'pool', but is 'relu'"),
        ({"other": [(3, 9)]}, ValueError, "stride of layer 1 is 9; at most 8"),
        ({"size": 0}, TraitError, "size"),
        ({"column": -1}, TraitError, "column"),
        ({"unit": 3}, TypeError, "has no unit; it has channels, column"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_reason(settings, error, message):
    with pytest.raises(error, match=message):
        ReceptiveField(**settings)


def test_ways_are_a_gradient():
    dice = random.Random(5)
    for _ in range(60):
        explorer = random_explorer(dice)
        for stack in ("layers", "other"):
            fitting = that_fit(getattr(explorer, stack), explorer.size)[0]
            below = fitting[: explorer.layer]
            expected = gradient(below, explorer.size, explorer.row, explorer.column)
            assert torch.equal(explorer.ways(stack), expected)


@pytest.mark.parametrize("name", ["A", "D", "E"])
def test_a_models_stack(name):
    with torch.device("meta"):
        model = models.vgg(name)
    explorer = ReceptiveField.of(model)
    rows = sizing.summary(model).only("Conv2d", "MaxPool2d")
    assert explorer.size == 224
    assert [layer[3] for layer in explorer.layers] == [
        "conv" if row.kind == "Conv2d" else "pool" for row in rows
    ]
    assert [(field.size,) * 2 for field in explorer.fields()] == [r.receptive_field for r in rows]
    part = ReceptiveField.of(model, layer=rows[3].name, column=0)
    assert part.layers == explorer.layers[:4]
    assert part.column == 0


def test_a_residual_network_is_followed_through_its_layers():
    model = models.cifar_resnet(20)
    explorer = ReceptiveField.of(model, (3, 32, 32))
    assert len(explorer.layers) == 19
    last = sizing.summary(model, (3, 32, 32)).only("Conv2d")[-1]
    assert (explorer.fields()[-1].size,) * 2 == last.receptive_field


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.Conv2d(3, 4, (3, 5))), r"0 is not square: its kernel_size is \(3, 5\)"),
        (nn.Sequential(nn.Conv2d(3, 4, 3, dilation=2)), "0 has dilation 2"),
        (nn.Sequential(nn.MaxPool2d(2, 2, ceil_mode=True)), "0 is rounded up"),
        (nn.Sequential(nn.ReLU()), "no conv or pooling layer"),
    ],
)
def test_models_that_are_no_such_stack(model, message):
    with pytest.raises(ValueError, match=message):
        ReceptiveField.of(model, (3, 17, 17))


def test_branches_are_refused():
    with torch.device("meta"):
        net = models.resnet(18)  # its shortcuts have layers
    with pytest.raises(ValueError, match="the model is no chain"):
        ReceptiveField.of(net)
    assert len(ReceptiveField.of(net, layer="maxpool").layers) == 2
    with pytest.raises(ValueError, match="no conv or pooling layer is called 'head'"):
        ReceptiveField.of(net, layer="head")
    with pytest.raises(ValueError, match="the input must be square"):
        ReceptiveField.of(net, (3, 224, 200))


def test_picture_and_text_say_what_is_there():
    explorer = ReceptiveField(row=1, column=0)
    assert (
        "has a receptive field of 7 x 7 pixels; of the image it sees rows 1 to 5 and columns 1 to 4"
        in explorer.alt()
    )
    assert "at most 5 of 13 ways" in explorer.alt()
    figure = explorer.picture()
    bars = [[bar.get_height() for bar in axis.patches] for axis in figure.axes[2:]]
    assert bars[0][:5] == [4, 5, 3, 1, 0]
    assert bars[1][:5] == [1, 1, 1, 1, 0]
    assert "does not fit" in ReceptiveField([(9, 1, 0)], size=4).alt()
    assert "all of it padding" in ReceptiveField([(1, 1, 3)], size=4, column=0).alt()


# ---- in the browser


def check_stack(page, explorer, stack):
    """Compare all that is shown of a stack with the recurrence and with a gradient."""
    layers, size = getattr(explorer, stack), explorer.size
    assert formulas(page, stack) == [list(field) for field in explorer.fields(stack)]
    fitting, sizes = that_fit(layers, size)
    warning = page.locator(f"[data-stack={stack}] .explorer-warning")
    if len(fitting) < len(layers):
        expect(warning).to_contain_text(f"Layer {len(fitting) + 1} does not fit")
    else:
        expect(warning).to_be_hidden()
    below = fitting[: explorer.layer]
    if not below:
        assert fact(page, stack, "Receptive field").startswith("–")
        return "nothing fits"
    rows, columns = (gradient(below, size, x) for x in (explorer.row, explorer.column))
    along = ways(page, stack)
    assert along.tolist() == columns.tolist()
    assert number(fact(page, stack, "Ways along a row").split("\n")[0]) == columns.sum()
    if all(2 * padding < kernel for kernel, _, padding, _ in fitting):  # no unit is far outside
        assert [len(ways(page, stack, level)) for level in range(len(sizes))] == sizes
    field = explorer.fields(stack)[len(below) - 1]
    shown = fact(page, stack, "Receptive field")
    assert shown.startswith(f"{field.size} × {field.size}\n")
    assert f"jump {field.jump}, padding {field.padding}" in shown
    squares = sum(kernel**2 for kernel, _, _, kind in below if kind == "conv")
    weights = sum(
        sizing.conv_params(explorer.channels, explorer.channels, kernel).weights
        for kernel, _, _, kind in below
        if kind == "conv"
    )
    value, how = fact(page, stack, "Weights").split("\n")
    assert value == f"{squares} C²"
    assert f"; {weights:,} with C" in how
    relus = sum(kind == "conv" for *_, kind in below)
    assert fact(page, stack, "Non-linearities").startswith(f"{relus}\n")
    value, where = fact(page, stack, "Seen").split("\n")
    if rows.sum() * columns.sum() == 0:
        assert value == "nothing"
        return "padding only"
    seen = [axis.nonzero().flatten().tolist() for axis in (rows, columns)]
    assert value == " × ".join(str(len(places)) for places in seen)
    spans = [f"{places[0] + 1} to {places[-1] + 1}" for places in seen]
    assert where.startswith(f"rows {spans[0]}, columns {spans[1]}")
    end = sizes[len(below)]
    for place, edge in [
        (explorer.column, "column{} on the left"),
        (explorer.row, "row{} at the top"),
    ]:
        over = max(field.padding - place_of(end, place) * field.jump, 0)
        assert (f"{over} {edge.format('s' * (over != 1))}" in where) is (over > 0)
    pixels = np.arange(size)
    mean = np.average(pixels, weights=columns)
    deviation = np.average((pixels - mean) ** 2, weights=columns) ** 0.5
    shown = re.search(r"standard deviation (\S+) pixels", fact(page, stack, "Ways along a row"))
    assert number(shown[1]) == pytest.approx(deviation, rel=6e-3, abs=1e-6)
    return "seen"


def test_its_numbers_are_those_of_the_recurrence_and_of_a_gradient(browser, tmp_path):
    dice = random.Random(17)
    met = []
    with opened(browser, tmp_path, ReceptiveField()) as page:
        for _ in range(60):
            explorer = random_explorer(dice)
            put(page, **explorer.values())
            met.append(check_stack(page, explorer, "layers"))
            if explorer.other:
                met.append(check_stack(page, explorer, "other"))
            else:
                expect(page.locator("[data-stack=other]")).to_be_hidden()
    assert met.count("seen") > 60
    assert {"nothing fits", "padding only"} <= set(met)


def test_what_is_seen_is_what_is_measured(browser, tmp_path):
    dice = random.Random(23)
    measured = whole = 0
    with opened(browser, tmp_path, ReceptiveField()) as page:
        while measured < 50:
            explorer = ReceptiveField(random_stack(dice), size=dice.randint(8, 40))
            if that_fit(explorer.layers, explorer.size)[0] != explorer.layers:
                continue
            model = nn.Sequential(
                *[
                    nn.AvgPool2d(kernel, stride, padding)
                    if kind == "pool"
                    else nn.Conv2d(1, 1, kernel, stride, padding, bias=False)
                    for kernel, stride, padding, kind in explorer.layers
                ]
            )
            found = sizing.measured_receptive_field(model, (1, explorer.size, explorer.size))
            if found.gradient.sum() == 0:
                continue
            measured += 1
            put(page, **explorer.values())
            first, size = found.first[0] + 1, found.size[0]
            span = f"{first} to {first + size - 1}"
            assert f"rows {span}, columns {span}" in fact(page, "layers", "Seen")
            seen = ways(page, "layers").nonzero().flatten()
            assert_close(seen, found.gradient.sum(0).nonzero().flatten())
            field = explorer.fields()[-1]
            start = found.unit[0] * field.jump - field.padding
            if start >= 0 and start + field.size <= explorer.size:
                whole += 1
                assert (first - 1, size) == (start, field.size)
    assert whole > 10


def test_steps_go_back_layer_by_layer(browser, tmp_path):
    with opened(browser, tmp_path, ReceptiveField()) as page:
        for steps, lit in enumerate([[0, 0, 0, 1], [0, 0, 3, 1], [0, 5, 3, 1], [7, 5, 3, 1]]):
            put(page, steps=steps)
            assert [int((ways(page, "layers", level) > 0).sum()) for level in range(4)] == lit
            seen = " of layer 2" if steps == 1 else " of the input" if steps == 3 else ""
            assert seen in label(page, "layers side")
        assert ways(page, "layers").tolist()[4:11] == [1, 3, 6, 7, 6, 3, 1]
        assert "Ways to pixels 5 to 11: 1, 3, 6, 7, 6, 3, 1." in label(page, "layers side")
        put(page, steps=2)
        expect(page.locator("[data-stack=layers]")).to_contain_text("Layer 1 from above, 15 × 15")
        assert "The field is 5 × 5, from row 6, column 6" in label(page, "layers map")


def test_seven_by_seven_beside_three_by_three(browser, tmp_path):
    with opened(browser, tmp_path, ReceptiveField()) as page:
        both = page.locator("[data-part=comparison]")
        expect(both).to_have_text(
            "Both see 7 × 7 pixels. The second needs 81 % more weights: 27 C² against 49 C²; "
            "non-linearities: 3 against 1."
        )
        page.get_by_label("Example").select_option("five 3×3 or 11×11")
        expect(both).to_contain_text("Both see 11 × 11 pixels")
        page.get_by_label("Example").select_option("stride early or late")
        expect(both).to_contain_text("The first sees 11 × 11 pixels, the second 7 × 7; weights: 27")


@pytest.mark.parametrize(
    ("name", "make"),
    [("VGG, 16 layers", lambda: models.vgg("D")), ("AlexNet", models.alexnet)],
)
def test_examples_are_the_courses_models(browser, tmp_path, name, make):
    with torch.device("meta"):
        explorer = ReceptiveField.of(make())
    with opened(browser, tmp_path, ReceptiveField()) as page:
        page.get_by_label("Example").select_option(name)
        settle(page)
        for which in ("layers", "other", "size"):
            assert trait(page, which) == getattr(explorer, which)
        assert check_stack(page, explorer, "layers") == "seen"


def test_what_lies_over_the_edge_is_marked(browser, tmp_path):
    with opened(browser, tmp_path, ReceptiveField()) as page:
        assert page.locator(".square.lost").count() == 0
        put(page, row=1, column=0)
        assert page.locator("[data-picture='layers side'] .square.lost").count() == 3
        assert page.locator("[data-picture='other side'] .square.lost").count() == 3
        for stack in ("layers", "other"):
            assert "over the edge: 3 columns on the left, 2 rows at the top" in fact(
                page, stack, "Seen"
            )
        assert "3·3·3 = 27, of which 14 end in padding" in fact(page, "layers", "Ways along a row")
        put(page, row=None, column=14)
        assert "over the edge: 3 columns on the right" in fact(page, "layers", "Seen")


def test_what_cannot_be_is_shown_with_its_reason(browser, tmp_path):
    with opened(browser, tmp_path, ReceptiveField([(3,), (3,), (9,)], size=8)) as page:
        warning = page.locator("[data-stack=layers] .explorer-warning")
        expect(warning).to_contain_text(
            "Layer 3 does not fit: its kernel spans 9 pixels, its padded input only 4."
        )
        assert "Unit 3 of layer 2 sees" in label(page, "layers side")
        put(page, layers=[[9, 1, 0, "conv"]])
        expect(warning).to_contain_text("Layer 1 does not fit")
        assert "There is no unit" in label(page, "layers side")
        put(page, layers=[[2, 2, 2, "pool"]])
        expect(warning).to_contain_text(
            "pools with padding 2; torch takes at most half the kernel size, here 1"
        )
        put(page, layers=[[1, 3, 0, "conv"], [3, 1, 0, "conv"]], size=12)
        expect(warning).to_be_hidden()
        assert "4 columns between them left out" in fact(page, "layers", "Seen")


def test_by_mouse(browser, tmp_path):
    with opened(browser, tmp_path, ReceptiveField()) as page:
        side = page.locator("[data-picture='layers side']")
        # Pointing shows, and leaves all as it was; pressing keeps.
        side.locator("[data-row='2'][data-column='4']").hover()
        settle(page)
        assert "Unit 5 of layer 2 sees 3 units of layer 1, 5 pixels" in label(page, "layers side")
        assert (trait(page, "layer"), trait(page, "column")) == (None, None)
        page.mouse.move(2, 2)
        settle(page)
        assert "Unit 8 of layer 3 sees" in label(page, "layers side")
        # What is set counts for more than where the pointer rests.
        side.locator("[data-row='2'][data-column='4']").hover()
        page.get_by_label("Column", exact=True).focus()
        page.keyboard.press("ArrowRight")
        settle(page)
        assert "Unit 9 of layer 3 sees" in label(page, "layers side")
        side.locator("[data-row='2'][data-column='4']").click()
        assert (trait(page, "layer"), trait(page, "column")) == (2, 4)
        side.locator("[data-row='3'][data-column='9']").click()
        assert (trait(page, "layer"), trait(page, "column")) == (None, 9)
        side.locator("[data-row='0'][data-column='6']").click()
        assert (trait(page, "layer"), trait(page, "column")) == (None, 6)
        # Drag over the map: the unit follows.
        cells = page.locator("[data-picture='layers map']")
        cells.locator("[data-row='2'][data-column='3']").click()
        assert (trait(page, "row"), trait(page, "column")) == (2, 3)
        settle(page)
        box = cells.locator("[data-row='10'][data-column='12']").bounding_box()
        page.mouse.down()
        page.mouse.move(box["x"] + 3, box["y"] + 3, steps=4)
        page.mouse.up()
        assert (trait(page, "row"), trait(page, "column")) == (10, 12)
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(
            "document.querySelector('[data-explorer]').model.get('steps') == 1", timeout=5000
        )
        page.get_by_role("button", name="Pause").click()
        page.get_by_label("Compare with a second stack").uncheck()
        expect(page.locator("[data-stack=other]")).to_be_hidden()
        expect(page.locator("[data-part=comparison]")).to_be_hidden()
        page.get_by_label("Compare with a second stack").check()
        assert trait(page, "other") == ReceptiveField().other


def test_by_keyboard(browser, tmp_path):
    with opened(browser, tmp_path, ReceptiveField()) as page:
        for name, key, then in [
            ("Column", "ArrowLeft", ("column", 6)),
            ("Row", "ArrowRight", ("row", 8)),
            ("Input size", "ArrowRight", ("size", 16)),
            ("Layers back", "ArrowLeft", ("steps", 2)),
            ("Layers back", "ArrowRight", ("steps", None)),
            ("Unit of layer", "ArrowLeft", ("layer", 2)),
            ("Unit of layer", "End", ("layer", None)),
            ("Channels C", "ArrowRight", ("channels", 65)),
        ]:
            page.get_by_label(name, exact=True).focus()
            page.keyboard.press(key)
            assert trait(page, then[0]) == then[1], name
            settle(page)
        add = page.get_by_role("button", name="Add a layer to the first stack")
        add.focus()
        page.keyboard.press("Enter")
        settle(page)
        assert len(trait(page, "layers")) == 4
        assert fact(page, "layers", "Receptive field").startswith("9 × 9")
        for what, key, value in [
            ("kernel size F", "5", 5),
            ("stride S", "2", 2),
            ("padding P", "0", 0),
        ]:
            page.get_by_label(f"{what} of layer 4 of the first stack").focus()
            page.keyboard.press(key)
            settle(page)
            assert value in trait(page, "layers")[3]
        page.get_by_label("kind of layer 4 of the first stack").focus()
        page.keyboard.press("p")
        assert trait(page, "layers")[3] == [5, 2, 0, "pool"]
        settle(page)
        page.get_by_role("button", name="Remove layer 4 of the first stack").focus()
        page.keyboard.press("Enter")
        settle(page)
        assert trait(page, "layers") == ReceptiveField().layers
        # The keyboard has not lost its place: the next press takes the layer below.
        page.keyboard.press("Enter")
        settle(page)
        assert len(trait(page, "layers")) == 2
        page.get_by_role("button", name="Step").focus()
        page.keyboard.press("Enter")
        assert trait(page, "steps") == 0
        settle(page)
        page.get_by_label("First stack from the side").focus()


def test_the_only_layer_stays(browser, tmp_path):
    with opened(browser, tmp_path, ReceptiveField([(3,)], [(3,)])) as page:
        expect(page.get_by_label("Remove layer 1 of the first stack")).to_be_disabled()
        page.get_by_label("Remove layer 1 of the second stack").click()
        settle(page)
        assert trait(page, "other") == []
        put(page, layers=[[1, 1, 0, "conv"]] * 24)
        expect(page.get_by_label("Add a layer to the first stack")).to_be_disabled()


def test_whatever_python_takes_can_be_drawn(browser, tmp_path):
    extremes = [
        ReceptiveField([(1, 8, 7)] * 24, [(15, 8, 7)] * 24, size=1),
        ReceptiveField([(15, 1, 7)] * 24, [(1, 1, 7)] * 24, size=256),
        ReceptiveField([(3, 8, 1)] * 24, size=1, row=10**6, column=10**6),
        ReceptiveField([(15,)] * 3, [(2, 8)] * 3, size=9, layer=10**6, steps=10**6, channels=1024),
    ]
    with opened(browser, tmp_path, ReceptiveField()) as page:
        for explorer in extremes:
            put(page, **explorer.values())
            assert formulas(page, "layers")[0] == list(explorer.fields()[0])
            assert label(page, "layers side").startswith("A stack of")
            widths = page.locator("svg").evaluate_all(
                "all => all.map(x => x.viewBox.baseVal.width)"
            )
            assert all(0 < width < 2000 for width in widths)
            assert "NaN" not in page.locator(".explorer-place").inner_html()


def test_it_fits_itself_to_the_window(browser, tmp_path):
    side = "document.querySelector(\"[data-picture='layers side']\").getBoundingClientRect().width"
    with opened(browser, tmp_path, ReceptiveField()) as page:
        wide = page.evaluate(side)
        page.set_viewport_size({"width": 390, "height": 800})
        page.wait_for_function(f"{side} < {wide} && {side} < 380")
        assert not is_wider_than_its_window(page)
        vgg = ReceptiveField([(3, 1, 1), (2, 2, 0, "pool")] * 5, size=224)
        put(page, **vgg.values())
        assert not is_wider_than_its_window(page)


def test_taken_off_the_page_it_leaves_nothing(browser, tmp_path):
    explorer = ReceptiveField()
    with opened(browser, tmp_path, explorer) as page:
        left = page.evaluate(
            """async (source) => {
                const file = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
                const { render } = (await import(file)).default;
                const { model: alive } = document.querySelector("[data-explorer]");
                const model = new alive.constructor(alive.state);
                const places = [0, 1].map(() => document.createElement("div"));
                document.body.append(...places);
                const counts = () =>
                    [...places.map((place) => place.childElementCount), model.listeners.length];
                const seen = [];
                const stops = places.map((el) => {
                    const stop = render({ model, el });
                    seen.push(counts());
                    return stop;
                });
                const mouse = { bubbles: true, pointerType: "mouse" };
                const hover = new PointerEvent("pointermove", mouse);
                places[0].querySelector("[data-row='1']").dispatchEvent(hover);
                stops[0]();
                seen.push(counts());
                model.set("size", 9);
                await new Promise((done) => setTimeout(done, 100));
                const pixels = "[data-picture='layers side'] [data-row='0']";
                const drawn = places[1].querySelectorAll(pixels).length;
                stops[1]();
                seen.push(counts());
                return [seen, drawn];
            }""",
            explorer._esm,
        )
        (one, two, one_again, none), drawn = left
        assert (one[:2], two[:2], one_again[:2], none) == ([1, 0], [1, 1], [0, 1], [0, 0, 0])
        assert 2 * one[2] == two[2] == 2 * one_again[2] > 0
        assert drawn == 9


def test_for_everyone(browser, tmp_path):
    vgg = ReceptiveField(
        [(3, 1, 1), (3, 1, 1), (2, 2, 0, "pool")] * 5, size=224, layer=12, column=0
    )
    refused = ReceptiveField([(3, 2, 1), (9, 1, 0)], [(7, 3, 1)], size=8, steps=1)
    assert_fit_for_everyone(browser, tmp_path, ReceptiveField(), vgg, refused)


def test_without_a_script_it_is_a_picture(browser, tmp_path):
    assert_a_picture_without_script(browser, tmp_path, ReceptiveField())
