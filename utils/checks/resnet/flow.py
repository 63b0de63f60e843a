"""Lesson 7: the gradient's way through many blocks, and the formula written out.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import math
from dataclasses import dataclass

import torch

from utils.checks.convolution.cases import DERIVATIVES, in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

# --- block-gradients -----------------------------------------------------------------------------


def _gradients(slopes, residual):
    factors = 1 + slopes if residual else slopes
    return factors.flip(0).cumprod(0).flip(0)


def _slopes(seed, blocks, residual):
    return Case({"slopes": whole_numbers(blocks, seed=seed), "residual": residual})


_cases = [
    _slopes(0, 1, False),
    _slopes(1, 1, True),
    _slopes(2, 2, False),
    _slopes(3, 2, True),
    _slopes(4, 3, False),
    _slopes(5, 3, True),
    _slopes(6, 5, False),
    _slopes(9, 5, True),
]

block_gradients = Exercise(
    "block-gradients",
    reference=_gradients,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        Trait("several blocks", "one block", lambda case: len(case.arguments["slopes"]) > 1),
        Trait("residual blocks", "plain blocks", lambda case: case.arguments["residual"]),
    ),
    forbidden=DERIVATIVES,
    instead="Multiply the factors of all blocks from here to the top.",
    every_device=True,
)

block_gradients.mistake(
    "the shortcut's 1 is left out",
    "A residual block gives F(x) + x: its derivative is F' + 1.",
    edit("1 + slopes if residual else slopes", "slopes"),
)
block_gradients.mistake(
    "the 1 is added once, to the product",
    "Each block has a shortcut: each factor is 1 + F'.",
    edit("1 + slopes if residual else slopes", "slopes"),
    edit("cumprod(0).flip(0)", "cumprod(0).flip(0) + int(residual)"),
)
block_gradients.mistake(
    "plain blocks are given a shortcut too",
    "A plain block's factor is F' alone.",
    edit(" if residual else slopes"),
)
block_gradients.mistake(
    "the products start at the image",
    "The gradient comes from the top: at a block's input it has passed this block and all *above*.",
    edit("factors.flip(0).cumprod(0).flip(0)", "factors.cumprod(0)"),
)
block_gradients.mistake(
    "a block's own factor is left out",
    "The gradient at a block's *input* has passed the block itself.",
    edit("factors.flip", "torch.cat([factors[1:], torch.ones_like(factors[:1])]).flip"),
)
block_gradients.mistake(
    "the factors are added", "The chain rule multiplies.", edit("cumprod", "cumsum")
)

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
    "A shortcut carries its own block's input. Behind the first block that is no longer x.",
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

# --- path-lengths --------------------------------------------------------------------------------


def _lengths(blocks):
    return [math.comb(blocks, length) for length in range(blocks + 1)]


path_lengths = Exercise(
    "path-lengths",
    reference=_lengths,
    cases=[Case({"blocks": blocks}) for blocks in (1, 2, 3, 4, 6, 9, 54)],
    ranges=("blocks",),
)

path_lengths.mistake(
    "the path through no block is forgotten",
    "One path takes the shortcut at every block: length 0.",
    edit("range(blocks + 1)", "range(1, blocks + 1)"),
)
path_lengths.mistake(
    "the path through all blocks is forgotten",
    "One path goes through every block: there are blocks + 1 lengths.",
    edit("range(blocks + 1)", "range(blocks)"),
)
path_lengths.mistake(
    "the order of the blocks is counted",
    "A path goes through its blocks from below upwards, in one order only.",
    edit("comb", "perm"),
)
path_lengths.mistake(
    "all paths up to a length are counted",
    "Each entry counts the paths of *exactly* this length.",
    edit("math.comb(blocks, length)", "sum(math.comb(blocks, n) for n in range(length + 1))"),
)
path_lengths.mistake(
    "each length is thought to have one path",
    "A path of length k may take any k of the blocks.",
    edit("math.comb(blocks, length)", "1"),
)
path_lengths.mistake(
    "powers of two are given",
    "There are 2 ** blocks paths in all. How many of them go through exactly k blocks?",
    edit("math.comb(blocks, length)", "2**length"),
)
