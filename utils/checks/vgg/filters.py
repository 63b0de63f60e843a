"""Lesson 5: filters that follow each other, and filters of one pixel."""

import torch
import torch.nn.functional as F

from utils.checks.cases import CHANNELS, IMAGES
from utils.checks.convolution.cases import LIBRARY, in_double, whole_numbers
from utils.checks.core import Case, Exercise, Mistake, Trait, ValueExercise
from utils.checks.mistakes import edit

# --- compose-filters -----------------------------------------------------------------------------


def _compose(first, second):
    size = second.shape[0]
    return F.conv2d(first[None, None], second.flip(0, 1)[None, None], padding=size - 1)[0, 0]


def _pair(seed, one, other):
    first, second = whole_numbers(one, one, seed=seed), whole_numbers(other, other, seed=seed + 1)
    return Case({"first": first, "second": second})


_sides = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2), (3, 3), (5, 3)]
_cases = [_pair(10 * place, *sides) for place, sides in enumerate(_sides)]

compose_filters = Exercise(
    "compose-filters",
    reference=_compose,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        Trait("a second filter > 1x1", "1x1 second", lambda c: len(c.arguments["second"]) > 1),
        Trait("a first filter > 1x1", "1x1 first", lambda c: len(c.arguments["first"]) > 1),
    ),
    every_device=True,
)

compose_filters.mistake(
    "the second filter is not turned round",
    "The tap (u, v) of the second filter *shifts* the first one by (u, v). Sliding it over the "
    "first one, as F.conv2d does, shifts it the other way: turn one of them by 180 degrees.",
    edit("second.flip(0, 1)", "second"),
)
compose_filters.mistake(
    "both filters are turned round",
    "Only the one that is slid is turned; turning both is as if none were.",
    edit("first[", "first.flip(0, 1)["),
)
compose_filters.mistake(
    "the second filter is only mirrored",
    "Turn it by 180 degrees: rows *and* columns.",
    edit("second.flip(0, 1)", "second.flip(1)"),
)
compose_filters.mistake(
    "the size of the first filter is kept",
    "The field grows: the composed filter has F1 + F2 - 1 pixels a side.",
    edit("[0, 0]", "[0, 0, : len(first), : len(first)]"),
)


@compose_filters.mistake(
    "the filters are added",
    "The second layer weighs what the first one gives: taps are multiplied, then added.",
)
def _added(first, second):
    one, other = len(first) - 1, len(second) - 1
    return F.pad(first, (0, other) * 2) + F.pad(second, (0, one) * 2)


compose_filters.mistake(
    "the first filter is put at each place with one weight",
    "Each tap of the second filter has a weight of its own.",
    edit("second.flip(0, 1)", "torch.ones_like(second)"),
    edit("[0, 0]", "[0, 0] * second[0, 0]"),
)

# --- free-numbers --------------------------------------------------------------------------------

free_numbers = ValueExercise(
    "free-numbers",
    reference=25,
    advice="Three filters have how many numbers? Now double one filter, and halve another: does "
    "the composed filter change? In how many independent ways can you shift a factor from one "
    "filter to another?",
    passed="so at most a 25-dimensional part of the 49-dimensional space can be reached.",
    mistakes=[
        Mistake(
            "each of the numbers is thought to matter by itself",
            "Double the first filter and halve the second: the composed filter is the same.",
            27,
        ),
        Mistake(
            "only one factor is taken off",
            "A factor can be shifted from the first filter to the second, and, independently, from "
            "the second to the third.",
            26,
        ),
        Mistake(
            "a factor is taken off for each filter",
            "The composed filter has a scale too: three factors whose product is 1 are two free "
            "ones.",
            24,
        ),
        Mistake(
            "the composed filter's numbers are counted",
            "These are the numbers of the result. How many can be *chosen*?",
            49,
        ),
        Mistake("one filter is counted", "There are three filters.", 9),
    ],
)

# --- conv1x1 -------------------------------------------------------------------------------------


def _pointwise(seed, images, channels, filters, height, width):
    return Case(
        {
            "input": whole_numbers(images, channels, height, width, seed=seed),
            "weight": whole_numbers(filters, channels, seed=seed + 1),
            "bias": whole_numbers(filters, seed=seed + 2),
        }
    )


_sizes = [(1, 1, 1, 1, 2), (1, 2, 1, 1, 2), (1, 1, 2, 1, 2), (1, 2, 2, 2, 2)]
_sizes += [(2, 2, 2, 2, 3), (2, 3, 4, 3, 2), (1, 4, 3, 3, 4)]
_pointwise_cases = [_pointwise(10 * place, *sizes) for place, sizes in enumerate(_sizes)]


def _weighed(input, weight, bias):
    return torch.einsum("nchw,kc->nkhw", input, weight) + bias[:, None, None]


conv1x1 = Exercise(
    "conv1x1",
    reference=lambda input, weight, bias: F.conv2d(input, weight[:, :, None, None], bias),
    cases=[*_pointwise_cases, *in_double(_pointwise_cases[-2:])],
    traits=(
        IMAGES,
        CHANNELS,
        Trait("several filters", "one filter", lambda c: len(c.arguments["weight"]) > 1),
    ),
    forbidden=LIBRARY,
    instead="At each pixel it is a product of the weight matrix and the vector of the channels.",
    every_device=True,
    written=_weighed,
)

conv1x1.mistake(
    "the bias is forgotten",
    "Add each filter's bias at every pixel.",
    edit(" + bias[:, None, None]"),
)
conv1x1.mistake(
    "the weight matrix is transposed",
    "weight[k, c] leads from channel c to filter k.",
    edit("kc->", "ck->"),
)
conv1x1.mistake(
    "the channels are averaged",
    "A filter *adds* what its weights give, as every filter does.",
    edit("weight)", "weight) / weight.shape[1]"),
)
conv1x1.mistake(
    "all pixels are added up",
    "A 1x1 filter looks at each pixel by itself.",
    edit(", input,", ", input.sum((2, 3), keepdim=True).expand_as(input),"),
)
conv1x1.mistake(
    "the bias is added along the width",
    "There is a bias for each *filter*: bias[:, None, None] stands along the axis of the filters.",
    edit("bias[:, None, None]", "bias"),
)
conv1x1.mistake(
    "the filters' axis comes last",
    "The output is (N, K, H, W).",
    edit("->nkhw", "->nhwk"),
    edit("bias[:, None, None]", "bias"),
)
