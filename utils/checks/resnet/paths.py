"""Lesson 7: what the paths through many blocks carry.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch
import torch.nn.functional as F

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

# --- path-sums -----------------------------------------------------------------------------------


def _sums(factors):
    sums = factors.new_ones(1)
    for factor in factors:
        around, through = F.pad(sums, (0, 1)), F.pad(factor * sums, (1, 0))
        sums = around + through
    return sums


_sums_cases = [
    Case({"factors": torch.tensor(x)})
    for x in (
        [2.0],
        [2.0, 3],
        [1.0, 1, 1],
        [2.0, -1, 3],
        [0.0, 1, 2, 3],
        whole_numbers(6, seed=3).tolist(),
        [1.0] * 12,
    )
]

path_sums = Exercise(
    "path-sums",
    reference=_sums,
    cases=[*_sums_cases, *in_double(_sums_cases[-2:])],
    traits=(
        Trait("several blocks", "one block", lambda case: len(case.arguments["factors"]) > 1),
        Trait(
            "a factor other than 1",
            "all factors 1",
            lambda case: bool((case.arguments["factors"] != 1).any()),
        ),
    ),
    every_device=True,
)

path_sums.mistake(
    "the paths are counted, and the factors left out",
    "A path through some branches carries the product of their factors.",
    edit("factor * sums", "sums"),
)
path_sums.mistake(
    "a block is only gone through, never around",
    "At each block a path goes through the branch or around it: both kinds are added up.",
    edit("around + through", "through"),
)
path_sums.mistake(
    "a path that goes through a branch keeps its length",
    "Through a branch a path gets one longer, so what it carries moves up by one place.",
    edit(
        "around, through = F.pad(sums, (0, 1)), F.pad(factor * sums, (1, 0))",
        "around, through = F.pad(sums, (0, 1)), F.pad(factor * sums, (0, 1))",
    ),
)
path_sums.mistake(
    "the longest path comes first",
    "Entry k belongs to the paths through k branches; entry 0 to the one around them all.",
    edit("return sums", "return sums.flip(0)"),
)
path_sums.mistake(
    "the factor is taken on the way around too",
    "Around the block nothing is multiplied: the shortcut's factor is 1.",
    edit("F.pad(sums, (0, 1))", "F.pad(factor * sums, (0, 1))"),
)
path_sums.mistake(
    "the path around all branches is left out",
    "One path goes through no branch. It carries 1.",
    edit("return sums", "return sums[1:]"),
)
path_sums.mistake(
    "all paths up to a length are added up",
    "Each entry belongs to the paths of *exactly* this length.",
    edit("return sums", "return sums.cumsum(0)"),
)
