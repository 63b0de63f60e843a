"""Lesson 2: a gradient by the definition of a derivative."""

from collections.abc import Callable

import torch

from utils.checks.convolution import cases
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

# A power of two, so that numbers with a nudge added are exact and rounding decides nothing.
_EPS = 2.0**-8


class Formula:
    """A function of a tensor that gives one number, shown by what it computes."""

    def __init__(self, text: str, function: Callable):
        self.text, self.function = text, function

    def __call__(self, tensor):
        """Compute it."""
        return self.function(tensor)

    def __repr__(self):
        return self.text


def _weighted(tensor):
    weights = torch.arange(1, tensor.numel() + 1, dtype=tensor.dtype, device=tensor.device)
    return (weights.view(tensor.shape) * tensor).sum()


_FORMULAS = (
    Formula("<the sum of x**3>", lambda x: (x**3).sum()),
    Formula("<1 x0 + 2 x1 + 3 x2 + ...>", _weighted),
    Formula("<the sum of x, squared>", lambda x: x.sum() ** 2),
)


def _numerical(function, tensor, eps):
    gradient = torch.zeros_like(tensor)
    for place in range(tensor.numel()):
        nudge = torch.zeros_like(tensor)
        nudge.view(-1)[place] = eps
        rise = function(tensor + nudge) - function(tensor - nudge)
        gradient.view(-1)[place] = rise / (2 * eps)
    return gradient


def _case(formula: Formula, *shape: int, seed: int, eps: float = _EPS) -> Case:
    tensor = cases.whole_numbers(*shape, seed=seed).double()
    return Case({"function": formula, "tensor": tensor, "eps": eps}, dtype=torch.float64)


_cube, _line, _square = _FORMULAS

numerical_gradient = Exercise(
    "numerical-gradient",
    reference=_numerical,
    cases=[
        _case(_line, 2, seed=0),
        _case(_cube, 2, seed=1),
        _case(_square, 3, seed=2),
        _case(_cube, 2, 3, seed=3),
        _case(_line, 2, 3, seed=4, eps=2 * _EPS),
        _case(_cube, 2, 1, 2, 3, seed=5, eps=4 * _EPS),
    ],
    traits=(
        Trait("several axes", "one axis", lambda case: case.arguments["tensor"].ndim > 1),
        Trait(
            "a curved function",
            "a linear one",
            lambda case: case.arguments["function"] is not _line,
        ),
    ),
    forbidden=cases.DERIVATIVES,
    instead="Only call `function`, twice for each number of the tensor.",
)

numerical_gradient.mistake(
    "the difference is divided by eps alone",
    "From x - eps to x + eps it is a way of two eps.",
    edit("(2 * eps)", "eps"),
)
numerical_gradient.mistake(
    "only one side is nudged",
    "That measures the slope a little to the right of where you want it: with `function(tensor)` "
    "in place of the lower value the error shrinks with eps, with both sides with its square.",
    edit("function(tensor - nudge)", "function(tensor)"),
    edit("(2 * eps)", "eps"),
)
numerical_gradient.mistake(
    "only one side is nudged, and the difference divided by two eps",
    "From x to x + eps it is a way of one eps. Better: nudge to both sides.",
    edit("function(tensor - nudge)", "function(tensor)"),
)
numerical_gradient.mistake(
    "all numbers are nudged at once",
    "Then the rise mixes the slopes of all of them. One number at a time: make a nudge that is "
    "zero everywhere else.",
    edit("nudge.view(-1)[place] = eps", "nudge += eps"),
)
numerical_gradient.mistake(
    "earlier numbers stay nudged",
    "When a number has been measured it must go back to its value before the next one moves.",
    edit(
        "    for place in range(tensor.numel()):\n        nudge = torch.zeros_like(tensor)\n",
        "    nudge = torch.zeros_like(tensor)\n    for place in range(tensor.numel()):\n",
    ),
)
numerical_gradient.mistake(
    "the sign is turned round",
    "The value after the upward nudge comes first: where the function rises, the slope is above 0.",
    edit(
        "function(tensor + nudge) - function(tensor - nudge)",
        "function(tensor - nudge) - function(tensor + nudge)",
    ),
)
numerical_gradient.mistake(
    "the gradient comes back flat",
    "A gradient has the shape of the tensor that it belongs to.",
    edit("return gradient", "return gradient.view(-1)"),
)
numerical_gradient.mistake(
    "the rise is not divided",
    "A slope is rise over run: how far did the number move?",
    edit("rise / (2 * eps)", "rise"),
)
