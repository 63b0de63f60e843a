"""Lesson 1: what a colleague's layer computes (`utils.faulty.convolve`), found by measuring."""

import torch.nn.functional as F

from utils.checks.convolution.cases import HAND_IMAGE, HAND_KERNEL, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit


def _case(height: int, width: int, size: int, seed: int) -> Case:
    image = whole_numbers(height, width, seed=seed)
    return Case({"image": image, "kernel": whole_numbers(size, size, seed=seed + 1)})


def _colleagues_convolution(image, kernel):
    return F.conv2d(image[None, None], kernel.flip(0, 1)[None, None])[0, 0]


colleagues_convolution = Exercise(
    "colleagues-convolution",
    reference=_colleagues_convolution,
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
    forbidden=("utils.faulty",),
    instead="Measure with her function, and then say without it what it computes.",
)

colleagues_convolution.mistake(
    "her layer is taken to be ours",
    "The two differ: put the numbers 1 to 9 into the filter, and compare.",
    edit(".flip(0, 1)"),
)
colleagues_convolution.mistake(
    "the sign of our result is turned",
    "That explains the edge filter, whose two sides are opposite. Now try a filter that has "
    "positive numbers only.",
    edit("return F", "return -F"),
    edit(".flip(0, 1)"),
)
for _axis, _lines, _way in ((0, "rows", "left or right"), (1, "columns", "up or down")):
    colleagues_convolution.mistake(
        f"only the order of the kernel's {_lines} is reversed",
        "That is half of it. Follow the number in one corner of the filter: where does it come "
        f"out with her function, and where with ours? Does it move {_way} as well?",
        edit("flip(0, 1)", f"flip({_axis})"),
    )
colleagues_convolution.mistake(
    "the kernel is turned by 90 degrees",
    "Follow *two* neighbouring corners of the filter, such as 1 and 3: where do they come out?",
    edit("flip(0, 1)", "rot90()"),
)
colleagues_convolution.mistake(
    "the kernel is transposed",
    "Transposing leaves the upper left and the lower right weight where they are. Does she?",
    edit("flip(0, 1)", "T"),
)
colleagues_convolution.mistake(
    "the image is flipped instead of the kernel",
    "Then the result would be upside down too. Move the bright pixel to the left: to which side "
    "does her answer move?",
    edit("image[None, None], kernel.flip(0, 1)", "image.flip(0, 1)[None, None], kernel"),
)
colleagues_convolution.mistake(
    "the axes for image and channel are left in the result",
    "F.conv2d works on batches of images with channels. Here goes in (H, W), so a matrix should "
    "come out.",
    edit("[0, 0]"),
)
colleagues_convolution.mistake(
    "zeros are put all around the image first",
    "Look at the shape of her result: it is smaller than the image, as without padding.",
    edit("[None, None])[0, 0]", "[None, None], padding=len(kernel) - 1)[0, 0]"),
)
