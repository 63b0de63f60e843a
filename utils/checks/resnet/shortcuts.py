"""Lesson 7: option A, a shortcut without weights where the sizes change.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch.nn.functional as F

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

_strided = Trait("stride > 1", "stride 1", lambda case: case.arguments["stride"] > 1)

# --- shortcut-a ----------------------------------------------------------------------------------


def _option_a(input, filters, stride):
    thinned = input[:, :, ::stride, ::stride]
    return F.pad(thinned, (0, 0, 0, 0, 0, filters - input.shape[1]))


def _a_case(seed, images, channels, height, width, filters, stride):
    input = whole_numbers(images, channels, height, width, seed=seed)
    return Case({"input": input, "filters": filters, "stride": stride})


_a_cases = [
    _a_case(0, 1, 1, 2, 2, 1, 2),
    _a_case(1, 1, 1, 2, 2, 2, 1),
    _a_case(2, 1, 2, 2, 2, 4, 2),
    _a_case(3, 2, 1, 2, 4, 3, 2),
    _a_case(4, 1, 2, 5, 4, 4, 2),
    _a_case(5, 2, 3, 7, 6, 5, 3),
    _a_case(6, 2, 4, 4, 4, 8, 2),
]

shortcut_a = Exercise(
    "shortcut-a",
    reference=_option_a,
    cases=[*_a_cases, *in_double(_a_cases[-2:])],
    traits=(
        _strided,
        Trait(
            "new channels",
            "no new channels",
            lambda case: case.arguments["filters"] > case.arguments["input"].shape[1],
        ),
    ),
    every_device=True,
)

shortcut_a.mistake(
    "the zeros come before the channels",
    "The old channels come first, then the zeros.",
    edit("0, filters - input.shape[1]", "filters - input.shape[1], 0"),
)
shortcut_a.mistake(
    "the pixels are averaged",
    "Option A leaves pixels out: every stride-th one is kept as it is.",
    edit("input[:, :, ::stride, ::stride]", "F.avg_pool2d(input, stride, ceil_mode=True)"),
)
shortcut_a.mistake(
    "the largest pixel of each window is kept",
    "Option A leaves pixels out: every stride-th one is kept, the first of each window.",
    edit("input[:, :, ::stride, ::stride]", "F.max_pool2d(input, stride, ceil_mode=True)"),
)
shortcut_a.mistake(
    "only the rows are thinned out",
    "Rows *and* columns: [:, :, ::stride, ::stride].",
    edit("::stride, ::stride", "::stride"),
)
shortcut_a.mistake(
    "the pixels are not thinned out",
    "The block's conv layers have a stride: the shortcut must take the same step.",
    edit("[:, :, ::stride, ::stride]"),
)
shortcut_a.mistake(
    "the channels are not filled up",
    "The output needs `filters` channels, or it cannot be added.",
    edit("F.pad(thinned, (0, 0, 0, 0, 0, filters - input.shape[1]))", "thinned"),
)
shortcut_a.mistake(
    "the channels are repeated",
    "The new channels hold zeros.",
    edit(
        "F.pad(thinned, (0, 0, 0, 0, 0, filters - input.shape[1]))",
        "thinned[:, torch.arange(filters, device=input.device) % input.shape[1]]",
    ),
)
