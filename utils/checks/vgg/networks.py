"""Lesson 5: the six configurations by one builder, and their last layers as convolutions."""

import torch

from utils.checks.convolution.cases import whole_numbers
from utils.checks.core import Case, Exercise, ModuleExercise, Trait
from utils.checks.mistakes import edit
from utils.mine import loans

# --- vgg -----------------------------------------------------------------------------------------


def _built(seed, column, images=1, channels=3, size=4, hidden=3, classes=2):
    settings = {"channels": channels, "size": size, "hidden": hidden, "classes": classes}
    with torch.device("meta"):
        shapes = {x: y.shape for x, y in loans.VGG(column, **settings).state_dict().items()}
    state = {
        name: whole_numbers(*shape, seed=seed + place)
        for place, (name, shape) in enumerate(shapes.items(), start=2)
    }
    return Case(
        {
            # Without dropout, whose draws would differ from run to run.
            **{"column": column, **settings, "dropout": 0.0},
            "input": whole_numbers(images, channels, size, size, seed=seed),
            "grad_output": whole_numbers(images, classes, seed=seed + 1),
            **state,
        }
    )


def _convs(case):
    return [item for item in case.arguments["column"] if item != "M"]


_cases = [
    _built(0, ((1, 1),), channels=1, size=1, hidden=1, classes=1),
    _built(20, ((3, 2), "M"), channels=1, size=2),
    _built(40, ((3, 2), (3, 4), "M"), size=2),
    _built(60, ((3, 2), "M", (3, 3), "M")),
    _built(80, ((3, 2), (1, 3), "M", (3, 2)), images=2),
    _built(100, ((3, 2), "M", (3, 3), (1, 3), "M", (3, 2), "M"), images=2, size=8, hidden=4),
]

vgg = ModuleExercise(
    "vgg",
    class_name="VGG",
    reference=loans.VGG,
    cases=_cases,
    traits=(
        Trait("pooling layers", "no pooling layer", lambda c: "M" in c.arguments["column"]),
        Trait("1x1 filters", "3x3 filters only", lambda c: any(x[0] == 1 for x in _convs(c))),
        Trait("several conv layers", "one conv layer", lambda c: len(_convs(c)) > 1),
    ),
    forbidden=("utils.models",),
    instead="Go through the column, and keep in mind how many channels and pixels there are.",
    part="VGG",
)

vgg.mistake(
    "every layer is thought to see the channels of the image",
    "A layer's filters are as deep as what comes in: as many channels as the layer before has "
    "filters.",
    edit("channels = filters", "last = filters"),
    edit("layers.Linear(channels *", "layers.Linear(last *"),
)
vgg.mistake(
    "all filters are taken for 3x3",
    "The first number of an item is the filter's size; configuration C has 1x1 filters.",
    edit("filters, kernel, padding=kernel // 2", "filters, 3, padding=1"),
)
vgg.mistake(
    "the conv layers do not pad",
    "VGG's conv layers keep the size of the map. How many rings of zeros does that need?",
    edit(", padding=kernel // 2"),
)
vgg.mistake(
    "every conv layer has one ring of padding, 1x1 filters too",
    "A ring of zeros keeps the size for 3x3 filters. A 1x1 filter needs none: its map would grow.",
    edit("padding=kernel // 2", "padding=1"),
)
vgg.mistake(
    "there is no ReLU after the conv layers",
    "Each conv layer is followed by a ReLU; without them, the stack is one large filter.",
    edit("features += [convolution, layers.ReLU()]", "features += [convolution]"),
)
vgg.mistake(
    "the pooling layers are left out of the map's size",
    "Each pooling layer halves the side of the map that the first linear layer gets.",
    edit("size //= 2", "pass"),
)
vgg.mistake(
    "only one side of the last map is counted",
    "The map is `size` wide *and* `size` high.",
    edit("channels * size * size", "channels * size"),
)
vgg.mistake(
    "the head has two linear layers",
    "VGG has three: to `hidden` units, to `hidden` units again, to the classes.",
    edit("*[layers.Linear(hidden, hidden), layers.ReLU(), layers.Dropout(dropout)],"),
)
vgg.mistake(
    "there is no dropout between the linear layers",
    "After the ReLU of each of the first two linear layers comes a dropout layer. It has no "
    "weights, but it counts: the last layer's key is classifier.6.weight.",
    edit("[head, layers.ReLU(), layers.Dropout(dropout)]", "[head, layers.ReLU()]"),
    edit(
        "[layers.Linear(hidden, hidden), layers.ReLU(), layers.Dropout(dropout)]",
        "[layers.Linear(hidden, hidden), layers.ReLU()]",
    ),
)
vgg.mistake(
    "a ReLU follows the last layer",
    "The scores of the classes may be negative.",
    edit("layers.Linear(hidden, classes),", "layers.Linear(hidden, classes), layers.ReLU(),"),
)

# --- linear-as-conv ------------------------------------------------------------------------------


def _dense(seed, units, channels, height, width):
    weight = whole_numbers(units, channels * height * width, seed=seed)
    return Case({"weight": weight, "channels": channels, "height": height, "width": width})


_sizes = [(1, 1, 1, 2), (1, 1, 2, 2), (2, 2, 1, 1), (2, 2, 2, 2)]
_sizes += [(1, 3, 3, 3), (4, 2, 2, 3), (5, 3, 4, 2)]


def _as_filters(weight, channels, height, width):
    filters = weight.reshape(-1, channels, height, width)
    return filters


linear_as_conv = Exercise(
    "linear-as-conv",
    reference=_as_filters,
    cases=[_dense(place, *sizes) for place, sizes in enumerate(_sizes)],
    traits=(
        Trait("several units", "one unit", lambda c: len(c.arguments["weight"]) > 1),
        Trait("several channels", "one channel", lambda c: c.arguments["channels"] > 1),
        Trait(
            "height different from width",
            "square",
            lambda c: c.arguments["height"] != c.arguments["width"],
        ),
    ),
    every_device=True,
)

linear_as_conv.mistake(
    "the channels are taken to change fastest",
    "Flatten goes through the columns first, then the rows, then the channels.",
    edit("-1, channels, height, width)", "-1, height, width, channels).permute(0, 3, 1, 2)"),
)
linear_as_conv.mistake(
    "rows and columns are exchanged",
    "The last axis is the width.",
    edit("-1, channels, height, width)", "-1, channels, width, height).transpose(2, 3)"),
)
linear_as_conv.mistake(
    "the filters are turned round",
    "F.conv2d does not turn its filters, so they stand as the weights do.",
    edit("return filters", "return filters.flip(2, 3)"),
)
linear_as_conv.mistake(
    "the units come after the channels",
    "A conv layer's weight is (units, channels, height, width).",
    edit("return filters", "return filters.transpose(0, 1)"),
)
linear_as_conv.mistake(
    "units and inputs are exchanged",
    "Row k of the linear layer's weight belongs to unit k.",
    edit("weight.reshape", "weight.T.reshape"),
)
linear_as_conv.mistake(
    "only one place is covered",
    "The filter is as large as the whole input: height x width.",
    edit("-1, channels, height, width", "-1, channels * height * width, 1, 1"),
)
