"""Checking a gradient against the definition of a derivative."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

__all__ = ["GradientError", "check", "numerical"]


class GradientError(AssertionError):
    """An explicit gradient and the measured one do not agree."""


def numerical(function: Callable[[], Tensor], tensor: Tensor, eps: float = 1e-6) -> Tensor:
    """Gradient of ``function().sum()`` by central differences, ``(f(x + e) - f(x - e)) / 2e``.

    Args:
        function: called without arguments; it must use ``tensor``, whose numbers are nudged one
            after the other and put back.
        tensor: float64, any shape.
        eps: the nudge.

    Returns:
        A tensor shaped as ``tensor``.

    Source: Press et al. (2007), "Numerical Recipes", section 5.7 (why central, and how small).
    """
    gradient = torch.zeros_like(tensor)
    numbers, slots = tensor.detach().view(-1), gradient.view(-1)
    for index in range(len(numbers)):
        value = numbers[index].item()
        numbers[index] = value + eps
        above = function().sum()
        numbers[index] = value - eps
        below = function().sum()
        numbers[index] = value
        slots[index] = (above - below) / (2 * eps)
    return gradient


def check(
    forward: Callable[..., Tensor],
    backward: Callable[..., Sequence[Tensor | None]],
    inputs: Sequence[Tensor],
    eps: float = 1e-6,
    tolerance: float = 1e-6,
) -> float:
    """Compare an explicit backward with central differences, number by number.

    The outputs are weighted with fixed random numbers before they are summed; a plain sum would
    not see a gradient that mixes outputs up.

    Args:
        forward: ``forward(*inputs)`` returns a tensor.
        backward: ``backward(grad_output, *inputs)`` returns one gradient for each input, or None
            for one that is not to be checked.
        inputs: float64 tensors, small: each number costs two forward passes.
        eps: the nudge.
        tolerance: largest difference allowed, relative to the largest measured number.

    Returns:
        The largest relative difference found.

    Raises:
        GradientError: a gradient is off, has the wrong shape or holds NaN; the message names the
            input, the place and both numbers.
        TypeError: an input is not float64.
        ValueError: ``backward`` returns another number of gradients than there are inputs.
    """
    inputs = [tensor.detach().clone().contiguous() for tensor in inputs]
    for place, tensor in enumerate(inputs):
        if tensor.dtype != torch.float64:
            raise TypeError(
                f"input {place} is {tensor.dtype}; central differences need float64: "
                "call .double() on it"
            )
    with torch.no_grad():
        output = forward(*inputs)
        generator = torch.Generator().manual_seed(0)
        weights = torch.rand(output.shape, generator=generator, dtype=torch.float64) + 0.5
        weights = weights.to(output.device)
        gradients = backward(weights, *inputs)
        if isinstance(gradients, Tensor):
            gradients = (gradients,)
        if len(gradients) != len(inputs):
            raise ValueError(
                f"backward returned {len(gradients)} gradients for {len(inputs)} inputs; "
                "return None for an input that is not to be checked"
            )
        worst = 0.0
        for place, (gradient, tensor) in enumerate(zip(gradients, inputs, strict=True)):
            if gradient is not None:
                measured = numerical(lambda: forward(*inputs) * weights, tensor, eps)
                worst = max(worst, _difference(place, gradient, measured, tolerance))
    return worst


def _difference(place: int, gradient: Tensor, measured: Tensor, tolerance: float) -> float:
    if gradient.shape != measured.shape:
        raise GradientError(
            f"the gradient of input {place} has shape {tuple(gradient.shape)}, but the input has "
            f"shape {tuple(measured.shape)}"
        )
    if measured.numel() == 0:
        return 0.0
    scale = measured.abs().max().clamp(min=1e-8)
    difference = (gradient - measured).abs() / scale
    flat = difference.nan_to_num(nan=float("inf")).argmax()
    worst = difference.flatten()[flat].item()
    if not worst <= tolerance:
        index = tuple(int(i) for i in torch.unravel_index(flat, gradient.shape))
        raise GradientError(
            f"the gradient of input {place} is off at {list(index)}: "
            f"backward says {gradient[index].item():.6g}, "
            f"central differences measure {measured[index].item():.6g} "
            f"(relative difference {worst:.1e}, allowed {tolerance:.0e})"
        )
    return worst
