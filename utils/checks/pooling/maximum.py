"""Lesson 3: max pooling, forward."""

import torch.nn.functional as F

from utils.checks.core import Exercise, Trait
from utils.checks.mistakes import edit
from utils.checks.pooling.cases import LIBRARY, TRAITS, forward_cases


def _max_pool2d(input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.amax((-2, -1))


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

max_pool2d.mistake(
    "the mean is taken",
    "That is average pooling. Here the largest number counts.",
    edit("amax", "mean"),
)
max_pool2d.mistake(
    "the smallest number is taken", "Take the largest.", edit("-inf", "inf"), edit("amax", "amin")
)
max_pool2d.mistake(
    "the windows are laid side by side",
    "They stand `stride` pixels apart, which need not be their size.",
    edit("2, kernel_size, stride", "2, kernel_size, kernel_size"),
    edit("3, kernel_size, stride", "3, kernel_size, kernel_size"),
)
max_pool2d.mistake(
    "the padding is made of zeros",
    "A zero would win over negative numbers. What number loses against every other?",
    edit(', value=float("-inf")'),
)
max_pool2d.mistake(
    "the padding is forgotten",
    "Put `padding` rings around the input first.",
    edit('F.pad(input, (padding,) * 4, value=float("-inf"))', "input"),
)
max_pool2d.mistake(
    "the search begins at zero",
    "When all numbers of a window are negative, the largest of them is still negative. Begin with "
    "minus infinity, or with the first number of the window.",
    edit("amax((-2, -1))", "amax((-2, -1)).clamp(min=0)"),
)
max_pool2d.mistake(
    "the sign is left out of the comparison",
    "A large negative number is small: compare the numbers, not their absolute values.",
    edit("F.pad(input", "F.pad(input.abs()"),
)
max_pool2d.mistake(
    "the channels are pooled together",
    "Each channel is pooled by itself: the depth stays.",
    edit("amax((-2, -1))", "amax((1, -2, -1)).unsqueeze(1)"),
)
max_pool2d.mistake(
    "height and width are swapped",
    "The first of the two image axes counts rows, from top to bottom.",
    edit("amax((-2, -1))", "amax((-2, -1)).mT"),
)
max_pool2d.mistake(
    "a window that reaches over the edge is counted",
    "A window that does not fit as a whole is left out.",
    edit("(padding,) * 4", "[padding, padding + stride - 1] * 2"),
)
