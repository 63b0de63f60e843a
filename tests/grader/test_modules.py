"""A module that a student writes is tried where it lives, as strictly as a function is."""

import pytest
from test_judge import Lesson

from tests.answers.learning_filters import RIGHT
from utils.checks import EXERCISES

EXERCISE = EXERCISES["conv2d-module"]
CHECK = 'check("conv2d-module", Conv2d)'
SETUP = """
import math
import torch
import torch.nn.functional as F
from utils import functional
from utils.checks import check
"""
HIDDEN = """
from utils.modules import forward_backward

theirs = torch.nn.Conv2d(2, 3, 3, padding=1).double()
image, grad = torch.randn(2, 1, 2, 5, 4, dtype=torch.float64).unbind()
grad = torch.randn(1, 3, 5, 4, dtype=torch.float64)
settings = dict(in_channels=2, out_channels=3, kernel_size=3, padding=1, **theirs.state_dict())
ours = forward_backward(Conv2d, image, grad, **settings)
right = forward_backward(torch.nn.Conv2d, image, grad, **settings)
assert ours[:2] == right[:2]
for one, other in zip(ours[3:], right[3:], strict=True):
    torch.testing.assert_close(one, other)
"""
#: Attempts that are none -> a source that has the published answer's text in its place.
ATTEMPTS = {
    "torch's convolution in the backward pass": """
    @staticmethod
    def backward(ctx, grad_output):
        input, weight = ctx.saved_tensors
        grads = torch.ops.aten.convolution_backward(
            grad_output, input, weight, [weight.shape[0]], [ctx.stride] * 2, [ctx.padding] * 2,
            [1, 1], False, [0, 0], 1, [True] * 3,
        )
        return grads[0], grads[1], grads[2] if ctx.needs_input_grad[2] else None, None, None
""",
    "torch.nn.grad in the backward pass": """
    @staticmethod
    def backward(ctx, grad_output):
        input, weight = ctx.saved_tensors
        options = ctx.stride, ctx.padding
        grad_input = torch.nn.grad.conv2d_input(input.shape, weight, grad_output, *options)
        grad_weight = torch.nn.grad.conv2d_weight(input, weight.shape, grad_output, *options)
        grad_bias = grad_output.sum((0, 2, 3)) if ctx.needs_input_grad[2] else None
        return grad_input, grad_weight, grad_bias, None, None
""",
}
#: A class that is no module, and one whose forward gives something else.
NO_MODULES = {
    "a function": "Conv2d = lambda **_: 3",
    "a value": "Conv2d = 3",
    "a list for a tensor": """
class Conv2d(torch.nn.Conv2d):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, bias=bias)
    def forward(self, input):
        return [1, 2]
""",
    "a process that ends": """
class Conv2d(torch.nn.Module):
    def __init__(self, **_):
        import os
        os._exit(0)
""",
    "the way there and back replaced": """
import utils.modules
utils.modules.forward_backward = lambda *_, **__: (1 / 0)
Conv2d = torch.nn.Conv2d
""",
}


@pytest.fixture(scope="module")
def lesson():
    made = Lesson(cell_seconds=60)
    yield made
    made.judge.close()


def judged(lesson, source, test=CHECK):
    points = lesson({"Conv2d": test}, {"Conv2d": source}, setup=SETUP)["Conv2d"]
    return points, lesson.output("test-Conv2d")


def published():
    """The reference as a student's cell."""
    (mistake,) = (x for x in EXERCISE.mistakes if x.name == "`bias=False` is ignored")
    return mistake.source(EXERCISE).replace("if True:", "if bias:")


@pytest.mark.parametrize("source", [published(), *RIGHT["conv2d-module"]])
def test_a_right_module_gets_full_marks(lesson, source):
    points, said = judged(lesson, source)
    assert points == 2 and "16 cases agree with the reference" in said
    assert judged(lesson, source, HIDDEN)[0] == 2


@pytest.mark.parametrize("mistake", EXERCISE.mistakes, ids=lambda x: x.name)
def test_a_mistake_loses_the_points_and_is_named(lesson, mistake):
    points, said = judged(lesson, mistake.source(EXERCISE))
    assert points == 0
    assert f"This is what you get if {mistake.name}:" in said.replace("\\'", "'")


@pytest.mark.parametrize("backward", ATTEMPTS.values(), ids=ATTEMPTS)
def test_what_is_forbidden_is_seen_in_the_backward_pass(lesson, backward):
    source = published()
    start, end = (
        source.index("    @staticmethod\n        def backward") - 4,
        source.index("    def __init__"),
    )
    indented = backward.replace("\n    ", "\n        ")
    points, said = judged(lesson, source[:start].rstrip() + "\n" + indented + "\n" + source[end:])
    assert points == 0 and "which this exercise does not allow" in said


@pytest.mark.parametrize("source", NO_MODULES.values(), ids=NO_MODULES)
def test_what_is_no_module_gets_nothing(lesson, source):
    assert judged(lesson, source)[0] == 0
