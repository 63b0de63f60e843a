"""Lesson 1: how many parameters, shared and not."""

from utils.checks.cases import table
from utils.checks.convolution.cases import COUNT_TRAITS
from utils.checks.core import Exercise, Mistake, ValueExercise
from utils.checks.mistakes import edit

# --- conv-params --------------------------------------------------------------------------------


def _params(in_channels, out_channels, kernel_size):
    weights = kernel_size * kernel_size * in_channels * out_channels
    biases = out_channels
    return weights, biases


conv_params = Exercise(
    "conv-params",
    reference=_params,
    cases=table(
        "in_channels out_channels kernel_size",
        [(1, 1, 3), (2, 3, 1), (2, 3, 2), (3, 8, 5), (64, 64, 1), (3, 96, 11), (96, 256, 5)],
    ),
    traits=COUNT_TRAITS,
    returns=("weights", "biases"),
    forbidden=("utils.sizing", "utils.nn", "torch.nn.modules.conv"),
    instead="Count: how many numbers are in one filter, and how many filters are there?",
)

conv_params.mistake(
    "a filter has no depth",
    "A filter reaches through all D1 channels of its input: it is a block, not a square.",
    edit("in_channels * out_channels", "out_channels"),
)
conv_params.mistake(
    "only one filter is counted",
    "These are the weights of one filter. The layer has K of them.",
    edit("in_channels * out_channels", "in_channels"),
)
conv_params.mistake(
    "the kernel has only one side",
    "A kernel is F wide *and* F high.",
    edit("kernel_size * kernel_size", "kernel_size"),
)
conv_params.mistake(
    "every weight has its own bias",
    "The bias is added once to the finished sum, not to each product in it.",
    edit("biases = out_channels", "biases = weights"),
)
conv_params.mistake(
    "every slice of a filter has its own bias",
    "A filter sums over all its input channels first; the sum gets one bias.",
    edit("biases = out_channels", "biases = in_channels * out_channels"),
)
conv_params.mistake(
    "the biases are counted by input channel",
    "A bias belongs to an output: which of the two channel numbers counts outputs?",
    edit("biases = out_channels", "biases = in_channels"),
)
conv_params.mistake(
    "the whole layer shares one bias",
    "Parameters are shared over positions, not over filters.",
    edit("biases = out_channels", "biases = 1"),
)
conv_params.mistake(
    "the biases are counted among the weights",
    "Return two numbers: the weights alone, and the biases alone.",
    edit("return weights", "return weights + biases"),
)
conv_params.mistake(
    "the sum is returned instead of both numbers",
    "Return a tuple of two numbers, `return weights, biases`.",
    edit("weights, biases", "weights + biases"),
)
conv_params.mistake(
    "weights and biases are returned in the wrong order",
    "The weights come first.",
    edit("weights, biases", "biases, weights"),
)

# --- weights-without-sharing: 32x32x3 input, K=8, F=5, S=1, P=2 ---------------------------------

weights_without_sharing = ValueExercise(
    "weights-without-sharing",
    reference=(32 * 32) * 8 * (5 * 5 * 3),
    advice="First: how many units does the output volume have (width, height, depth)? Then: how "
    "many weights does one of them use? Now no two units share any.",
    passed="every unit of the output volume counted, each with a filter of its own.",
    mistakes=[
        Mistake(
            "the weights are shared",
            "This is the ordinary conv layer: one filter for each of the K slices. Without sharing "
            "every position has a filter of its own.",
            8 * (5 * 5 * 3),
        ),
        Mistake(
            "the biases are counted too",
            "The question asks for weights only.",
            (32 * 32) * 8 * (5 * 5 * 3 + 1),
        ),
        Mistake(
            "the depth of the filters is left out",
            "Each filter reaches through all the channels of the input.",
            (32 * 32) * 8 * (5 * 5),
        ),
        Mistake(
            "the output has only one slice",
            "There are K filters, and each fills a slice of its own.",
            (32 * 32) * (5 * 5 * 3),
        ),
        Mistake(
            "the padding is left out",
            "With P=2 a 5x5 kernel has more positions than without: work out the output size.",
            (28 * 28) * 8 * (5 * 5 * 3),
        ),
        Mistake(
            "the padding is counted on one side only",
            "P zeros are put on each side: work out the output size once more.",
            (30 * 30) * 8 * (5 * 5 * 3),
        ),
        Mistake(
            "every output unit sees the whole input",
            "That is a fully connected layer. Without sharing a unit still sees only F x F pixels.",
            (32 * 32 * 8) * (32 * 32 * 3),
        ),
        Mistake(
            "output units are counted instead of weights",
            "You have the number of units. How many weights does each of them own?",
            32 * 32 * 8,
        ),
    ],
)
