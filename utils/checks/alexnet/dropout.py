"""Lesson 4: inverted dropout, forward and backward."""

import torch

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

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


def _forward(input, keep, p):
    return input * keep / (1 - p)


dropout_forward = Exercise(
    "dropout-forward",
    reference=_forward,
    cases=_cases("input"),
    traits=TRAITS,
    forbidden=LIBRARY,
    instead="`keep` says which numbers stay: 1 or 0. By what must those that stay be divided?",
    every_device=True,
    part="dropout",
)

dropout_forward.mistake(
    "what stays is not scaled",
    "Then the expected output is only (1 - p) times the input, and evaluation would need a factor.",
    edit(" / (1 - p)"),
)
dropout_forward.mistake(
    "what stays is divided by p",
    "A share of 1 - p stays. By what do you divide to get the mean back?",
    edit("/ (1 - p)", "/ p if p > 0 else input * keep"),
)
dropout_forward.mistake(
    "what stays is multiplied by 1 - p",
    "This makes the output still smaller. It is what the paper does to the *other* outputs: those "
    "of evaluation.",
    edit("/ (1 - p)", "* (1 - p)"),
)
dropout_forward.mistake(
    "what is to stay is dropped",
    "`keep` is 1 where a number stays.",
    edit("* keep", "* (1 - keep)"),
)
dropout_forward.mistake(
    "everything is scaled, and nothing is dropped", "Multiply by `keep`, too.", edit(" * keep")
)
dropout_forward.mistake(
    "the scale is the share that really stayed",
    "The factor is fixed, 1 / (1 - p), whatever the draw was: its mean over many draws counts.",
    edit("(1 - p)", "keep.mean().clamp(min=1e-6)"),
)


def _backward(grad_output, keep, p):
    return grad_output * keep / (1 - p)


dropout_backward = Exercise(
    "dropout-backward",
    reference=_backward,
    cases=_cases("grad_output"),
    traits=TRAITS,
    forbidden=LIBRARY,
    instead="The forward pass multiplied each number by a factor. What is the derivative of that?",
    every_device=True,
    part="dropout_backward",
)

dropout_backward.mistake(
    "the gradient passes as it is",
    "What was dropped had no influence on the output, and what stayed was scaled.",
    edit("keep / (1 - p)", "1"),
)
dropout_backward.mistake(
    "the scale is forgotten",
    "The forward pass multiplied what stayed by 1 / (1 - p); the derivative has the same factor.",
    edit(" / (1 - p)"),
)
dropout_backward.mistake(
    "the scale is undone",
    "The way back multiplies by the *same* factor. It does not divide by it.",
    edit("/ (1 - p)", "* (1 - p)"),
)
dropout_backward.mistake(
    "what was dropped is not left out",
    "A dropped number did not reach the output: its gradient is 0.",
    edit(" * keep"),
)
dropout_backward.mistake(
    "what was dropped gets the gradient",
    "`keep` is 1 where a number stayed: only those get gradient.",
    edit("* keep", "* (1 - keep)"),
)
