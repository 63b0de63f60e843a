"""Lesson 2: ReLU and its gradient."""

import torch

from utils.checks.convolution import cases
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit
from utils.watch import OTHERS

_READY = ("torch.relu", "torch.threshold", "utils.functional", "utils.nn", *OTHERS)
# Shapes, the smallest first. None of the numbers is 0, where ReLU has a kink.
_SHAPES = ((4,), (2, 3), (1, 1, 3, 3), (2, 3, 4, 5), (3, 0))
_NUMBERS = torch.tensor([-2.0, 3, -1, 4])


def _relu(input):
    return torch.where(input > 0, input, torch.zeros_like(input))


_inputs = [Case({"input": _NUMBERS})]
_inputs += [Case({"input": cases.whole_numbers(*s, seed=k)}) for k, s in enumerate(_SHAPES[1:])]

relu = Exercise(
    "relu",
    reference=_relu,
    cases=[*_inputs, *cases.in_double(_inputs[-2:-1])],
    traits=(Trait("several axes", "one axis", lambda case: case.arguments["input"].ndim > 1),),
    forbidden=_READY,
    instead="One comparison or one `clamp` is enough.",
    every_device=True,
    part="relu",
)

relu.mistake(
    "the sign is dropped instead of the number",
    "What is below zero becomes 0, not positive.",
    edit("torch.zeros_like(input)", "-input"),
)
relu.mistake(
    "the positive numbers are set to zero",
    "It is the other half that goes: what is above zero passes unchanged.",
    edit("input > 0", "input < 0"),
)
relu.mistake(
    "the mask comes back, not the numbers",
    "A comparison says *where* the input is above zero. What is wanted there is the input itself.",
    edit("torch.where(input > 0, input, torch.zeros_like(input))", "(input > 0).to(input.dtype)"),
)
relu.mistake(
    "numbers are also cut off above 1",
    "ReLU has no upper end: 3 stays 3.",
    edit("input, torch.zeros", "input.clamp(max=1), torch.zeros"),
)
relu.mistake(
    "a little of what is below zero passes",
    "That is the *leaky* ReLU. Here what is below zero becomes exactly 0.",
    edit("torch.zeros_like(input)", "0.01 * input"),
)
relu.mistake(
    "the numbers below zero are taken out",
    "A layer's output keeps its shape: every number has its place, also where it is 0.",
    edit("torch.where(input > 0, input, torch.zeros_like(input))", "input[input > 0]"),
)


@relu.mistake(
    "the input itself is changed",
    "The gradient will need the input as it was. Return a new tensor.",
)
def _in_place(input):
    return input.clamp_(min=0)


def _relu_backward(grad_output, input):
    return grad_output * (input > 0)


def _arguments(shape: tuple[int, ...], seed: int) -> dict:
    return {
        "grad_output": cases.whole_numbers(*shape, seed=seed),
        "input": cases.whole_numbers(*shape, seed=seed + 1),
    }


_pairs = [Case({"grad_output": torch.tensor([1.0, -10, -100, 1000]), "input": _NUMBERS})]
_pairs += [Case(_arguments(s, 10 + 2 * k)) for k, s in enumerate(_SHAPES[1:-1])]

relu_backward = Exercise(
    "relu-backward",
    reference=_relu_backward,
    cases=[*_pairs, *cases.in_double(_pairs[-1:])],
    traits=(Trait("several axes", "one axis", lambda case: case.arguments["input"].ndim > 1),),
    forbidden=(*_READY, *cases.DERIVATIVES),
    instead="Ask of each number: when the input moves a little, does the output move?",
    every_device=True,
    part="relu_backward",
)

relu_backward.mistake(
    "the gradient is rectified instead of gated",
    "A negative gradient is as good as a positive one. What decides is whether the *input* was "
    "above zero.",
    edit("input > 0", "grad_output > 0"),
)
relu_backward.mistake(
    "the gradient passes where the input was below zero",
    "There the output is 0 whatever the input does, so nothing may come back.",
    edit("input > 0", "input < 0"),
)
relu_backward.mistake(
    "the slope comes back without the gradient",
    "The slope is 0 or 1. The chain rule multiplies it by what comes from above.",
    edit("grad_output * (input > 0)", "(input > 0).to(input.dtype)"),
)
relu_backward.mistake(
    "the gradient is multiplied by the output",
    "Multiply by the *slope* of ReLU, which is 1 above zero however large the input is.",
    edit("(input > 0)", "input.clamp(min=0)"),
)
relu_backward.mistake(
    "the gradient passes everywhere",
    "Where the input was below zero, ReLU gave a constant, and a constant has the slope 0.",
    edit(" * (input > 0)"),
)
relu_backward.mistake(
    "the gradient passes only where both are above zero",
    "The gradient's own sign does not matter. (Zeroing both is called *guided backpropagation*: it "
    "makes pretty pictures, but it is no gradient.)",
    edit("(input > 0)", "(input > 0) * (grad_output > 0)"),
)
relu_backward.mistake(
    "the gradient is stopped with the wrong sign",
    "Below zero nothing comes back: not the gradient turned round.",
    edit("(input > 0)", "input.sign()"),
)
