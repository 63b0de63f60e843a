"""Lesson 1: the convolution of mathematics."""

import torch.nn.functional as F

from utils.checks.convolution.cases import HAND_IMAGE, HAND_KERNEL, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit


def _case(height: int, width: int, size: int, seed: int) -> Case:
    image = whole_numbers(height, width, seed=seed)
    return Case({"image": image, "kernel": whole_numbers(size, size, seed=seed + 1)})


def _true_convolution(image, kernel):
    return F.conv2d(image[None, None], kernel.flip(0, 1)[None, None])[0, 0]


true_convolution = Exercise(
    "true-convolution",
    reference=_true_convolution,
    cases=[
        Case({"image": HAND_IMAGE, "kernel": HAND_KERNEL}),
        _case(4, 4, 3, seed=1),
        _case(3, 3, 1, seed=3),
        _case(3, 5, 2, seed=5),
        _case(5, 3, 2, seed=7),
        _case(3, 3, 3, seed=9),
        _case(6, 7, 4, seed=11),
    ],
    traits=(
        Trait(
            "kernels larger than 1x1", "1x1 kernels", lambda c: c.arguments["kernel"].numel() > 1
        ),
        Trait(
            "H different from W",
            "square images",
            lambda c: c.arguments["image"].shape[0] != c.arguments["image"].shape[1],
        ),
    ),
)

true_convolution.mistake(
    "the kernel is not flipped",
    "This is the cross-correlation, what a conv layer does. The mathematical convolution runs "
    "through image and kernel in opposite directions.",
    edit(".flip(0, 1)"),
)
for _axis, _lines in enumerate(("rows", "columns")):
    true_convolution.mistake(
        f"only the order of the kernel's {_lines} is reversed",
        "Both directions are reversed, up-down and left-right.",
        edit("flip(0, 1)", f"flip({_axis})"),
    )
true_convolution.mistake(
    "the kernel is turned by 90 degrees",
    "Reversing both axes is half a turn.",
    edit("flip(0, 1)", "rot90()"),
)
true_convolution.mistake(
    "the kernel is transposed",
    "Transposing swaps rows with columns. Reversing an axis is something else: what happens to the "
    "upper left weight?",
    edit("flip(0, 1)", "T"),
)
true_convolution.mistake(
    "the image is flipped instead of the kernel",
    "The numbers are right, but the result is upside down: flip only one of the two.",
    edit("image[None, None], kernel.flip(0, 1)", "image.flip(0, 1)[None, None], kernel"),
)
true_convolution.mistake(
    "the axes for image and channel are left in the result",
    "F.conv2d works on batches of images with channels. Here goes in (H, W), so a matrix should "
    "come out.",
    edit("[0, 0]"),
)
true_convolution.mistake(
    "the 'full' convolution is computed, with padding all around",
    "'valid' means that the kernel stays inside the image, so that the result is smaller.",
    edit("[None, None])[0, 0]", "[None, None], padding=len(kernel) - 1)[0, 0]"),
)
