"""Lesson 2: max pooling, forward.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch.nn.functional as F

from utils.checks.core import Exercise, Trait
from utils.checks.pooling.cases import LIBRARY, TRAITS, forward_cases


def _max_pool2d(input, kernel_size, stride, padding=0):
    return F.max_pool2d(input, kernel_size, stride, padding)


max_pool2d = Exercise(
    "max-pool2d",
    reference=_max_pool2d,
    cases=forward_cases(padded=True),
    traits=(
        *TRAITS,
        Trait(
            "negative numbers only",
            "positive numbers too",
            lambda case: bool((case.arguments["input"] < 0).all()),
        ),
    ),
    forbidden=LIBRARY,
    instead="Take the windows out of the input yourself, and then the largest number of each.",
    every_device=True,
    part="max_pool2d",
)


@max_pool2d.misconception(
    "the mean is taken", "That is average pooling. Here the largest number counts."
)
def _mean(input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.mean((-2, -1))


@max_pool2d.misconception("the smallest number is taken", "Take the largest.")
def _smallest(input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("inf"))
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.amin((-2, -1))


@max_pool2d.misconception(
    "the windows are laid side by side",
    "They stand `stride` pixels apart, which need not be their size.",
)
def _side_by_side(input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    windows = padded.unfold(2, kernel_size, kernel_size).unfold(3, kernel_size, kernel_size)
    return windows.amax((-2, -1))


@max_pool2d.misconception(
    "the padding is made of zeros",
    "A zero would win over negative numbers. What number loses against every other?",
)
def _zeros(input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4)
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.amax((-2, -1))


@max_pool2d.misconception("the padding is forgotten", "Put `padding` rings around the input first.")
def _no_padding(input, kernel_size, stride, padding=0):
    windows = input.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.amax((-2, -1))


@max_pool2d.misconception(
    "the search begins at zero",
    "When all numbers of a window are negative, the largest of them is still negative. Begin with "
    "minus infinity, or with the first number of the window.",
)
def _from_zero(input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.amax((-2, -1)).clamp(min=0)


@max_pool2d.misconception(
    "the sign is left out of the comparison",
    "A large negative number is small: compare the numbers, not their absolute values.",
)
def _absolute(input, kernel_size, stride, padding=0):
    padded = F.pad(input.abs(), (padding,) * 4)
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.amax((-2, -1))


@max_pool2d.misconception(
    "the channels are pooled together",
    "Each channel is pooled by itself: the depth stays.",
)
def _over_channels(input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.amax((1, -2, -1)).unsqueeze(1)


@max_pool2d.misconception(
    "height and width are swapped",
    "The first of the two image axes counts rows, from top to bottom.",
)
def _swapped(input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.amax((-2, -1)).transpose(2, 3)


@max_pool2d.misconception(
    "a window that reaches over the edge is counted",
    "A window that does not fit as a whole is left out.",
)
def _over_the_edge(input, kernel_size, stride, padding=0):
    more = [padding, padding + stride - 1] * 2
    padded = F.pad(input, more, value=float("-inf"))
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.amax((-2, -1))
