"""Lesson 3: local response normalisation, as the paper defines it.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch.nn.functional as F

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait


def _response_norm(input, n, k, alpha, beta):
    squares = F.pad(input**2, (0, 0, 0, 0, n // 2, n // 2))
    sums = squares.unfold(1, n, 1).sum(-1)
    return input / (k + alpha * sums) ** beta


def _case(seed, shape, n, k=1.0, alpha=1.0, beta=1.0):
    options = {"n": n, "k": k, "alpha": alpha, "beta": beta}
    return Case({"input": whole_numbers(*shape, seed=seed)} | options)


_cases = [
    _case(0, (1, 3, 1, 1), 3),
    _case(1, (1, 5, 1, 1), 3),
    _case(2, (1, 5, 1, 1), 5, k=2.0),
    _case(3, (1, 4, 2, 3), 3, alpha=0.5),
    _case(4, (2, 6, 2, 2), 3, beta=0.75),
    _case(5, (2, 8, 3, 2), 5, k=2.0, alpha=0.1, beta=0.75),
]

response_norm = Exercise(
    "response-norm",
    reference=_response_norm,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        Trait("several places", "one place", lambda c: c.arguments["input"][0, 0].numel() > 1),
        Trait("several images", "one image", lambda c: len(c.arguments["input"]) > 1),
        Trait("alpha other than 1", "alpha = 1", lambda c: c.arguments["alpha"] != 1),
        Trait("beta other than 1", "beta = 1", lambda c: c.arguments["beta"] != 1),
    ),
    forbidden=(
        "torch.nn.functional.local_response_norm",
        "torch.nn.modules",
        "utils.functional",
        "utils.nn",
    ),
    instead="Square, add up over neighbouring channels, and divide.",
    every_device=True,
    part="response_norm",
)


@response_norm.misconception(
    "alpha is divided by n",
    "This is how torch defines it. The paper's alpha multiplies the *sum* of the squares.",
)
def _alpha_by_n(input, n, k, alpha, beta):
    squares = F.pad(input**2, (0, 0, 0, 0, n // 2, n // 2))
    return input / (k + alpha / n * squares.unfold(1, n, 1).sum(-1)) ** beta


@response_norm.misconception(
    "the numbers are not squared",
    "The sum is over the squares: the sign of a neighbour does not matter.",
)
def _not_squared(input, n, k, alpha, beta):
    padded = F.pad(input.abs(), (0, 0, 0, 0, n // 2, n // 2))
    return input / (k + alpha * padded.unfold(1, n, 1).sum(-1)) ** beta


@response_norm.misconception(
    "the neighbours are channels before only",
    "The window lies around the channel: n // 2 before it and n // 2 behind it.",
)
def _before_only(input, n, k, alpha, beta):
    squares = F.pad(input**2, (0, 0, 0, 0, n - 1, 0))
    return input / (k + alpha * squares.unfold(1, n, 1).sum(-1)) ** beta


@response_norm.misconception(
    "all channels are summed",
    "Only n neighbouring channels count.",
)
def _all_channels(input, n, k, alpha, beta):
    return input / (k + alpha * (input**2).sum(1, keepdim=True)) ** beta


@response_norm.misconception(
    "the neighbours are pixels",
    "The sum runs over channels, at the same pixel.",
)
def _pixels(input, n, k, alpha, beta):
    squares = F.pad(input**2, (n // 2, n // 2, n // 2, n // 2))
    return input / (k + alpha * squares.unfold(2, n, 1).unfold(3, n, 1).sum((-2, -1))) ** beta


@response_norm.misconception(
    "the power is forgotten",
    "The sum is raised to the power beta before it divides.",
)
def _no_power(input, n, k, alpha, beta):
    squares = F.pad(input**2, (0, 0, 0, 0, n // 2, n // 2))
    return input / (k + alpha * squares.unfold(1, n, 1).sum(-1))


@response_norm.misconception(
    "k is forgotten",
    "Without k a channel with silent neighbours would be divided by almost nothing.",
)
def _no_k(input, n, k, alpha, beta):
    squares = F.pad(input**2, (0, 0, 0, 0, n // 2, n // 2))
    return input / (alpha * squares.unfold(1, n, 1).sum(-1)) ** beta
