"""Lesson 3: inverted dropout, forward and backward.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait

LIBRARY = ("torch.dropout", "torch.nn.modules.dropout", "utils.functional", "utils.nn")


def _kept(shape, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 2, shape, generator=generator).float()


def _cases(first):
    shapes = [((4,), 0.5), ((2, 3), 0.25), ((2, 2, 2), 0.75), ((3, 4), 0.0), ((5, 2), 0.2)]
    cases = [
        Case({first: whole_numbers(*shape, seed=seed), "keep": _kept(shape, seed), "p": p})
        for seed, (shape, p) in enumerate(shapes)
    ]
    (double,) = in_double(cases[-1:])
    double.arguments["keep"] = cases[-1].arguments["keep"]  # which must stay 0 and 1
    return [*cases, double]


TRAITS = (Trait("p above 0", "p = 0", lambda case: case.arguments["p"] > 0),)

dropout_forward = Exercise(
    "dropout-forward",
    reference=lambda input, keep, p: input * keep / (1 - p),
    cases=_cases("input"),
    traits=TRAITS,
    forbidden=LIBRARY,
    instead="`keep` says which numbers stay: 1 or 0. By what must those that stay be divided?",
    every_device=True,
    part="dropout",
)


@dropout_forward.misconception(
    "what stays is not scaled",
    "Then the expected output is only (1 - p) times the input, and evaluation would need a factor.",
)
def _unscaled(input, keep, p):
    return input * keep


@dropout_forward.misconception(
    "what stays is divided by p",
    "A share of 1 - p stays. By what do you divide to get the mean back?",
)
def _by_p(input, keep, p):
    return input * keep / p if p > 0 else input * keep


@dropout_forward.misconception(
    "what stays is multiplied by 1 - p",
    "This makes the output still smaller. It is what the paper does to the *other* outputs: those "
    "of evaluation.",
)
def _multiplied(input, keep, p):
    return input * keep * (1 - p)


@dropout_forward.misconception(
    "what is to stay is dropped",
    "`keep` is 1 where a number stays.",
)
def _inverted_mask(input, keep, p):
    return input * (1 - keep) / (1 - p)


@dropout_forward.misconception(
    "everything is scaled, and nothing is dropped",
    "Multiply by `keep`, too.",
)
def _not_dropped(input, keep, p):
    return input / (1 - p)


@dropout_forward.misconception(
    "the scale is the share that really stayed",
    "The factor is fixed, 1 / (1 - p), whatever the draw was: its mean over many draws counts.",
)
def _by_share(input, keep, p):
    return input * keep / keep.mean().clamp(min=1e-6)


dropout_backward = Exercise(
    "dropout-backward",
    reference=lambda grad_output, keep, p: grad_output * keep / (1 - p),
    cases=_cases("grad_output"),
    traits=TRAITS,
    forbidden=LIBRARY,
    instead="The forward pass multiplied each number by a factor. What is the derivative of that?",
    every_device=True,
    part="dropout_backward",
)


@dropout_backward.misconception(
    "the gradient passes as it is",
    "What was dropped had no influence on the output, and what stayed was scaled.",
)
def _as_it_is(grad_output, keep, p):
    return grad_output * 1


@dropout_backward.misconception(
    "the scale is forgotten",
    "The forward pass multiplied what stayed by 1 / (1 - p); the derivative has the same factor.",
)
def _scale_forgotten(grad_output, keep, p):
    return grad_output * keep


@dropout_backward.misconception(
    "the scale is undone",
    "The way back multiplies by the *same* factor. It does not divide by it.",
)
def _undone(grad_output, keep, p):
    return grad_output * keep * (1 - p)


@dropout_backward.misconception(
    "what was dropped is not left out",
    "A dropped number did not reach the output: its gradient is 0.",
)
def _all_scaled(grad_output, keep, p):
    return grad_output / (1 - p)


@dropout_backward.misconception(
    "what was dropped gets the gradient",
    "`keep` is 1 where a number stayed: only those get gradient.",
)
def _to_dropped(grad_output, keep, p):
    return grad_output * (1 - keep) / (1 - p)
