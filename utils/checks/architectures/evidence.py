"""Lesson 8: where the evidence for a class lies.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

# --- class-map -----------------------------------------------------------------------------------


def _class_map(features, weight, label):
    return torch.einsum("chw,c->hw", features, weight[label])


def _map_case(seed, channels, height, width, classes, label):
    return Case(
        {
            "features": whole_numbers(channels, height, width, seed=seed),
            "weight": whole_numbers(classes, channels, seed=seed + 1),
            "label": label,
        }
    )


_map_cases = [
    _map_case(0, 1, 1, 2, 2, 1),
    _map_case(10, 2, 1, 1, 2, 0),
    _map_case(20, 2, 2, 2, 2, 1),
    _map_case(30, 3, 2, 3, 4, 2),
    _map_case(40, 3, 3, 3, 3, 0),
    _map_case(50, 4, 3, 2, 5, 4),
]

class_map = Exercise(
    "class-map",
    reference=_class_map,
    cases=[*_map_cases, *in_double(_map_cases[-2:])],
    traits=(
        Trait("several channels", "one channel", lambda c: len(c.arguments["features"]) > 1),
        Trait(
            "H different from W",
            "square maps",
            lambda c: c.arguments["features"].shape[1] != c.arguments["features"].shape[2],
        ),
    ),
    forbidden=("utils.features",),
    instead="Weight the maps with the class's row of the last layer, and add them up.",
    every_device=True,
)

class_map.mistake(
    "the maps are added without weights",
    "Each class weighs the channels in its own way: row `label` of the weight.",
    edit("features, weight[label]", "features, torch.ones_like(weight[label])"),
)
class_map.mistake(
    "the row of class 0 is taken",
    "Take the row of the class that is asked for.",
    edit("weight[label]", "weight[0]"),
)
class_map.mistake(
    "a column is taken in the place of a row",
    "The weight is (classes, channels): a class has a row.",
    edit("weight[label]", "weight[:, label]"),
)
class_map.mistake(
    "the mean over the channels is taken",
    "The score is a *sum* over the channels.",
    edit(
        '"chw,c->hw", features, weight[label])',
        '"chw,c->hw", features, weight[label]) / len(features)',
    ),
)
class_map.mistake(
    "what is negative is cut off",
    "A place may speak against a class. Keep it: else the mean over the places is not the score.",
    edit("weight[label])", "weight[label]).relu()"),
)
class_map.mistake(
    "the maps are not added up",
    "One map for the class is asked for, (H, W).",
    edit("chw,c->hw", "chw,c->chw"),
)
class_map.mistake(
    "height and width are swapped", "The first axis of the map counts rows.", edit("->hw", "->wh")
)
class_map.mistake(
    "it is averaged over the places",
    "That gives the score, one number. The map is what stands there *before* the average.",
    edit("weight[label])", "weight[label]).mean()"),
)
