"""Lesson 8: how the trained network pads, found by comparing activations."""

from utils.checks.cases import table
from utils.checks.core import Exercise, Trait
from utils.checks.mistakes import edit


def _same_padding(kernel_size, stride):
    total = kernel_size - stride
    before = total // 2
    return before, total - before


same_padding = Exercise(
    "same-padding",
    reference=_same_padding,
    cases=table(
        "kernel_size stride", [(3, 1), (3, 2), (5, 1), (5, 2), (1, 1), (2, 2), (7, 1), (7, 2)]
    ),
    traits=(Trait("stride 2", "stride 1", lambda case: case.arguments["stride"] == 2),),
    returns=("before", "after"),
    forbidden=("utils.nn",),
    instead="Find the rule by comparing activations, and write it down.",
)

same_padding.mistake(
    "both sides get the same",
    "So it is with stride 1, and so does torch pad. With stride 2 compare the activations once "
    "more: which sides need more zeros, which fewer?",
    edit("total - before", "kernel_size // 2"),
    edit("= total // 2", "= kernel_size // 2"),
)
same_padding.mistake(
    "the larger half comes before",
    "Shift your map by one pixel: left and above there are fewer zeros than right and below.",
    edit("before, total - before", "total - before, before"),
)
same_padding.mistake(
    "the sum is that of stride 1",
    "With stride 2 the window needs one zero less: it must cover the even number of pixels and no "
    "more.",
    edit("kernel_size - stride", "kernel_size - 1"),
)
same_padding.mistake(
    "all zeros come after",
    "That is right for 3x3 with stride 2. Compare the first stage with 5x5 filters as well.",
    edit("before = total // 2", "before = 0"),
)
same_padding.mistake(
    "one side only is returned",
    "Return two numbers: zeros before the image (left, above) and after it (right, below).",
    edit("return before, total - before", "return before"),
)
same_padding.mistake(
    "nothing is padded",
    "Then the map would be smaller than half the image.",
    edit("kernel_size - stride", "0"),
)
