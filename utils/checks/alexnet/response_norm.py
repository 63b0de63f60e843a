"""Lesson 4: local response normalisation, as the paper defines it."""

import torch.nn.functional as F

from utils.checks.cases import IMAGES
from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit


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
        IMAGES,
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

response_norm.mistake(
    "alpha is divided by n",
    "This is how torch defines it. The paper's alpha multiplies the *sum* of the squares.",
    edit("alpha *", "alpha / n *"),
)
response_norm.mistake(
    "the numbers are not squared",
    "The sum is over the squares: the sign of a neighbour does not matter.",
    edit("input**2", "input.abs()"),
)
response_norm.mistake(
    "the neighbours are channels before only",
    "The window lies around the channel: n // 2 before it and n // 2 behind it.",
    edit("n // 2, n // 2", "n - 1, 0"),
)
response_norm.mistake(
    "all channels are summed",
    "Only n neighbouring channels count.",
    edit("unfold(1, n, 1).sum(-1)", "sum(1, keepdim=True)"),
)
response_norm.mistake(
    "the neighbours are pixels",
    "The sum runs over channels, at the same pixel.",
    edit("(0, 0, 0, 0, n // 2, n // 2)", "(n // 2,) * 4"),
    edit("unfold(1, n, 1).sum(-1)", "unfold(2, n, 1).unfold(3, n, 1).sum((-2, -1))"),
)
response_norm.mistake(
    "the power is forgotten",
    "The sum is raised to the power beta before it divides.",
    edit(" ** beta"),
)
response_norm.mistake(
    "k is forgotten",
    "Without k a channel with silent neighbours would be divided by almost nothing.",
    edit("k + "),
)
