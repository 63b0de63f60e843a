"""Lesson 7: the formula of three blocks written out, and the paths through many.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from utils.checks.convolution.cases import DERIVATIVES, in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

# --- unrolled ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Layer:
    """A function whose repr says what it does."""

    times: float
    square: float
    plus: float

    def __call__(self, x):
        return self.times * x + self.square * x * x + self.plus

    def __repr__(self):
        parts = [(self.times, " * x"), (self.square, " * x * x"), (self.plus, "")]
        return "lambda x: " + " + ".join(f"{n:g}{text}" for n, text in parts if n)


def _three_blocks(f, g, h, x):
    first = h(x) + x
    second = g(first) + first
    return f(second) + second


def _functions(f, g, h, *x):
    given = zip("fgh", (f, g, h), strict=True)
    arguments = {name: _Layer(*numbers) for name, numbers in given}
    return Case(arguments | {"x": torch.tensor(x, dtype=torch.float32)})


_unrolled_cases = [
    _functions((2, 0, 0), (3, 0, 0), (4, 0, 0), 1),
    _functions((0, 0, 1), (0, 0, 10), (0, 0, 100), 1, 2),
    _functions((0, 1, 0), (2, 0, 0), (3, 0, 0), 1, 2),
    _functions((2, 0, 0), (0, 1, 0), (3, 0, 1), 1, -1, 2),
    _functions((0, 1, 1), (2, 1, 0), (0, 1, -1), 1, -2, 3),
]

unrolled = Exercise(
    "unrolled",
    reference=_three_blocks,
    cases=[*_unrolled_cases, *in_double(_unrolled_cases[-2:])],
    traits=(
        Trait(
            "a square in a function",
            "no squares",
            lambda case: any(case.arguments[name].square for name in "fgh"),
        ),
    ),
    every_device=True,
)

unrolled.mistake(
    "the slide's formula is taken as it stands",
    "Count what it adds: h(x) appears twice as a summand, and f never sees what the second "
    "shortcut carries.",
    edit("f(second) + second", "f(g(h(x) + x)) + h(x) + g(h(x) + x) + h(x) + x"),
)
unrolled.mistake(
    "f does not see what the second shortcut carries",
    "The input of f is the whole output of the second block: g(...) *plus* its shortcut.",
    edit("f(second)", "f(g(first))"),
)
unrolled.mistake(
    "the last shortcut is forgotten",
    "The third block has a shortcut too: what goes into f is added to what comes out.",
    edit(" + second"),
)
unrolled.mistake(
    "each shortcut carries x",
    "A shortcut carries its own block's input. After the first block that is no longer x.",
    edit("+ first", "+ x"),
    edit("+ second", "+ x"),
)
unrolled.mistake(
    "there is one shortcut around everything",
    "Each block has a shortcut of its own.",
    edit("h(x) + x", "h(x)"),
    edit(" + first"),
    edit("+ second", "+ x"),
)
unrolled.mistake(
    "the blocks are applied in the wrong order",
    "h comes first, f last: f(g(h(x))) without shortcuts.",
    edit("h(x)", "f(x)"),
    edit("f(second)", "h(second)"),
)
unrolled.mistake(
    "the shortcuts are left out",
    "This is the plain network.",
    edit(" + x"),
    edit(" + first"),
    edit(" + second"),
)

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
    forbidden=DERIVATIVES,
    instead="Take the blocks one by one: each path so far either goes around it or through it.",
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
