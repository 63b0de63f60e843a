"""Lesson 3: a blur before pixels are left out, and a gradient that is wrong for some windows."""

import torch
import torch.nn.functional as F

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Mistake, ValueExercise
from utils.checks.mistakes import edit
from utils.checks.pooling.cases import LIBRARY, SLIDE, TRAITS

# --- blur-pool2d --------------------------------------------------------------------------------

ONE_BRIGHT = torch.zeros(1, 1, 3, 3)
ONE_BRIGHT[0, 0, 1, 1] = 16


def _blur_pool2d(input, stride):
    line = torch.tensor([1, 2, 1], dtype=input.dtype, device=input.device)
    weight = line[:, None] * line / 16
    N, C, H, W = input.shape
    padded = F.pad(input.reshape(N * C, 1, H, W), (1, 1, 1, 1), mode="replicate")
    output = F.conv2d(padded, weight[None, None], stride=stride)
    return output.reshape(N, C, *output.shape[2:])


_cases = [
    Case({"input": ONE_BRIGHT, "stride": 1}),
    Case({"input": SLIDE[None, None], "stride": 2}),
    *(
        Case({"input": 16 * whole_numbers(*shape, seed=seed), "stride": stride})
        for seed, (shape, stride) in enumerate(
            [
                ((1, 2, 4, 4), 2),
                ((2, 1, 4, 4), 2),
                ((1, 1, 4, 6), 2),
                ((1, 1, 5, 5), 3),
                ((2, 3, 7, 6), 2),
            ]
        )
    ),
]

blur_pool2d = Exercise(
    "blur-pool2d",
    reference=_blur_pool2d,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=tuple(trait for trait in TRAITS[:3]),
    forbidden=LIBRARY,
    instead="Filter each channel by itself with the nine weights; `F.conv2d` may do it.",
    every_device=True,
)

blur_pool2d.mistake(
    "the weights are not divided by their sum",
    "They add up to 16, so an even picture gets 16 times as bright. Divide by it.",
    edit(" / 16"),
)
blur_pool2d.mistake(
    "all nine weights are the same",
    "That is the mean of a 3 x 3 window. Here the middle counts most: 1, 2, 1 in each direction.",
    edit("[1, 2, 1]", "[4 / 3, 4 / 3, 4 / 3]"),
)
blur_pool2d.mistake(
    "the padding is made of zeros",
    'Zeros darken the border. Repeat the pixels of the edge: `mode="replicate"`.',
    edit(', mode="replicate"'),
)
blur_pool2d.mistake(
    "the border is mirrored",
    'The task asks for the pixels of the edge to be repeated, `mode="replicate"`.',
    edit('"replicate"', '"reflect"'),
)
blur_pool2d.mistake(
    "the padding is forgotten",
    "Without a ring around it the output is smaller than `ceil(H / stride)`.",
    edit(
        'F.pad(input.reshape(N * C, 1, H, W), (1, 1, 1, 1), mode="replicate")',
        "input.reshape(N * C, 1, H, W)",
    ),
)
blur_pool2d.mistake(
    "pixels are left out before the blur",
    "What has been left out cannot be blurred into its neighbours any more: blur first.",
    edit("input.shape", "(input := input[:, :, ::stride, ::stride]).shape"),
    edit("weight[None, None], stride=stride", "weight[None, None]"),
)
blur_pool2d.mistake(
    "no pixel is left out",
    "The window moves by `stride` pixels at a time.",
    edit(", stride=stride"),
)
blur_pool2d.mistake(
    "it is blurred along one axis only",
    "The weights are a 3 x 3 matrix: 1, 2, 1 down times 1, 2, 1 across.",
    edit("line[:, None] * line / 16", "torch.stack([0 * line, line, 0 * line]) / 4"),
)
blur_pool2d.mistake(
    "height and width are swapped",
    "The first of the two image axes counts rows, from top to bottom.",
    edit("*output.shape[2:])", "*output.shape[2:]).mT"),
)

# --- wrong-gradients: which of six settings does a colleague's code get wrong ---------------------

wrong_gradients = ValueExercise(
    "wrong-gradients",
    reference=[2, 4, 5],
    advice="For each setting draw an input without ties (`torch.rand`), compute the gradient with "
    "your function or with autograd, and with the colleague's, and compare.",
    passed="the code is wrong wherever windows overlap, because it writes where it should add.",
    mistakes=[
        Mistake(
            "what is right is listed",
            "Asked for are the settings whose gradient is *wrong*.",
            [1, 3, 6],
        ),
        Mistake(
            "all settings with a window of 3 are listed",
            "Setting 3 has windows of 3 too. Compare the two gradients there.",
            [2, 3, 4],
        ),
        Mistake(
            "settings are counted from 0",
            "The list in the cell above counts from 1.",
            [1, 3, 4],
        ),
        Mistake(
            "the odd stride is left out",
            "Setting 5 moves by 3 pixels with a window of 4. Do its windows share pixels?",
            [2, 4],
        ),
        Mistake(
            "windows with gaps between them are listed",
            "In setting 6 the stride is larger than the window. Which pixels does it share?",
            [2, 4, 5, 6],
        ),
        Mistake(
            "every setting is listed",
            "Some are right. If all seem wrong, look for ties in your input: two right gradients "
            "may differ there.",
            [1, 2, 3, 4, 5, 6],
        ),
    ],
)
