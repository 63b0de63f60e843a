"""Lesson 6: conv layers that hand on what they get."""

import torch

from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

# --- identity-filters ----------------------------------------------------------------------------


def _identity(channels, size):
    filters = torch.zeros(channels, channels, size, size)
    for channel in range(channels):
        filters[channel, channel, size // 2, size // 2] = 1
    return filters


identity_filters = Exercise(
    "identity-filters",
    reference=_identity,
    cases=[
        Case({"channels": channels, "size": size})
        for channels, size in [(1, 1), (1, 3), (2, 1), (2, 3), (1, 5), (3, 3), (4, 5)]
    ],
    traits=(
        Trait("several channels", "one channel", lambda case: case.arguments["channels"] > 1),
        Trait("filters > 1x1", "1x1 filters", lambda case: case.arguments["size"] > 1),
    ),
)

identity_filters.mistake(
    "each filter takes all the channels",
    "Filter k gives channel k as it is: its weights for the other channels are 0.",
    edit("[channel, channel", "[channel, :"),
)
identity_filters.mistake(
    "a whole window is 1",
    "Then a filter adds up its window. It should give the pixel in the middle alone.",
    edit("size // 2, size // 2", ":, :"),
)
identity_filters.mistake(
    "the 1 stands in the corner",
    "Then each pixel is replaced by its upper left neighbour. Padding puts a pixel below the "
    "filter's middle, at size // 2.",
    edit("size // 2, size // 2", "0, 0"),
)
identity_filters.mistake(
    "each window is an identity matrix",
    "A filter is no matrix that multiplies the image: it is laid over each place, and products "
    "are added up.",
    edit("[channel, channel, size // 2, size // 2] = 1", "[channel] = torch.eye(size)"),
)
identity_filters.mistake(
    "the channels come out in reverse order",
    "Filter k must look at channel k: weight[k, k] holds the 1.",
    edit("[channel, channel", "[channel, -1 - channel"),
)
identity_filters.mistake(
    "the filters have one channel only",
    "A filter reaches through all input channels: the weight is (C, C, F, F).",
    edit("zeros(channels, channels", "zeros(channels, 1"),
    edit("[channel, channel", "[channel, 0"),
)
