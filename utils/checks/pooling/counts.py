"""Lesson 3: what pooling throws away, and the work that it saves."""

from utils.checks.cases import table
from utils.checks.convolution.cases import COUNT_TRAITS
from utils.checks.core import Exercise, Mistake, Trait, ValueExercise
from utils.checks.mistakes import edit

# --- numbers-lost: 2x2 windows at stride 2 -------------------------------------------------------

numbers_lost = ValueExercise(
    "numbers-lost",
    reference=75,
    advice="How many numbers are in one window, and how many of them are left?",
    passed="one number of a window is left.",
    mistakes=[
        Mistake("only one side of the window is counted", "The window is 2 wide *and* 2 high.", 50),
        Mistake(
            "what is kept is counted",
            "That is the share that is left. The question asks for what is gone.",
            25,
        ),
        Mistake(
            "the numbers in a window are counted",
            "The question asks for percent of all numbers.",
            4,
        ),
        Mistake(
            "nothing is thought to be lost",
            "A mean or a maximum stands for the window, but can you get the window back from it?",
            0,
        ),
    ],
)

# --- conv-multiply-adds --------------------------------------------------------------------------


def _multiply_adds(size, in_channels, out_channels, kernel_size):
    outputs = size * size * out_channels
    products = kernel_size * kernel_size * in_channels
    return outputs * products


conv_multiply_adds = Exercise(
    "conv-multiply-adds",
    reference=_multiply_adds,
    cases=table(
        "size in_channels out_channels kernel_size",
        [(2, 1, 1, 3), (1, 2, 3, 3), (2, 3, 1, 1), (3, 1, 5, 1), (4, 2, 3, 5)],
        [(224, 3, 64, 3), (112, 64, 128, 3), (14, 512, 512, 3)],
    ),
    traits=(Trait("several places", "one place", lambda c: c.arguments["size"] > 1), *COUNT_TRAITS),
    forbidden=("utils.sizing", "utils.nn", "utils.models", "torch.nn.modules.conv"),
    instead="Count: how many numbers come out, and how many products is each of them a sum of?",
)

conv_multiply_adds.mistake(
    "the filters are counted as flat",
    "A filter reaches through all channels of its input.",
    edit(" * in_channels"),
)
conv_multiply_adds.mistake(
    "each weight is used once",
    "These are the weights. Each of them is used at every place of the output.",
    edit("size * size * out_channels", "out_channels"),
)
conv_multiply_adds.mistake(
    "only one filter is counted",
    "There is a filter for each channel of the output.",
    edit(" * out_channels"),
)
conv_multiply_adds.mistake(
    "the places are counted along one side only",
    "The output is `size` wide *and* `size` high.",
    edit("size * size", "size"),
)
conv_multiply_adds.mistake(
    "the kernel has only one side",
    "A kernel is F wide *and* F high.",
    edit("kernel_size * kernel_size", "kernel_size"),
)
conv_multiply_adds.mistake(
    "multiplications and additions are counted apart",
    "A product and its addition to the sum count as one multiply-add.",
    edit("return outputs", "return 2 * outputs"),
)
conv_multiply_adds.mistake(
    "the numbers that come out are counted",
    "Each of them is a sum of many products.",
    edit(" * products"),
)
