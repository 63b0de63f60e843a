"""The gradient check accepts right gradients and finds wrong ones."""

import pytest
import torch

from tests.devices import PRECISE
from utils import functional, gradients


def data(*shape, device="cpu"):
    torch.manual_seed(sum(shape))
    return torch.randn(shape, dtype=torch.float64).to(device)


@pytest.mark.parametrize("device", PRECISE)
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (1, "same"), ((1, 2), (0, 1))])
def test_conv2d_backward_passes(device, stride, padding):
    worst = gradients.check(
        lambda x, w, b: functional.conv2d(x, w, b, stride, padding),
        lambda g, x, w, b: functional.conv2d_backward(g, x, w, stride, padding),
        [data(2, 3, 5, 4, device=device), data(2, 3, 3, 3, device=device), data(2, device=device)],
    )
    assert 0 < worst < 1e-6


def test_a_wrong_number_is_found_and_named():
    def backward(grad_output, x):
        gradient = 2 * x * grad_output
        gradient[1, 2] *= 1.01
        return (gradient,)

    with pytest.raises(gradients.GradientError, match=r"input 0 is off at \[1, 2\]"):
        gradients.check(torch.square, backward, [data(3, 4).abs() + 1])


def test_outputs_that_are_mixed_up_are_found():
    with pytest.raises(gradients.GradientError):
        gradients.check(lambda x: x * 1, lambda grad_output, x: grad_output.flip(0), [data(5)])


def test_nan_and_wrong_shapes_are_found():
    with pytest.raises(gradients.GradientError, match="nan"):
        gradients.check(torch.square, lambda g, x: x * float("nan"), [data(2)])
    with pytest.raises(gradients.GradientError, match=r"shape \(2,\).*shape \(3,\)"):
        gradients.check(torch.square, lambda g, x: x[:2], [data(3)])


def test_inputs_are_left_alone_and_none_is_skipped():
    x, y = data(3), data(3)
    before = x.clone()
    gradients.check(torch.mul, lambda g, x, y: (g * y, None), [x, y])
    assert torch.equal(x, before)


def test_what_cannot_be_checked_is_said():
    with pytest.raises(TypeError, match=r"input 0 is torch.float32.*\.double"):
        gradients.check(torch.square, lambda g, x: 2 * x * g, [torch.ones(2)])
    with pytest.raises(ValueError, match="2 gradients for 1 inputs"):
        gradients.check(torch.square, lambda g, x: (x, x), [data(2)])
