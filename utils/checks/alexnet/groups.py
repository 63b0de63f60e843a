"""Lesson 4: grouped convolution, the two GPUs."""

import torch
import torch.nn.functional as F

from utils.checks.cases import IMAGES
from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit


def _case(seed, images, channels, filters, size, kernel, groups):
    return Case(
        {
            "input": whole_numbers(images, channels, size, size, seed=seed),
            "weight": whole_numbers(filters, channels // groups, kernel, kernel, seed=seed + 1),
            "bias": whole_numbers(filters, seed=seed + 2),
            "groups": groups,
        }
    )


_sizes = [(1, 2, 2, 1, 1, 2), (1, 4, 2, 1, 1, 2), (1, 2, 4, 1, 1, 2), (1, 4, 4, 3, 2, 2)]
_sizes += [(2, 4, 6, 3, 2, 2), (1, 3, 3, 3, 3, 3), (1, 4, 3, 3, 2, 1), (2, 6, 9, 4, 3, 3)]
_cases = [_case(10 * place, *sizes) for place, sizes in enumerate(_sizes)]


def _by_groups(input, weight, bias, groups):
    parts = zip(input.chunk(groups, 1), weight.chunk(groups, 0), bias.chunk(groups), strict=True)
    return torch.cat([F.conv2d(image, filters, some) for image, filters, some in parts], 1)


grouped_conv2d = Exercise(
    "grouped-conv2d",
    reference=lambda input, weight, bias, groups: F.conv2d(input, weight, bias, groups=groups),
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        Trait("several groups", "one group", lambda case: case.arguments["groups"] > 1),
        IMAGES,
        Trait(
            "several filters in a group",
            "one filter in a group",
            lambda case: len(case.arguments["weight"]) > case.arguments["groups"],
        ),
        Trait(
            "several channels in a group",
            "one channel in a group",
            lambda case: case.arguments["weight"].shape[1] > 1,
        ),
    ),
    forbidden=(
        *("utils.functional", "utils.nn", "torch.nn.modules.conv"),
        *(f"torch.conv{axes}d(groups>1)" for axes in (1, 2, 3)),
        *(f"torch.conv_transpose{axes}d(groups>1)" for axes in (1, 2, 3)),
        "torch.convolution(groups>1)",
    ),
    instead="Cut channels and filters into groups, and convolve group by group with F.conv2d.",
    every_device=True,
    written=_by_groups,
    part="grouped_conv2d",
)

grouped_conv2d.mistake(
    "the groups' outputs are added up",
    "Each group gives slices of its own: put them one behind the other.",
    edit("torch.cat([", "sum(["),
    edit("], 1)", "])"),
)
grouped_conv2d.mistake(
    "every group sees the first channels",
    "The second group of filters sees the second group of channels.",
    edit("input.chunk(groups, 1)", "input.chunk(groups, 1)[:1] * groups"),
)
grouped_conv2d.mistake(
    "channels are dealt out like cards",
    "A group is a run of neighbouring channels: with two groups the first and the second half.",
    edit("input.chunk(groups, 1)", "[input[:, g::groups] for g in range(groups)]"),
)
grouped_conv2d.mistake(
    "the groups' slices are dealt out like cards",
    "Put all slices of the first group first, then those of the second.",
    edit("torch.cat", "torch.stack"),
    edit("], 1)", "], 2).flatten(1, 2)"),
)
grouped_conv2d.mistake(
    "the groups are taken in the reverse order",
    "The first filters see the first channels.",
    edit("input.chunk(groups, 1)", "input.chunk(groups, 1)[::-1]"),
)
grouped_conv2d.mistake(
    "the biases are forgotten", "Each filter has a bias of its own.", edit(", some)", ")")
)
grouped_conv2d.mistake(
    "every group gets the first biases",
    "There is a bias for each filter: cut them into groups as well.",
    edit("bias.chunk(groups)", "bias.chunk(groups)[:1] * groups"),
)
