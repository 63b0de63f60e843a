"""Lesson 4: sizes of all layers, two numbers of the paper, what fits into memory."""

from utils.checks.cases import table
from utils.checks.core import Case, Exercise, Mistake, Trait, ValueExercise
from utils.checks.mistakes import edit

# --- layer-table ---------------------------------------------------------------------------------


def _table(input_shape, layers):
    channels, height, width = input_shape
    rows = []
    for kind, *numbers in layers:
        if kind == "linear":
            (units,) = numbers
            weights = channels * height * width * units
            parameters = weights + units
            channels, height, width = units, 1, 1
        else:
            if kind == "conv":
                filters, kernel_size, stride, padding, groups = numbers
                seen = channels // groups
                parameters = kernel_size * kernel_size * seen * filters + filters
                channels = filters
            else:
                kernel_size, stride = numbers
                padding, parameters = 0, 0
            height = (height - kernel_size + padding + padding) // stride + 1
            width = (width - kernel_size + padding + padding) // stride + 1
        rows.append((channels, height, width, parameters))
    return rows


def _kinds(case):
    return [layer[0] for layer in case.arguments["layers"]]


def _groups(case):
    return [layer[5] for layer in case.arguments["layers"] if layer[0] == "conv"]


_stacks = [
    ((1, 3, 4), [("conv", 2, 3, 1, 0, 1)]),
    ((2, 5, 7), [("pool", 2, 2)]),
    ((2, 3, 2), [("linear", 5)]),
    ((3, 6, 9), [("conv", 4, 3, 2, 1, 1), ("pool", 2, 1)]),
    ((4, 5, 6), [("conv", 6, 3, 1, 1, 2), ("conv", 9, 1, 1, 0, 3)]),
    ((3, 9, 8), [("conv", 4, 5, 2, 2, 1), ("pool", 3, 2), ("linear", 7), ("linear", 2)]),
    ((3, 32, 40), [("conv", 8, 11, 4, 2, 1), ("pool", 3, 2), ("conv", 8, 5, 1, 2, 4)]),
]

layer_table = Exercise(
    "layer-table",
    reference=_table,
    cases=[Case({"input_shape": shape, "layers": layers}) for shape, layers in _stacks],
    traits=(
        Trait("pooling layers", "no pooling layer", lambda c: "pool" in _kinds(c)),
        Trait("linear layers", "no linear layer", lambda c: "linear" in _kinds(c)),
        Trait("conv layers", "no conv layer", lambda c: "conv" in _kinds(c)),
        Trait("several groups", "one group", lambda c: max(_groups(c), default=1) > 1),
        Trait("several layers", "one layer", lambda c: len(_kinds(c)) > 1),
    ),
    forbidden=("utils.sizing", "utils.models", "utils.nn", "torch.nn.modules.conv"),
    instead="Go through the layers, and keep in mind the shape that you have by now.",
)

layer_table.mistake(
    "the biases are forgotten",
    "The table counts parameters: each filter, and each unit, has a bias besides its weights.",
    edit("seen * filters + filters", "seen * filters"),
    edit("weights + units", "weights"),
)
layer_table.mistake(
    "the groups are left out",
    "In a layer of two groups a filter sees only half of the channels: it is half as deep.",
    edit("channels // groups", "channels"),
)
layer_table.mistake(
    "the filters are divided by the groups too",
    "Each group has its share of the filters, but all groups together have all of them.",
    edit("* seen * filters +", "* seen * (filters // groups) +"),
)
layer_table.mistake(
    "a filter has no depth",
    "A filter reaches through all channels that it sees.",
    edit("* seen * filters", "* filters"),
)
layer_table.mistake(
    "every conv layer is thought to see the channels of the image",
    "A filter is as deep as what comes out of the layer *before*.",
    edit("channels // groups", "input_shape[0] // groups"),
)
layer_table.mistake(
    "a conv layer is thought to see as many channels as it has filters",
    "A filter is as deep as what comes out of the layer *before*. Count the parameters before you "
    "change the number of channels.",
    edit("channels // groups", "filters // groups"),
)
layer_table.mistake(
    "the kernel has only one side",
    "A kernel is F wide *and* F high.",
    edit("kernel_size * kernel_size", "kernel_size"),
)
layer_table.mistake(
    "the padding is counted on one side only",
    "P zeros are put on each side, so a line grows by 2P.",
    edit("height - kernel_size + padding + padding", "height - kernel_size + padding"),
    edit("width - kernel_size + padding + padding", "width - kernel_size + padding"),
)
layer_table.mistake(
    "the first place is not counted",
    "The division counts the steps; the window stands somewhere before its first step.",
    edit(
        "height = (height - kernel_size + padding + padding) // stride + 1",
        "height = (height - kernel_size + padding + padding) // stride",
    ),
    edit(
        "width = (width - kernel_size + padding + padding) // stride + 1",
        "width = (width - kernel_size + padding + padding) // stride",
    ),
)
layer_table.mistake(
    "the size is rounded up",
    "A window that does not fit as a whole is left out: round down.",
    edit(
        "height = (height - kernel_size + padding + padding) // stride + 1",
        "height = -((height - kernel_size + padding + padding) // -stride) + 1",
    ),
    edit(
        "width = (width - kernel_size + padding + padding) // stride + 1",
        "width = -((width - kernel_size + padding + padding) // -stride) + 1",
    ),
)
layer_table.mistake(
    "a linear layer is thought to see the channels only",
    "It has a weight for every number that it gets: all places of all channels.",
    edit("channels * height * width * units", "channels * units"),
)
layer_table.mistake(
    "after a linear layer the old height and width stay",
    "A linear layer gives one number for each unit: (units, 1, 1).",
    edit("channels, height, width = units, 1, 1", "channels = units"),
)
layer_table.mistake(
    "the channels come last",
    "The order is (channels, height, width, parameters), as in torch.",
    edit("(channels, height, width, parameters)", "(height, width, channels, parameters)"),
)
layer_table.mistake(
    "the width comes before the height",
    "The order is (channels, height, width, parameters): rows before columns.",
    edit("(channels, height, width, parameters)", "(channels, width, height, parameters)"),
)

# --- wrong-numbers: of 224, 253440, 186624, 64896, 43264, 4096 -----------------------------------

wrong_numbers = ValueExercise(
    "wrong-numbers",
    reference=[224, 253_440],
    advice="For each row of the table with 227 pixels: channels times height times width is its "
    "number of neurons. And which image do the paper's later sizes come from: does 224 give them?",
    passed="a side of the image, and a number of neurons.",
    mistakes=[
        Mistake(
            "the table was made with 224 pixels",
            "With 224 pixels and no padding nearly every number is another one. Is it likelier "
            "that all of them are wrong, or that one is?",
            [253_440, 186_624, 64_896, 43_264],
        ),
        Mistake(
            "the table was made with 224 pixels, and 224 is blamed besides",
            "If 224 is wrong, the other numbers must be judged by a table that is made without it.",
            [224, 253_440, 186_624, 64_896, 43_264],
        ),
        Mistake(
            "only the image's side is named",
            "Multiply out what the first conv layer gives: channels times height times width.",
            [224],
        ),
        Mistake(
            "only the first layer's number of neurons is named",
            "Put 224 into your table, without padding. Does the first layer give 55 places?",
            [253_440],
        ),
        Mistake(
            "a layer after pooling is compared with the conv layer before it",
            "The paper counts what a *conv* layer gives, before any pooling: 43,264 are the "
            "neurons of the fifth conv layer.",
            [224, 253_440, 43_264],
        ),
    ],
)

# --- largest-batch -------------------------------------------------------------------------------


def _largest_batch(parameters, activations, memory):
    fixed = 4 * parameters * 3
    each = 4 * activations * 2
    return max(0, (memory - fixed) // each)


largest_batch = Exercise(
    "largest-batch",
    reference=_largest_batch,
    cases=table(
        "parameters activations memory",
        [(1, 1, 28), (0, 3, 50), (2, 1, 24), (5, 7, 1000), (3, 2, 30), (11, 13, 5_000)],
        [(60_000_000, 2_000_000, 3 * 2**30), (140_000_000, 15_000_000, 2**30)],
    ),
    traits=(
        Trait("room for a batch", "no room at all", lambda c: _largest_batch(**c.arguments) > 0),
        Trait("parameters", "no parameters", lambda c: c.arguments["parameters"] > 0),
    ),
    forbidden=("utils.sizing",),
    instead="What is there once, whatever the batch, and what is there for each image?",
)

largest_batch.mistake(
    "the gradients of the activations are forgotten",
    "The way back makes a gradient for each activation, of the same size.",
    edit("activations * 2", "activations"),
)
largest_batch.mistake(
    "the gradients of the parameters are forgotten",
    "There are the parameters, their gradients and their velocities: three numbers for each.",
    edit("parameters * 3", "parameters * 2"),
)
largest_batch.mistake(
    "only the parameters themselves are counted",
    "Training keeps a gradient and a velocity for each parameter, too.",
    edit("parameters * 3", "parameters"),
)
largest_batch.mistake(
    "what belongs to the parameters is counted for each image",
    "All images share the parameters: what belongs to them is there once.",
    edit("(memory - fixed) // each", "memory // (fixed + each)"),
)
largest_batch.mistake(
    "a number is thought to take one byte",
    "A float32 takes four bytes.",
    edit("fixed = 4 * ", "fixed = "),
    edit("each = 4 * ", "each = "),
)
largest_batch.mistake(
    "a number is thought to take eight bytes",
    "A float32 takes 32 bits: four bytes.",
    edit("fixed = 4 * ", "fixed = 8 * "),
    edit("each = 4 * ", "each = 8 * "),
)
largest_batch.mistake(
    "the number of images is rounded up",
    "Half an image cannot be trained with: round down.",
    edit("(memory - fixed) // each", "-((memory - fixed) // -each)"),
)
largest_batch.mistake(
    "the batch becomes negative",
    "Where the parameters alone take more than there is, not a single image fits: 0.",
    edit("max(0, (memory - fixed) // each)", "(memory - fixed) // each"),
)

# --- wrong-layer: utils.faulty.colleagues_alexnet, whose second response norm is wrong -----------

wrong_layer = ValueExercise(
    "wrong-layer",
    reference=6,
    advice="Send the image through the layers one by one, once alone and once in the batch, and "
    "compare what comes out of each layer. Which is the first that differs?",
    passed="what goes into it does not depend on the other images, and what comes out does.",
    mistakes=[
        Mistake(
            "the first response norm is blamed",
            "Compare what comes out of layer 2 alone and in the batch. Does it differ?",
            2,
        ),
        Mistake(
            "the layer after it is blamed, or layers are counted from 1",
            "What goes into layer 7 differs already. And the first layer is `network[0]`.",
            7,
        ),
        Mistake(
            "the layer before it is blamed",
            "What comes out of it is the same, alone and in the batch.",
            5,
        ),
        Mistake(
            "the first conv layer after it is blamed",
            "Its output differs, but so does its input. Which is the *first* layer that differs?",
            8,
        ),
        Mistake(
            "the first dropout is blamed",
            "It is random in training only. Call the network twice on the same image: is anything "
            "random here?",
            15,
        ),
        Mistake(
            "the second dropout is blamed",
            "It is random in training only. Call the network twice on the same image: is anything "
            "random here?",
            18,
        ),
        Mistake(
            "the last layer is blamed",
            "Its output differs, but so does its input. Which is the *first* layer that differs?",
            21,
        ),
    ],
)
