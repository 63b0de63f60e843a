"""Lesson 5: the six configurations, and what stands behind their conv layers."""

from utils.checks.convolution.cases import whole_numbers
from utils.checks.core import Case, Exercise, Mistake, Trait, ValueExercise
from utils.checks.mistakes import edit

# --- conv-shapes ---------------------------------------------------------------------------------


def _shapes(column):
    shapes, channels = [], 3
    for item in column:
        if item == "M":
            continue
        size, filters = item
        shapes.append((filters, channels, size, size))
        channels = filters
    return shapes


_columns = (
    *[((3, 64),), ((3, 8), (3, 4)), ((3, 8), "M"), ((3, 8), "M", (3, 16)), ((3, 8), (1, 8), "M")],
    ("M", (3, 8), (1, 4), (3, 4), "M"),
    ((3, 64), "M", (3, 128), "M", (3, 256), (3, 256), "M", (3, 512), (3, 512), "M"),
    ((3, 64), (3, 64), "M", (3, 128), (3, 128), "M", (3, 256), (3, 256), (1, 256), "M"),
)

conv_shapes = Exercise(
    "conv-shapes",
    reference=_shapes,
    cases=[Case({"column": column}) for column in _columns],
    traits=(
        Trait("pooling layers", "no pooling layer", lambda c: "M" in c.arguments["column"]),
        Trait("1x1 filters", "3x3 filters only", lambda c: any(x[0] == 1 for x in _convs(c))),
        Trait("several conv layers", "one conv layer", lambda c: len(_convs(c)) > 1),
    ),
    forbidden=("utils.models", "utils.nn", "torch.nn.modules.conv"),
    instead="Go through the column, and keep in mind how many channels there are by now.",
)


def _convs(case):
    return [item for item in case.arguments["column"] if item != "M"]


conv_shapes.mistake(
    "every layer is thought to see the three colours",
    "A layer's filters are as deep as what stands before them: the filters of the layer before.",
    edit("(filters, channels,", "(filters, 3,"),
)
conv_shapes.mistake(
    "a layer is thought to see as many channels as it has filters",
    "A layer's filters are as deep as what stands *before* them.",
    edit("(filters, channels,", "(filters, filters,"),
)
conv_shapes.mistake(
    "all filters are taken for 3x3",
    "The first number of an item is the filter's size; configuration C has 1x1 filters.",
    edit("size, size)", "3, 3)"),
)
conv_shapes.mistake(
    "a pooling layer is thought to double the channels",
    "Pooling keeps the depth. It is the next conv layer that has twice as many filters.",
    edit("continue", "channels *= 2\n            continue"),
)
conv_shapes.mistake(
    "channels come before filters",
    "The order is (filters, channels, height, width).",
    edit("(filters, channels,", "(channels, filters,"),
)
conv_shapes.mistake(
    "pooling layers are listed too",
    "A pooling layer has no weights: leave it out.",
    edit("continue", "item = (2, channels)"),
)

# --- the first fully connected layer of VGG ------------------------------------------------------

vgg_fc_weights = ValueExercise(
    "vgg-fc-weights",
    reference=512 * 7 * 7 * 4096,
    advice="Five poolings halve 224 pixels five times. How many numbers are left, over all 512 "
    "channels? Each of the 4096 units has a weight for each of them.",
    passed="three quarters of VGG-16's parameters are in this one layer.",
    mistakes=[
        Mistake(
            "the channels are forgotten",
            "At each of the places there are 512 numbers.",
            7 * 7 * 4096,
        ),
        Mistake(
            "only four poolings are counted",
            "There are five of them: 224 / 32.",
            512 * 14 * 14 * 4096,
        ),
        Mistake(
            "the places are forgotten",
            "The 512 channels have 7 x 7 places each; the layer has weights for all of them.",
            512 * 4096,
        ),
        Mistake(
            "the biases are counted too",
            "The question is for the weights.",
            512 * 7 * 7 * 4096 + 4096,
        ),
        Mistake("the image has only one side", "There are 7 rows *and* 7 columns.", 512 * 7 * 4096),
    ],
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
