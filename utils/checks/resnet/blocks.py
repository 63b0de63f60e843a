"""Lesson 7: the residual block, forward and backward, and the bottleneck.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch
import torch.nn.functional as F

from utils import functional
from utils.checks.cases import CHANNELS, IMAGES, PIXELS
from utils.checks.convolution.cases import DERIVATIVES, in_double, whole_numbers
from utils.checks.core import Case, Exercise, Mistake, Trait, ValueExercise
from utils.checks.mistakes import edit

# --- residual-block ------------------------------------------------------------------------------


def _block(input, weight1, weight2):
    middle = F.relu(F.conv2d(input, weight1, padding=1))
    return F.relu(F.conv2d(middle, weight2, padding=1) + input)


def _filters(seed, channels):
    """3x3 filters whose rim is mostly 0, so that numbers stay small and signs stay mixed."""
    filters = whole_numbers(channels, channels, 3, 3, seed=seed)
    keep = torch.tensor([[0.0, 1, 0], [0, 1, 1], [0, 0, 0]])
    return (filters * keep).sign()


def _block_case(seed, images, channels, height, width):
    return Case(
        {
            "input": whole_numbers(images, channels, height, width, seed=seed),
            "weight1": _filters(seed + 1, channels),
            "weight2": _filters(seed + 2, channels),
        }
    )


_small = Case(
    {
        "input": torch.tensor([[[[3.0, -2]]]]),
        "weight1": torch.tensor([[[[0.0, 0, 0], [0, 1, 2], [0, 0, 0]]]]),
        "weight2": torch.tensor([[[[0.0, 0, 0], [-1, -1, 0], [0, 0, 0]]]]),
    }
)
_sizes = [(1, 1, 2, 2), (1, 2, 1, 2), (2, 1, 2, 2), (1, 2, 3, 3), (2, 3, 3, 4), (2, 2, 5, 4)]
_cases = [_small, *(_block_case(10 * place, *size) for place, size in enumerate(_sizes, 1))]

residual_block = Exercise(
    "residual-block",
    reference=_block,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        CHANNELS,
        PIXELS,
        IMAGES,
    ),
    every_device=True,
    part="residual_block",
)

residual_block.mistake("the shortcut is forgotten", "The block gives F(x) + x.", edit(" + input"))
residual_block.mistake(
    "the last ReLU comes before the addition",
    "F may be negative, so that it can take something away from x: add first, then ReLU.",
    edit("weight2, padding=1) + input)", "weight2, padding=1)) + input"),
)
residual_block.mistake(
    "the last ReLU is forgotten", "A ReLU follows the addition.", edit("return F.relu", "return ")
)
residual_block.mistake(
    "the ReLU between the conv layers is forgotten",
    "Without it the two conv layers are one linear map.",
    edit("middle = F.relu", "middle = "),
)
residual_block.mistake(
    "the input is added behind the first conv layer",
    "The shortcut leads around *both* conv layers.",
    edit(" + input"),
    edit("weight1, padding=1))", "weight1, padding=1) + input)"),
)
residual_block.mistake(
    "the two weights are exchanged",
    "weight1 comes first.",
    edit("conv2d(input, weight1", "conv2d(input, weight2"),
    edit("middle, weight2", "middle, weight1"),
)
residual_block.mistake(
    "a ReLU is applied to the shortcut",
    "The shortcut hands x on as it is.",
    edit("+ input", "+ F.relu(input)"),
)

# --- residual-block-backward ---------------------------------------------------------------------


def _block_backward(grad_output, input, weight1, weight2):
    hidden = F.conv2d(input, weight1, padding=1)
    middle = F.relu(hidden)
    total = F.conv2d(middle, weight2, padding=1) + input
    grad_total = grad_output * (total > 0)
    grad_middle, grad_weight2, _ = functional.conv2d_backward(grad_total, middle, weight2, 1, 1)
    grad_hidden = grad_middle * (hidden > 0)
    grad_input, grad_weight1, _ = functional.conv2d_backward(grad_hidden, input, weight1, 1, 1)
    return grad_input + grad_total, grad_weight1, grad_weight2


def _backward_case(seed, case):
    input = case.arguments["input"]
    grad = whole_numbers(*input.shape, seed=seed)
    # The quarters keep all signals away from 0, where ReLU has a kink and any slope from 0 to 1
    # would be right.
    input = input + whole_numbers(*input.shape, seed=seed + 40) / 4
    return Case({"grad_output": grad} | case.arguments | {"input": input})


_one_pixel = Case(
    {
        "grad_output": torch.tensor([[[[1.0]]]]),
        "input": torch.tensor([[[[3.0]]]]),
        "weight1": torch.tensor([[[[0.0, 0, 0], [0, 2, 0], [0, 0, 0]]]]),
        "weight2": torch.tensor([[[[0.0, 0, 0], [0, 5, 0], [0, 0, 0]]]]),
    }
)
_backward_cases = [_one_pixel, *(_backward_case(7 * n, case) for n, case in enumerate(_cases, 1))]

residual_block_backward = Exercise(
    "residual-block-backward",
    reference=_block_backward,
    cases=[*_backward_cases, *in_double(_backward_cases[-2:])],
    traits=(
        CHANNELS,
        PIXELS,
        IMAGES,
    ),
    returns=("grad_input", "grad_weight1", "grad_weight2"),
    forbidden=DERIVATIVES,
    instead="Go back step by step; `mine` and `functional` have a conv layer's gradients.",
    every_device=True,
    part="residual_block_backward",
)

residual_block_backward.mistake(
    "the gradient through the shortcut is forgotten",
    "The input goes two ways. Its gradient is the sum of what comes back on both.",
    edit(" + grad_total"),
)
residual_block_backward.mistake(
    "the last ReLU is forgotten",
    "Where the last ReLU gave 0, nothing comes back, on neither way.",
    edit(" * (total > 0)"),
)
residual_block_backward.mistake(
    "the ReLU between the conv layers is forgotten",
    "Where the middle ReLU gave 0, nothing goes back to the first conv layer.",
    edit(" * (hidden > 0)"),
)
residual_block_backward.mistake(
    "the shortcut hands back the gradient from behind the last ReLU",
    "The shortcut ends *before* the last ReLU: what it hands back has passed that ReLU.",
    edit("+ grad_total", "+ grad_output"),
)
residual_block_backward.mistake(
    "the last ReLU is thought to have seen F(x) alone",
    "The last ReLU sees F(x) + x: its sign decides.",
    edit(" + input"),
)
residual_block_backward.mistake(
    "the second weight's gradient is taken with the block's input",
    "The second conv layer's input is what the middle ReLU gave.",
    edit("grad_total, middle", "grad_total, input"),
)
residual_block_backward.mistake(
    "the weights' gradients are returned in the wrong order",
    "Return (grad_input, grad_weight1, grad_weight2).",
    edit("grad_weight1, grad_weight2", "grad_weight2, grad_weight1"),
)

# --- bottleneck ----------------------------------------------------------------------------------


def _bottleneck(input, reduce, middle, expand):
    output = F.relu(F.conv2d(input, reduce))
    output = F.relu(F.conv2d(output, middle, padding=1))
    return F.relu(F.conv2d(output, expand) + input)


def _bottleneck_case(seed, images, channels, filters, height, width):
    return Case(
        {
            "input": whole_numbers(images, channels, height, width, seed=seed),
            "reduce": whole_numbers(filters, channels, 1, 1, seed=seed + 1).sign(),
            "middle": _filters(seed + 2, filters),
            "expand": whole_numbers(channels, filters, 1, 1, seed=seed + 3).sign(),
        }
    )


_first = Case(
    {
        "input": torch.tensor([[[[3.0, -2]]]]),
        "reduce": torch.tensor([[[[1.0]]]]),
        "middle": torch.tensor([[[[0.0, 0, 0], [-1, 1, 2], [0, 0, 0]]]]),
        "expand": torch.tensor([[[[-1.0]]]]),
    }
)
_bottleneck_cases = [
    _first,
    _bottleneck_case(10, 1, 2, 1, 2, 2),
    _bottleneck_case(20, 1, 4, 2, 1, 2),
    _bottleneck_case(30, 2, 3, 1, 2, 2),
    _bottleneck_case(40, 1, 4, 2, 3, 3),
    _bottleneck_case(50, 2, 8, 2, 3, 4),
    _bottleneck_case(60, 2, 6, 3, 5, 4),
]

bottleneck = Exercise(
    "bottleneck",
    reference=_bottleneck,
    cases=[*_bottleneck_cases, *in_double(_bottleneck_cases[-2:])],
    traits=(
        Trait("several filters", "one filter", lambda case: len(case.arguments["reduce"]) > 1),
        IMAGES,
    ),
    every_device=True,
    part="bottleneck",
)

bottleneck.mistake("the shortcut is forgotten", "The block gives F(x) + x.", edit(" + input"))
bottleneck.mistake(
    "a ReLU stands between the last conv layer and the addition",
    "F may be negative: add first, then ReLU.",
    edit("F.conv2d(output, expand)", "F.relu(F.conv2d(output, expand))"),
)
bottleneck.mistake(
    "the ReLU behind the first 1x1 layer is forgotten",
    "A ReLU follows each of the first two conv layers.",
    edit("F.relu(F.conv2d(input", "(F.conv2d(input"),
)
bottleneck.mistake(
    "the ReLU behind the 3x3 layer is forgotten",
    "A ReLU follows each of the first two conv layers.",
    edit("F.relu(F.conv2d(output, middle", "(F.conv2d(output, middle"),
)
bottleneck.mistake(
    "the ReLU behind the addition is forgotten",
    "A ReLU follows the addition.",
    edit("return F.relu", "return "),
)
bottleneck.mistake(
    "the 1x1 layers are padded too",
    "A 1x1 filter keeps the size without padding; with it a rim is added at each.",
    edit("reduce))", "reduce, padding=1))"),
    edit("output, expand", "output, expand, padding=1"),
)

# --- bottleneck-weights --------------------------------------------------------------------------

bottleneck_weights = ValueExercise(
    "bottleneck-weights",
    reference=69632,
    advice="Three layers: 256 channels to 64 filters of 1x1, 64 to 64 of 3x3, 64 to 256 of 1x1. "
    "How many weights has each?",
    passed="fewer than the 73,728 of two 3x3 layers with 64 channels, on four times the channels.",
    mistakes=[
        Mistake(
            "all three layers are given 3x3 filters",
            "The first and the last have 1x1 filters.",
            9 * (256 * 64 + 64 * 64 + 64 * 256),
        ),
        Mistake(
            "all three layers are given 1x1 filters",
            "The one in the middle has 3x3 filters.",
            256 * 64 + 64 * 64 + 64 * 256,
        ),
        Mistake(
            "the last layer is forgotten",
            "The third layer leads back to 256 channels, or nothing could be added.",
            256 * 64 + 9 * 64 * 64,
        ),
        Mistake(
            "the biases are counted",
            "The layers have no biases: batch norm brings its own.",
            256 * 64 + 64 + 9 * 64 * 64 + 64 + 64 * 256 + 256,
        ),
        Mistake(
            "two 3x3 layers of 256 filters are counted",
            "That is what the bottleneck spares: its 3x3 layer has 64 channels only.",
            2 * 9 * 256 * 256,
        ),
    ],
)
