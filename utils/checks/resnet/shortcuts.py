"""Lesson 7: what a shortcut does where the sizes change; options A, B and C.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch
import torch.nn.functional as F

from utils.checks.cases import CHANNELS, IMAGES
from utils.checks.convolution.cases import LIBRARY, in_double, whole_numbers
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

# --- projection ----------------------------------------------------------------------------------


def _projection(input, weight, stride):
    return torch.einsum("nchw,kc->nkhw", input[:, :, ::stride, ::stride], weight)


def _projection_case(seed, images, channels, height, width, filters, stride):
    input = whole_numbers(images, channels, height, width, seed=seed)
    weight = whole_numbers(filters, channels, seed=seed + 1)
    return Case({"input": input, "weight": weight, "stride": stride})


_projection_cases = [
    _projection_case(0, 1, 1, 2, 2, 1, 2),
    _projection_case(10, 1, 2, 1, 2, 2, 1),
    _projection_case(20, 1, 2, 2, 2, 4, 2),
    _projection_case(30, 2, 2, 2, 4, 2, 2),
    _projection_case(40, 1, 2, 5, 4, 4, 2),
    _projection_case(50, 2, 3, 7, 6, 5, 3),
    _projection_case(60, 2, 4, 4, 4, 8, 2),
]

projection = Exercise(
    "projection",
    reference=_projection,
    cases=[*_projection_cases, *in_double(_projection_cases[-2:])],
    traits=(
        _strided,
        CHANNELS,
        IMAGES,
    ),
    forbidden=LIBRARY,
    instead="At every stride-th pixel: the weight matrix times the vector of the channels.",
    every_device=True,
)

projection.mistake(
    "the pixels are not thinned out",
    "The conv layer has a stride: only every stride-th pixel is computed.",
    edit("[:, :, ::stride, ::stride]"),
)
projection.mistake(
    "each window is averaged before",
    "A 1x1 filter with a stride *skips* pixels: it never sees them.",
    edit("input[:, :, ::stride, ::stride]", "F.avg_pool2d(input, stride, ceil_mode=True)"),
)
projection.mistake(
    "the last pixel of each step is taken",
    "The first window lies at pixel 0: take pixels 0, stride, 2 * stride, ...",
    edit("::stride, ::stride", "stride - 1 :: stride, stride - 1 :: stride"),
)
projection.mistake(
    "only the rows are thinned out",
    "Rows *and* columns: [:, :, ::stride, ::stride].",
    edit("::stride, ::stride", "::stride"),
)
projection.mistake(
    "the weight matrix is transposed",
    "weight[k, c] leads from channel c to filter k.",
    edit("kc->", "ck->"),
)
projection.mistake(
    "a ReLU follows",
    "The projection stands on the shortcut: it is linear. The ReLU comes behind the addition.",
    edit("weight)", "weight).relu()"),
)
projection.mistake(
    "the filters' axis comes last", "The output is (N, K, H, W).", edit("->nkhw", "->nhwk")
)

# --- shortcut-weights ----------------------------------------------------------------------------


def _weights(option, blocks):
    total = 0
    for channels, filters, stride in blocks:
        changes = channels != filters or stride != 1
        if option == "C" or (option == "B" and changes):
            total += channels * filters
    return total


_SAME, _GROWS, _STRIDED = (2, 2, 1), (2, 4, 2), (3, 3, 2)
_RESNET34 = [
    (channels if place == 0 else filters, filters, stride if place == 0 else 1)
    for channels, filters, stride, count in [
        (64, 64, 1, 3),
        (64, 128, 2, 4),
        (128, 256, 2, 6),
        (256, 512, 2, 3),
    ]
    for place in range(count)
]
shortcut_weights = Exercise(
    "shortcut-weights",
    reference=_weights,
    cases=[
        Case({"option": option, "blocks": blocks})
        for blocks in (
            [_SAME],
            [_GROWS],
            [_STRIDED],
            [_SAME, _GROWS, _STRIDED],
            [(4, 8, 1), (8, 8, 1), (8, 16, 2), (16, 16, 1)],
            _RESNET34,
        )
        for option in "ABC"
    ],
    traits=(
        Trait("option A", "options B and C", lambda case: case.arguments["option"] == "A"),
        Trait("option B", "options A and C", lambda case: case.arguments["option"] == "B"),
        Trait("option C", "options A and B", lambda case: case.arguments["option"] == "C"),
    ),
)

shortcut_weights.mistake(
    "option A is thought to have weights",
    "Option A leaves pixels out and adds zeros: nothing to learn.",
    edit('(option == "B" and changes)', "changes"),
)
shortcut_weights.mistake(
    "option B projects at every block",
    "Option B projects only where the sizes change; elsewhere it is the identity.",
    edit(" and changes"),
)
shortcut_weights.mistake(
    "option C projects only where the sizes change",
    "That is option B. C projects at every block.",
    edit('option == "C" or (option == "B" and changes)', 'option != "A" and changes'),
)
shortcut_weights.mistake(
    "a stride without new channels is thought to need no projection",
    "With a stride the image gets smaller: the input no longer fits, whatever its channels.",
    edit(" or stride != 1"),
)
shortcut_weights.mistake(
    "the projections have 3x3 filters",
    "They are 1x1: one weight for each pair of a channel and a filter.",
    edit("channels * filters", "9 * channels * filters"),
)
shortcut_weights.mistake(
    "the filters are counted, not their weights",
    "Each of the filters has a weight for each channel.",
    edit("channels * filters", "filters"),
)
