"""Lesson 7: the residual block as a function, forward and backward.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch
import torch.nn.functional as F

from utils import functional
from utils.checks.cases import CHANNELS, IMAGES, PIXELS
from utils.checks.convolution.cases import DERIVATIVES, in_double, whole_numbers
from utils.checks.core import Case, Exercise
from utils.checks.mistakes import edit

# --- residual-block ------------------------------------------------------------------------------


def _block(input, weight1, gamma1, beta1, weight2, gamma2, beta2):
    hidden = F.conv2d(input, weight1, padding=1)
    hidden = F.batch_norm(hidden, None, None, gamma1, beta1, training=True)
    hidden = F.relu(hidden)
    branch = F.conv2d(hidden, weight2, padding=1)
    branch = F.batch_norm(branch, None, None, gamma2, beta2, training=True)
    return F.relu(branch + input)


def _norm(seed, channels):
    """A scale and a shift; no shift is 0, and no signal lies at a ReLU's kink by rounding."""
    gamma = whole_numbers(channels, seed=seed) + 0.5
    beta = whole_numbers(channels, seed=seed + 1) / 4 + 0.125
    return gamma, beta


def _block_case(seed, images, channels, height, width):
    gamma1, beta1 = _norm(seed + 3, channels)
    gamma2, beta2 = _norm(seed + 5, channels)
    return Case(
        {
            "input": whole_numbers(images, channels, height, width, seed=seed),
            "weight1": whole_numbers(channels, channels, 3, 3, seed=seed + 1),
            "gamma1": gamma1,
            "beta1": beta1,
            "weight2": whole_numbers(channels, channels, 3, 3, seed=seed + 2),
            "gamma2": gamma2,
            "beta2": beta2,
        }
    )


# Two pixels: after each batch norm they are -1 and 1, before its scale and shift.
_by_hand = Case(
    {
        "input": torch.tensor([[[[1.0, 3]]]]),
        "weight1": torch.tensor([[[[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]]]),
        "gamma1": torch.tensor([2.0]),
        "beta1": torch.tensor([1.0]),
        "weight2": torch.tensor([[[[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]]]),
        "gamma2": torch.tensor([3.0]),
        "beta2": torch.tensor([0.5]),
    }
)
_sizes = {
    10: (1, 1, 2, 2),
    20: (1, 2, 1, 3),
    30: (2, 1, 2, 2),
    40: (1, 2, 3, 3),
    70: (2, 3, 3, 4),
    100: (2, 2, 5, 4),
}
_cases = [_by_hand, *(_block_case(seed, *size) for seed, size in _sizes.items())]

residual_block = Exercise(
    "residual-block",
    reference=_block,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(CHANNELS, PIXELS, IMAGES),
    forbidden=("utils.mine.loans.residual_block",),
    instead="Write the way from the input to the output, one line for each box of the drawing.",
    every_device=True,
    part="residual_block",
)

residual_block.mistake(
    "the shortcut is forgotten",
    "The block gives F(x) + x: what went in is added at the end.",
    edit(" + input"),
)
residual_block.mistake(
    "the last ReLU comes before the addition",
    "F may be negative, so that it can take something away from x: add first, then ReLU.",
    edit("F.relu(branch + input)", "F.relu(branch) + input"),
)
residual_block.mistake(
    "the last ReLU is forgotten",
    "A ReLU follows the addition.",
    edit("return F.relu(branch + input)", "return branch + input"),
)
residual_block.mistake(
    "the ReLU between the conv layers is forgotten",
    "Conv, batch norm, ReLU: without it the two conv layers are one linear map.",
    edit("hidden = F.relu(hidden)", "pass"),
)
residual_block.mistake(
    "a ReLU stands before the first batch norm",
    "The order is conv, batch norm, ReLU. A ReLU before it leaves batch norm nothing below 0 to "
    "move.",
    edit(
        "hidden = F.conv2d(input, weight1, padding=1)",
        "hidden = F.conv2d(input, weight1, padding=1).relu()",
    ),
    edit("hidden = F.relu(hidden)", "pass"),
)
residual_block.mistake(
    "the first batch norm is forgotten",
    "A batch norm follows each of the two conv layers.",
    edit("hidden = F.batch_norm(hidden, None, None, gamma1, beta1, training=True)", "pass"),
)
residual_block.mistake(
    "the second batch norm is forgotten",
    "A batch norm follows each of the two conv layers.",
    edit("branch = F.batch_norm(branch, None, None, gamma2, beta2, training=True)", "pass"),
)
residual_block.mistake(
    "the second batch norm comes after the addition",
    "Batch norm belongs to the branch. On the shortcut's way it would change x.",
    edit("branch = F.batch_norm(branch, None, None, gamma2, beta2, training=True)", "pass"),
    edit(
        "F.relu(branch + input)",
        "F.relu(F.batch_norm(branch + input, None, None, gamma2, beta2, training=True))",
    ),
)
residual_block.mistake(
    "the second batch norm uses the first one's scale and shift",
    "gamma2 and beta2 belong to the second.",
    edit("gamma2, beta2, training", "gamma1, beta1, training"),
)
residual_block.mistake(
    "the two weights are exchanged",
    "weight1 comes first.",
    edit("conv2d(input, weight1", "conv2d(input, weight2"),
    edit("conv2d(hidden, weight2", "conv2d(hidden, weight1"),
)

# --- residual-block-backward ---------------------------------------------------------------------


def _block_backward(grad_output, input, weight1, gamma1, beta1, weight2, gamma2, beta2):
    conv1 = F.conv2d(input, weight1, padding=1)
    norm1 = F.batch_norm(conv1, None, None, gamma1, beta1, training=True)
    middle = F.relu(norm1)
    conv2 = F.conv2d(middle, weight2, padding=1)
    total = F.batch_norm(conv2, None, None, gamma2, beta2, training=True) + input
    grad_total = grad_output * (total > 0)
    grad_conv2, *grad_norm2 = functional.batch_norm_backward(grad_total, conv2, gamma2)
    grad_middle, grad_weight2, _ = functional.conv2d_backward(grad_conv2, middle, weight2, 1, 1)
    grad_norm = grad_middle * (norm1 > 0)
    grad_conv1, *grad_norm1 = functional.batch_norm_backward(grad_norm, conv1, gamma1)
    grad_branch, grad_weight1, _ = functional.conv2d_backward(grad_conv1, input, weight1, 1, 1)
    grad_input = grad_branch + grad_total
    return grad_input, grad_weight1, *grad_norm1, grad_weight2, *grad_norm2


def _backward_case(seed, case):
    grad = whole_numbers(*case.arguments["input"].shape, seed=seed)
    return Case({"grad_output": grad} | case.arguments)


_three_pixels = Case(
    {
        "grad_output": torch.tensor([[[[1.0, 10, 100]]]]),
        "input": torch.tensor([[[[1.0, 2, 6]]]]),
        "weight1": torch.tensor([[[[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]]]),
        "gamma1": torch.tensor([1.0]),
        "beta1": torch.tensor([1.0]),
        "weight2": torch.tensor([[[[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]]]),
        "gamma2": torch.tensor([1.0]),
        "beta2": torch.tensor([0.5]),
    }
)
_backward_cases = [
    _three_pixels,
    *(_backward_case(7 * n, case) for n, case in enumerate(_cases[1:], 1)),
]

residual_block_backward = Exercise(
    "residual-block-backward",
    reference=_block_backward,
    cases=[*_backward_cases, *in_double(_backward_cases[-2:])],
    traits=(CHANNELS, PIXELS, IMAGES),
    returns=(
        "grad_input",
        *(f"grad_{name}{n}" for n in (1, 2) for name in ("weight", "gamma", "beta")),
    ),
    forbidden=(*DERIVATIVES, "utils.mine.loans.residual_block_backward"),
    instead="Go back step by step; `mine` has the gradients of a conv layer and of batch norm.",
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
    edit(" * (norm1 > 0)"),
)
residual_block_backward.mistake(
    "the shortcut hands back the gradient that came from above the last ReLU",
    "The shortcut ends *before* the last ReLU: what it hands back has passed that ReLU.",
    edit("+ grad_total", "+ grad_output"),
)
residual_block_backward.mistake(
    "the last ReLU is thought to have seen F(x) alone",
    "The last ReLU sees F(x) + x: its sign decides.",
    edit("training=True) + input", "training=True)"),
)
residual_block_backward.mistake(
    "the middle ReLU's mask is taken before batch norm",
    "The ReLU saw what batch norm gave: its sign decides, not the conv layer's.",
    edit("(norm1 > 0)", "(conv1 > 0)"),
)
residual_block_backward.mistake(
    "the second batch norm is passed by on the way back",
    "Each layer of the branch changes the gradient, batch norm too.",
    edit("conv2d_backward(grad_conv2", "conv2d_backward(grad_total"),
)
residual_block_backward.mistake(
    "the first batch norm is passed by on the way back",
    "Each layer of the branch changes the gradient, batch norm too.",
    edit("conv2d_backward(grad_conv1", "conv2d_backward(grad_norm"),
)
residual_block_backward.mistake(
    "batch norm's gradient is taken with its output",
    "batch_norm_backward asks for batch norm's *input*: what the conv layer gave.",
    edit("(grad_norm, conv1, gamma1)", "(grad_norm, norm1, gamma1)"),
)
residual_block_backward.mistake(
    "the second weight's gradient is taken with the block's input",
    "The second conv layer's input is what the middle ReLU gave.",
    edit("grad_conv2, middle", "grad_conv2, input"),
)
residual_block_backward.mistake(
    "the gradients of the two layers are exchanged",
    "Return them in the order of the arguments: those of layer 1 first.",
    edit(
        "grad_weight1, *grad_norm1, grad_weight2, *grad_norm2",
        "grad_weight2, *grad_norm2, grad_weight1, *grad_norm1",
    ),
)
