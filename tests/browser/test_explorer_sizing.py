"""The sizing explorer: its numbers are those of the course's own table, and of torch's layers."""

import json
import math
import random
from pathlib import Path

import pytest
import torch
from playwright.sync_api import expect
from traitlets import TraitError

from tests.browser import wait_until
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
from utils import models, nn, sizing
from utils.explorers import Sizing
from utils.explorers.layers import NETWORKS

TABLE = json.loads((Path(__file__).parents[1] / "tables" / "torchvision.json").read_text("utf-8"))
MODELS = {
    "alexnet": lambda: models.alexnet(towers=2),
    "alexnet_torchvision": models.alexnet,
    "vgg11": lambda: models.vgg("A"),
    "vgg13": lambda: models.vgg("B"),
    "vgg16_1x1": lambda: models.vgg("C"),
    "vgg16": lambda: models.vgg("D"),
    "vgg19": lambda: models.vgg("E"),
}
PUBLISHED = {name: name for name in ("vgg11", "vgg13", "vgg16", "vgg19")}
PUBLISHED |= {"alexnet_torchvision": "alexnet"}
SHOWN = ["Conv2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "BatchNorm2d", "Linear"]


def on_meta(build, *arguments):
    """A model without memory, which is built and sized at once."""
    with torch.device("meta"):
        return build(*arguments)


def table_of(model, shape):
    """The course's table of those layers that the explorer shows."""
    return [row for row in sizing.summary(model, tuple(shape)) if row.kind in SHOWN]


def random_layer(dice):
    """Any layer; one in two networks of them is impossible somewhere."""
    kind = dice.choices(["conv", "pool", "adaptive_pool", "batch_norm"], [6, 3, 1, 1])[0]
    kernel = dice.randint(1, 5)
    return {
        "conv": {
            "out_channels": 4 * dice.randint(1, 40),
            "kernel_size": kernel,
            "stride": dice.randint(1, 3),
            "padding": dice.randint(0, 3),
            "groups": dice.choice([1, 1, 1, 2, 4, 3]),
            "bias": dice.random() < 0.7,
        },
        "pool": {
            "kernel_size": kernel,
            "stride": dice.randint(1, 3),
            "padding": dice.randint(0, (kernel + 1) // 2),
            "mode": dice.choice(["max", "average"]),
        },
        "adaptive_pool": {"output_size": dice.randint(1, 8)},
        "batch_norm": {},
    }[kind] | {"kind": kind}


def random_explorer(dice):
    layers = [random_layer(dice) for _ in range(dice.randint(1, 7))]
    head = [
        {"kind": "linear", "out_features": dice.randint(1, 500), "bias": dice.random() < 0.7}
        for _ in range(dice.randint(0, 3))
    ]
    if dice.random() < 0.1:
        head.append(random_layer(dice))  # behind a fully connected layer: impossible
    layers += head
    return Sizing(
        layers=layers,
        input=[4 * dice.randint(1, 6), dice.randint(8, 260), dice.randint(8, 260)],
        batch_size=dice.randint(1, 300),
        selected=dice.randrange(len(layers)),
    )


def torch_refuses(layer, shape):
    """Whether torch's own layer refuses an input of a shape, which may be none."""
    settings = {name: value for name, value in layer.items() if name not in ("kind", "mode")}
    try:
        module = {
            "conv": lambda: torch.nn.Conv2d(shape[0], **settings),
            "pool": lambda: {"max": torch.nn.MaxPool2d, "average": torch.nn.AvgPool2d}[
                layer["mode"]
            ](**settings),
            "adaptive_pool": lambda: torch.nn.AdaptiveAvgPool2d(**settings),
            "batch_norm": lambda: torch.nn.BatchNorm2d(shape[0]),
        }[layer["kind"]]()
        module(torch.zeros(2, *shape))
    except (ValueError, RuntimeError, IndexError):
        return True
    return False


def rows(page):
    """The table's rows as texts: layer, output, parameters, multiply-adds, memory, note."""
    read = "rows => rows.map(row => [...row.cells].slice(1).map(cell => cell.textContent))"
    return page.locator(".explorer-sheet tbody tr").evaluate_all(read)


def totals(page):
    return page.locator(".explorer-sheet tfoot td").all_inner_texts()[2:5]


def bytes_of(text):
    """Bytes that a text such as "1.108 MiB" stands for, up to its last digit."""
    value, unit = text.split()
    return number(value) * 1024 ** ["bytes", "KiB", "MiB", "GiB", "TiB"].index(unit)


def shape_of(text):
    return tuple(int(number(x)) for x in text.split(" × "))


def counts(row):
    return [int(number(x)) for x in row[2:4]]


# Python


@pytest.mark.parametrize("name", NETWORKS)
def test_its_networks_are_the_models(name):
    model = on_meta(MODELS[name])
    explorer = Sizing(name)
    # The models' adaptive pooling changes nothing at this size, and is left out here.
    taken = Sizing.of(model, tuple(explorer.input)).layers
    assert explorer.layers == [layer for layer in taken if layer["kind"] != "adaptive_pool"]
    table = sizing.summary(model, tuple(explorer.input))
    assert sum(row.parameters for row in explorer.sizes()) == table.parameters
    assert sum(row.multiply_adds for row in explorer.sizes()) == table.multiply_adds
    if name in PUBLISHED:
        assert table.parameters == TABLE["models"][PUBLISHED[name]]["parameters"]


def test_a_model_comes_out_as_it_went_in():
    dice, possible = random.Random(3), 0
    for _ in range(60):
        explorer = random_explorer(dice)
        if any(row.problem for row in explorer.sizes()):
            continue
        possible += 1
        model = on_meta(explorer.build)
        assert Sizing.of(model, tuple(explorer.input)).layers == explorer.layers
        table = table_of(model, explorer.input)
        assert [row[:3] for row in explorer.sizes()] == [
            (row.output_shape, row.parameters, row.multiply_adds) for row in table
        ]
        assert [row.activation_bytes for row in explorer.sizes()] == [
            row.activation_bytes * explorer.batch_size for row in table
        ]
    assert possible > 20


def test_a_built_network_can_be_trained():
    layers = [
        {"kind": "conv", "out_channels": 4, "kernel_size": 3},
        {"kind": "batch_norm"},
        {"kind": "pool", "kernel_size": 2},
        {"kind": "linear", "out_features": 10},
    ]
    model = Sizing(layers=layers, input=[1, 8, 8]).build()
    assert [type(layer) for layer in model] == [
        *[nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d, nn.Flatten, nn.Linear]
    ]
    model(torch.randn(2, 1, 8, 8)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_what_is_left_out_has_torchs_default():
    layers = [
        {"kind": "conv", "out_channels": 4, "kernel_size": 3},
        {"kind": "pool", "kernel_size": 3},
    ]
    conv, pool = Sizing(layers=layers).layers
    torchs = torch.nn.Conv2d(3, 4, 3)
    assert (conv["stride"],) * 2 == torchs.stride
    assert (conv["padding"],) * 2 == torchs.padding
    assert conv["groups"] == torchs.groups
    assert conv["bias"] is True
    assert pool["stride"] == torch.nn.MaxPool2d(3).stride


LINEAR = {"kind": "linear", "out_features": 3}


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"network": "lenet"}, ValueError, "no network 'lenet', only alexnet, .*vgg16"),
        ({"network": torch.nn.ReLU()}, ValueError, r"is taken by Sizing.of\(model"),
        ({"layers": torch.nn.ReLU()}, TraitError, "layers"),
        ({"layers": [LINEAR] * 65}, ValueError, "65 layers; at most 64"),
        ({"layers": [LINEAR, 3]}, TypeError, "layer 2 must be a dict, such as"),
        ({"layers": [{"kind": "relu"}]}, ValueError, "layer 1 has kind 'relu'; the kinds are conv"),
        ({"layers": [{}]}, ValueError, "layer 1 has kind None"),
        ({"layers": [{"kind": []}]}, ValueError, r"layer 1 has kind \[\]"),
        ({"layers": [LINEAR | {"units": 3}]}, ValueError, "has no units; it has out_features"),
        ({"layers": [{"kind": "pool"}]}, ValueError, r"layer 1 \(pool\) needs kernel_size"),
        ({"layers": [LINEAR | {"out_features": 0}]}, ValueError, "from 1 to 65,536, but is 0"),
        ({"layers": [LINEAR | {"out_features": 2.5}]}, TypeError, "whole number, but is 2.5"),
        ({"layers": [LINEAR | {"bias": 1}]}, TypeError, "bias of layer 1 .* True or False"),
        (
            {"layers": [{"kind": "pool", "kernel_size": 2, "mode": "mean"}]},
            ValueError,
            "'max' or 'average', but is 'mean'",
        ),
        ({"input": [224, 224]}, ValueError, r"input must be \[channels, height, width\]"),
        ({"input": [3, 0, 224]}, ValueError, "input's height must be from 1 to 2,048, but is 0"),
        ({"input": [3, 224.0, 224]}, TypeError, "input's height must be a whole number"),
        ({"batch_size": 0}, TraitError, "batch_size"),
        ({"presets": {}}, TraitError, "read-only"),
        ({"batch": 2}, TypeError, "has no batch; it has batch_size"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_reason(settings, error, message):
    with pytest.raises(error, match=message):
        Sizing(**settings)


class Branches(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.other = torch.nn.Conv2d(3, 8, 3), torch.nn.Conv2d(3, 8, 3)

    def forward(self, image):
        return self.one(image) + self.other(image)


CONV = torch.nn.Conv2d(3, 3, 3)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Branches(), "other .Conv2d. takes 3 x 32 x 32, but the layer before it gives 8 x 30 x 30"),
        (torch.nn.Conv2d(3, 8, (3, 1)), "kernel_size is .3, 1.; only equal sides"),
        (torch.nn.Conv2d(3, 8, 3, dilation=2), "dilation"),
        (
            torch.nn.MaxPool2d(3, 2, ceil_mode=True),
            "gives 3 x 16 x 16, by the formula it is 3 x 15",
        ),
        (torch.nn.GroupNorm(1, 3), "has parameters, but is none of Conv2d"),
        (torch.nn.BatchNorm2d(3, affine=False), "has not the 6 parameters"),
        (torch.nn.Upsample(scale_factor=2), "changes sizes, but is none of"),
        (torch.nn.Sequential(CONV, CONV), "runs twice with the same weights"),
        (torch.nn.Linear(32, 5), "gives 3 x 32 x 5, by the formula it is 5"),
        (torch.nn.Conv2d(5, 8, 3), "does not run on input"),
        (torch.nn.Sequential(*[torch.nn.MaxPool2d(1) for _ in range(65)]), "65 layers; at most"),
    ],
)
def test_a_model_that_cannot_be_shown_is_refused_with_a_reason(model, message):
    with pytest.raises(ValueError, match=message):
        Sizing.of(model, (3, 32, 32))


def test_an_impossible_network_is_no_error_until_it_is_built():
    explorer = Sizing("vgg16", input=[3, 20, 20])
    assert "before layer 18 (pool): the 2 × 2 window does not fit into 1 × 1" in explorer.alt()
    with pytest.raises(ValueError, match=r"layer 18 \(pool\) cannot be built: the 2 × 2 window"):
        explorer.build()


def test_picture_and_text_say_what_is_there():
    text = Sizing("vgg16", batch_size=2).alt()
    assert "21 layers for images of 3 x 224 x 224" in text
    assert "138,357,544 parameters (89 % of them in the fully connected layers)" in text
    assert "15,470,264,320 multiply-adds" in text
    bars = Sizing().picture().axes[1].patches
    assert [bar.get_height() for bar in bars] == [row.parameters for row in Sizing().sizes()]
    assert len(Sizing(layers=[]).picture().axes) == 4
    assert "0 layers" in Sizing(layers=[]).alt()


# The page


def test_its_numbers_are_those_of_the_table(browser, tmp_path):
    dice = random.Random(13)
    impossible = uneven = 0
    with opened(browser, tmp_path, Sizing()) as page:
        for _ in range(80):
            explorer = random_explorer(dice)
            put(page, **{k: v for k, v in explorer.values().items() if k != "presets"})
            ours, shown = explorer.sizes(), rows(page)
            assert len(shown) == len(ours)
            broken = next((i for i, row in enumerate(ours) if row.problem), len(ours))
            fitting = explorer.layers[:broken]
            model = on_meta(Sizing(layers=fitting, input=explorer.input).build)
            table = table_of(model, explorer.input) if fitting else []
            before = tuple(explorer.input)
            for texts, row, layer in zip(shown, table, fitting, strict=False):
                assert shape_of(texts[1]) == row.output_shape
                assert counts(texts) == [row.parameters, row.multiply_adds]
                exact = row.activation_bytes * explorer.batch_size
                assert bytes_of(texts[4]) == pytest.approx(exact, rel=1e-3)
                uneven += assert_rounding(texts[5], layer, before)
                before = row.output_shape
            assert number(totals(page)[0]) == sum(row.parameters for row in table)
            assert number(totals(page)[1]) == sum(row.multiply_adds for row in table)
            sum_of_bytes = sum(row.activation_bytes for row in table) * explorer.batch_size
            assert bytes_of(totals(page)[2]) == pytest.approx(sum_of_bytes, rel=1e-3)
            if explorer.selected < broken:
                assert_facts(page, table[explorer.selected], explorer.batch_size)
            if broken < len(ours):
                impossible += 1
                assert torch_refuses(explorer.layers[broken], before)
                assert shown[broken][1:] == ["–"] * 4 + [ours[broken].problem]
                assert all(texts[5] == "no input" for texts in shown[broken + 1 :])
                expect(page.locator(".explorer-warning")).to_contain_text(
                    f"Layer {broken + 1} is impossible: {ours[broken].problem}."
                )
            else:
                expect(page.locator(".explorer-warning")).to_be_hidden()
                assert_code(page, explorer)
    assert 20 < impossible < 60
    assert uneven > 20


def assert_rounding(note, layer, before):
    """A size that does not come out even is told, and no other; return whether there is one."""
    if "stride" not in layer:
        assert note == ""
        return False
    room = [size + 2 * layer["padding"] - layer["kernel_size"] for size in before[1:]]
    exact = [part / layer["stride"] + 1 for part in room if part % layer["stride"]]
    assert note.endswith("rounded down") is bool(exact)
    told = [number(x) for x in note.removesuffix(" rounded down").split(" and ") if x]
    assert told == pytest.approx(list(dict.fromkeys(exact)), rel=1e-5)
    return bool(exact)


def assert_facts(page, row, batch_size):
    assert shape_of(fact(page, "Output")) == row.output_shape
    assert number(fact(page, "Parameters")) == row.parameters
    assert number(fact(page, "Multiply-adds")) == row.multiply_adds
    how = page.locator("[data-fact=Memory] dd span").inner_text()
    # "96·55·55 numbers · 4 bytes · 128 images = 148,684,800 bytes; 37.1 % of all"
    *factors, result = numbers(how.partition(";")[0])
    assert math.prod(factors) == result == row.activation_bytes * batch_size


def assert_code(page, explorer):
    """The code in the page is run, and gives the network that is shown."""
    made = {}
    with torch.device("meta"):
        exec(page.locator("pre code").text_content(), made)
    table = table_of(made["model"], explorer.input)
    assert [row[2:6] for row in table] == [
        row[2:6] for row in table_of(on_meta(explorer.build), explorer.input)
    ]
    assert Sizing.of(made["model"], tuple(explorer.input)).layers == explorer.layers


def test_the_networks_have_their_published_sizes(browser, tmp_path):
    with opened(browser, tmp_path, Sizing("vgg19")) as page:
        choose = page.get_by_label("Network", exact=True)
        for name, network in NETWORKS.items():
            choose.select_option(network["label"])
            settle(page)
            assert trait(page, "layers") == network["layers"]
            table = sizing.summary(on_meta(MODELS[name]), tuple(network["input"]))
            parameters, work, _ = totals(page)
            assert number(parameters) == table.parameters
            assert number(work) == table.multiply_adds
            if name in PUBLISHED:
                published = TABLE["models"][PUBLISHED[name]]
                assert number(parameters) == published["parameters"]
                assert round(number(work) / 1e9, 3) == published["published_giga"]


def test_the_case_that_does_not_divide_is_shown(browser, tmp_path):
    with opened(browser, tmp_path, Sizing()) as page:
        assert (
            page.locator("[data-fact=Output] span").inner_text() == "(227 − 11 + 2·0) / 4 + 1 = 55"
        )
        put(page, input=[3, 224, 224])
        how = page.locator("[data-fact=Output] span").inner_text()
        assert how == "(224 − 11 + 2·0) / 4 + 1 = 54.25, rounded down to 54"
        assert rows(page)[0][5] == "54.25 rounded down"
        put(page, input=[3, 224, 227])
        how = page.locator("[data-fact=Output] span").inner_text()
        assert how.startswith("height (224 − 11")
        assert "; width (227 − 11" in how


def test_the_picture_is_to_scale(browser, tmp_path):
    with opened(browser, tmp_path, Sizing()) as page:
        front = "faces => faces.map(face => face.getBBox()).map(box => [box.width, box.height])"
        drawn = page.locator("[data-picture=network] .front").evaluate_all(front)
        shapes = [(3, 227, 227), *(row.output_shape for row in Sizing().sizes())]
        assert len(drawn) == len(shapes)
        for (thick, tall), shape in zip(drawn[:5], shapes[:5], strict=True):
            assert tall / drawn[0][1] == pytest.approx(shape[1] / 227, rel=0.02)
            assert thick / drawn[1][0] == pytest.approx(
                max(3, math.sqrt(shape[0])) / 96**0.5, rel=0.02
            )
        bars = page.locator("[data-picture=network] .bar").evaluate_all(front)
        for place, name in enumerate(("parameters", "multiply_adds", "activation_bytes")):
            values = [getattr(row, name) for row in Sizing().sizes()]
            tall = [height for _, height in bars[11 * place : 11 * place + 11]]
            expected = [value / max(values) * max(tall) for value in values]
            assert tall == pytest.approx(expected, abs=0.02)
        assert "3 conv 256 × 27 × 27" in label(page, "network")


def test_by_keyboard(browser, tmp_path):
    with opened(browser, tmp_path, Sizing()) as page:

        def press(name, key):
            page.get_by_label(name, exact=True).focus()
            page.keyboard.press(key)
            settle(page)

        press("Layer", "ArrowRight")
        press("Layer", "ArrowRight")
        assert trait(page, "selected") == 2
        press("Filters", "ArrowRight")
        assert trait(page, "layers")[2]["out_channels"] == 272
        assert rows(page)[2][1] == "272 × 27 × 27"
        assert rows(page)[3][1] == "272 × 13 × 13"
        assert fact(page, "Output") == "272 × 27 × 27"
        expect(page.get_by_label("Network", exact=True)).to_have_value("Your own")
        press("Groups", "ArrowRight")
        assert rows(page)[2][5] == "3 groups do not divide 272 filters"
        assert rows(page)[3][5] == "no input"
        expect(page.get_by_text("The 8 layers behind it have no input.")).to_be_visible()
        press("Groups", "ArrowLeft")
        press("Biases", "Space")
        assert trait(page, "layers")[2]["bias"] is False
        assert "no biases" in page.locator("[data-fact=Parameters]").inner_text()

        # A number is typed; one that cannot be is refused, with the reason.
        filters = page.get_by_label("Filters, as a number")
        filters.focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("100")
        page.keyboard.press("Enter")
        settle(page)
        assert trait(page, "layers")[2]["out_channels"] == 100
        for wrong in ("0", "2.5", ""):
            filters.fill(wrong)
            page.keyboard.press("Enter")
            settle(page)
            expect(
                page.get_by_text("Filters must be a whole number from 1 to 8,192.")
            ).to_be_visible()
            assert trait(page, "layers")[2]["out_channels"] == 100
            assert filters.input_value() == "100"
        press("Padding", "ArrowRight")
        expect(page.get_by_text("Filters must be")).to_be_hidden()

        # The table's buttons, and the kind.
        second = page.get_by_role("button", name="max pool, 3 × 3, stride 2").first
        second.focus()
        page.keyboard.press("Enter")
        settle(page)
        assert trait(page, "selected") == 1
        expect(second).to_be_focused()
        expect(second).to_have_attribute("aria-pressed", "true")
        page.get_by_label("Kind", exact=True).focus()
        page.keyboard.type("batch")
        settle(page)
        assert trait(page, "layers")[1] == {"kind": "batch_norm"}
        assert page.get_by_label("Stride", exact=True).is_hidden()


def test_layers_are_added_moved_and_removed(browser, tmp_path):
    with opened(browser, tmp_path, Sizing()) as page:
        page.get_by_label("Network", exact=True).select_option("Your own")
        settle(page)
        kinds = lambda: [layer["kind"] for layer in trait(page, "layers")]  # noqa: E731
        assert kinds() == ["conv", "pool", "linear"]

        def press(name):
            page.get_by_role("button", name=name, exact=True).click()
            settle(page)

        press("Add after")
        assert kinds() == ["conv", "conv", "pool", "linear"]
        assert trait(page, "selected") == 1
        # What is added changes no size.
        assert rows(page)[0][1] == rows(page)[1][1] == "16 × 32 × 32"
        press("Move right")
        press("Move right")
        assert kinds() == ["conv", "pool", "linear", "conv"]
        assert rows(page)[3][5] == "needs channels, rows and columns, but gets 10 numbers in a row"
        press("Move right")
        expect(page.get_by_text("It is the last layer.")).to_be_visible()
        press("Move left")
        expect(page.get_by_text("It is the last layer.")).to_be_hidden()
        assert kinds() == ["conv", "pool", "conv", "linear"]
        for _ in range(4):
            press("Remove")
        assert kinds() == []
        assert rows(page) == []
        expect(page.get_by_text("No layer yet: add one")).to_be_visible()
        press("Move left")
        press("Add after")
        assert rows(page)[0][1] == "3 × 32 × 32"
        put(page, layers=Sizing(layers=[LINEAR] * 64).layers, selected=200)
        press("Add after")
        expect(page.get_by_text("There are 64 layers already")).to_be_visible()
        assert len(rows(page)) == 64
        # What the page made, Python takes.
        assert Sizing(layers=trait(page, "layers")).layers == trait(page, "layers")


@pytest.mark.parametrize("kind", ["conv", "pool", "adaptive_pool", "batch_norm", "linear"])
def test_what_a_new_kind_starts_with_is_what_python_takes(browser, tmp_path, kind):
    labels = {"conv": "conv", "pool": "pooling", "adaptive_pool": "adaptive pooling"}
    labels |= {"batch_norm": "batch norm", "linear": "fully connected"}
    with opened(browser, tmp_path, Sizing(selected=4)) as page:
        page.get_by_label("Kind", exact=True).select_option("fully connected")
        page.get_by_label("Kind", exact=True).select_option(labels[kind])
        settle(page)
        layers = trait(page, "layers")
        assert layers[4]["kind"] == kind
        assert Sizing(layers=layers).layers == layers


def test_by_mouse(browser, tmp_path):
    with opened(browser, tmp_path, Sizing(), unfolded=False) as page:
        network = page.locator("[data-picture=network]")
        network.locator("rect[data-column='4']").click()
        settle(page)
        assert trait(page, "selected") == 4
        assert fact(page, "Output") == "384 × 13 × 13"
        # Drag over the picture: the selection follows.
        box = network.locator("rect[data-column='8']").bounding_box()
        page.mouse.down()
        page.mouse.move(box["x"] + 20, box["y"] + 100, steps=5)
        page.mouse.up()
        settle(page)
        assert trait(page, "selected") == 8
        assert page.get_by_label("Units", exact=True).input_value() == "4096"
        page.get_by_text("All layers in a table").click()
        page.get_by_role("button", name="conv, 96 of 11 × 11").click()
        settle(page)
        assert trait(page, "selected") == 0
        slider = page.get_by_label("Image size", exact=True)
        slider.click(position={"x": slider.bounding_box()["width"] - 4, "y": 12})
        settle(page)
        channels, height, width = trait(page, "input")
        assert (channels, height) == (3, width)
        assert height > 480
        assert shape_of(rows(page)[0][1])[1] == (height - 11) // 4 + 1
        page.get_by_text("The network in PyTorch").click()
        expect(page.get_by_text("nn.Linear(4096, 1000),")).to_be_visible()


def test_images_need_not_be_square(browser, tmp_path):
    with opened(browser, tmp_path, Sizing(input=[3, 200, 300])) as page:
        assert page.get_by_label("Image size", exact=True).is_hidden()
        page.get_by_label("Image width", exact=True).focus()
        page.keyboard.press("ArrowRight")
        page.get_by_label("Image channels", exact=True).focus()
        page.keyboard.press("ArrowRight")
        assert trait(page, "input") == [4, 200, 301]


def test_two_of_them_do_not_disturb_each_other(browser, tmp_path):
    with opened(browser, tmp_path, Sizing(), Sizing()) as page:
        put(page, place=1, selected=3, batch_size=7)
        assert (trait(page, "selected", 0), trait(page, "selected", 1)) == (0, 3)
        outputs = page.locator("[data-fact=Output] strong").all_inner_texts()
        assert outputs == ["96 × 55 × 55", "256 × 13 × 13"]


@pytest.mark.parametrize(
    "settings",
    [
        {"layers": [], "selected": 5},
        {"layers": [], "input": [8192, 2048, 1]},
        {"layers": [LINEAR | {"out_features": 65536}] * 64, "selected": 63, "batch_size": 4096},
        {
            "layers": [{"kind": "conv", "out_channels": 8192, "kernel_size": 64, "groups": 8192}],
            "input": [8192, 2048, 2048],
            "batch_size": 4096,
        },
        {"layers": [{"kind": "pool", "kernel_size": 64, "stride": 64, "padding": 64}]},
        {"layers": [{"kind": "adaptive_pool", "output_size": 64}], "input": [1, 1, 1]},
    ],
)
def test_the_extremes_are_drawn(browser, tmp_path, settings):
    explorer = Sizing(**settings)
    with opened(browser, tmp_path, explorer) as page:
        shown = rows(page)
        assert len(shown) == len(explorer.layers)
        for texts, row in zip(shown, explorer.sizes(), strict=True):
            assert texts[5] == (row.problem or texts[5])
            assert row.problem or shape_of(texts[1]) == row.output_shape
        assert "NaN" not in page.locator(".explorer").inner_html()
    assert explorer.alt()


def test_for_everyone(browser, tmp_path):
    impossible = Sizing("vgg16", input=[3, 20, 20], selected=17)
    assert_fit_for_everyone(browser, tmp_path, Sizing(), Sizing("vgg19", selected=20), impossible)
    with opened(browser, tmp_path, Sizing("vgg16", selected=20), width=390) as page:
        # The selected layer is brought into view.
        view = page.get_by_role("group", name="Picture of the network").bounding_box()
        column = page.locator("[data-picture=network] rect[data-column='20']").bounding_box()
        assert view["x"] <= column["x"] <= view["x"] + view["width"]
        settle(page)
        # The charts' titles stay where they can be read.
        title = page.locator("[data-picture=network] .start").first
        in_view = pytest.approx(view["x"] + 2, abs=2)
        wait_until(lambda: title.bounding_box()["x"] == in_view, "the titles to follow", 10)
        assert not is_wider_than_its_window(page)


def test_without_a_script_it_is_a_picture(browser, tmp_path):
    assert_a_picture_without_script(browser, tmp_path, Sizing())
