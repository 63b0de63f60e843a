"""Layers that normalise: by the batch, and by neighbouring channels."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import (
    check_shape,
    check_tensors,
    is_channels_last,
    is_int,
    shape,
    wide,
)

__all__ = [
    "batch_norm",
    "batch_norm_backward",
    "local_response_norm",
    "local_response_norm_backward",
]


def _per_channel(vector: Tensor, like: Tensor) -> Tensor:
    """A (C,) vector in the shape that broadcasts over (N, C, ...)."""
    return vector.view(1, -1, *[1] * (like.ndim - 2))


def _check_batch_norm(layer: str, input: Tensor, **vectors: Tensor | None) -> None:
    check_tensors(layer, input=input)
    if input.ndim < 2:
        raise ValueError(f"{layer}: the input must be (N, C, ...), but has shape {shape(input)}")
    expected = input.shape[1:2]
    for name, vector in vectors.items():
        if vector is not None and vector.shape != expected:
            reason = f"one number for each channel of the input, whose shape is {shape(input)}"
            check_shape(layer, name, vector, expected, reason)


def _sum(tensor: Tensor) -> Tensor:
    """Sum over all axes but the channels: (C,), in at least 32 bits."""
    if is_channels_last(tensor) or tensor.ndim == 2:
        return tensor.movedim(1, -1).reshape(-1, tensor.shape[1]).sum(0)
    # First over each image, which lies in one piece: far faster than over all axes at once.
    return tensor.flatten(2).sum(2).sum(0)


def _sum_of_products(one: Tensor, other: Tensor) -> Tensor:
    """``sum of one * other`` over all axes but the channels: (C,)."""
    if is_channels_last(one) or one.ndim == 2 or one.numel() == 0:
        return _sum(one * other)
    rows = one.shape[0] * one.shape[1]
    products = torch.bmm(one.reshape(rows, 1, -1), other.reshape(rows, 1, -1).mT)
    return products.view(one.shape[:2]).sum(0)


def _count(layer: str, input: Tensor) -> int:
    """How many numbers each channel has."""
    count = input.numel() // max(input.shape[1], 1)
    if count == 1:
        raise ValueError(
            f"{layer}: training needs more than one number for each channel, but the input has "
            f"shape {shape(input)}; use a larger batch, or evaluation mode"
        )
    return count


def _centred(layer: str, input: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The input less each channel's mean, that mean, and the (biased) variance.

    Two passes: E[x^2] - E[x]^2 in one pass would cancel when the mean is large.
    """
    count = _count(layer, input)
    mean = _sum(input) / max(count, 1)  # an empty batch has none: 0, and nothing follows from it
    centred = input - _per_channel(mean, input)
    return centred, mean, _sum_of_products(centred, centred) / max(count, 1)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Give each channel mean 0 and variance 1, then scale and shift it: ``y = x^ * weight + bias``.

    In training, mean and variance are the batch's, over all images and places; the running ones are
    moved towards them *in place*: ``running += momentum * (batch - running)``. In evaluation the
    running ones are used.

    Args:
        input: (N, C) or (N, C, ...).
        running_mean: (C,), or None to keep no running mean.
        running_var: (C,), or None; it tracks the unbiased variance, as torch does.
        weight: (C,), gamma in the paper, or None for 1.
        bias: (C,), beta in the paper, or None for 0.
        training: whether to use the batch's statistics.
        momentum: how far the running statistics move towards the batch's.
        eps: added to the variance, so that nothing is divided by zero.

    Returns:
        A tensor shaped as ``input``.

    Raises:
        TypeError, ValueError: a tensor does not fit, there are no running statistics to evaluate
            with, or a channel has a single number to train with.

    Source: Ioffe & Szegedy (2015), arXiv:1502.03167, algorithms 1 and 2.
    """
    layer = "batch_norm"
    vectors = {"running_mean": running_mean, "running_var": running_var}
    _check_batch_norm(layer, input, **vectors, weight=weight, bias=bias)
    numbers = wide(input)
    if training:
        centred, mean, variance = _centred(layer, numbers)
        _move_running(input, mean, variance, running_mean, running_var, momentum)
        scale = _per_channel(_scale(variance, weight, eps), input)
        # In place, unless autograd still needs the centred numbers.
        output = centred * scale if centred.requires_grad else centred.mul_(scale)
        shift = bias
    elif running_mean is None or running_var is None:
        raise ValueError(f"{layer}: evaluation needs running_mean and running_var")
    else:
        scale = _scale(wide(running_var), weight, eps)
        shift = torch.zeros_like(scale) if bias is None else bias
        shift = torch.addcmul(shift, scale, wide(running_mean), value=-1)
        if is_channels_last(input):
            # With a pixel's channels side by side it is one step over memory.
            pixels = torch.addcmul(shift, numbers.permute(0, 2, 3, 1), scale)
            return pixels.permute(0, 3, 1, 2).to(input.dtype)
        output = numbers * _per_channel(scale, input)
    if shift is not None:
        output += _per_channel(shift, input)
    return output.to(input.dtype)


def _scale(variance: Tensor, weight: Tensor | None, eps: float) -> Tensor:
    scale = torch.rsqrt(variance + eps)
    return scale if weight is None else scale * weight


def _move_running(input, mean, variance, running_mean, running_var, momentum) -> None:
    count = input.numel() // max(input.shape[1], 1)
    if count == 0:  # an empty batch has no statistics
        return
    if running_mean is not None:
        running_mean += momentum * (mean - running_mean)
    if running_var is not None:
        running_var += momentum * (variance * (count / (count - 1)) - running_var)


def batch_norm_backward(
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor | None = None,
    eps: float = 1e-5,
    *,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    training: bool = True,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of :func:`batch_norm` with respect to its input, weight and bias.

    In training, mean and variance depend on the input too. That takes two things out of the
    gradient of the normalised input: its mean, and its part along the normalised input itself.

    Args:
        grad_output: gradient of the loss with respect to the output, shaped as ``input``.
        input: as in the forward pass, as are all others.
        weight: (C,) or None.
        eps: added to the variance.
        running_mean: (C,), needed for evaluation mode only.
        running_var: (C,), needed for evaluation mode only.
        training: whether the forward pass used the batch's statistics.

    Returns:
        ``(grad_input, grad_weight, grad_bias)``, shaped as input, (C,) and (C,).

    Raises:
        TypeError, ValueError: as :func:`batch_norm`.

    Source: Ioffe & Szegedy (2015), arXiv:1502.03167, section 3 (simplified).
    """
    layer = "batch_norm_backward"
    check_tensors(layer, grad_output=grad_output, input=input)
    check_shape(layer, "grad_output", grad_output, input.shape, "the input's")
    vectors = {"running_mean": running_mean, "running_var": running_var}
    _check_batch_norm(layer, input, weight=weight, **vectors)
    numbers, grad = wide(input), wide(grad_output)
    if training:
        centred, _, variance = _centred(layer, numbers)
    elif running_mean is None or running_var is None:
        raise ValueError(f"{layer}: evaluation needs running_mean and running_var")
    else:
        centred, variance = numbers - _per_channel(wide(running_mean), input), wide(running_var)
    deviation = torch.rsqrt(variance + eps)  # its reciprocal
    grad_bias = _sum(grad)
    grad_weight = _sum_of_products(grad, centred) * deviation
    scale = _scale(variance, weight, eps)
    grad_input = grad * _per_channel(scale, input)
    if training:
        count = max(input.numel() // max(input.shape[1], 1), 1)
        # grad_input - scale * (mean of the gradient + normalised * mean of gradient * normalised)
        centred *= _per_channel(scale * deviation * grad_weight / count, input)
        centred += _per_channel(scale * grad_bias / count, input)
        grad_input -= centred
    dtype = input.dtype if weight is None else weight.dtype
    return grad_input.to(input.dtype), grad_weight.to(dtype), grad_bias.to(dtype)


def _check_lrn(layer: str, input: Tensor, size) -> None:
    check_tensors(layer, input=input)
    if input.ndim < 3:
        raise ValueError(f"{layer}: the input must be (N, C, ...), but has shape {shape(input)}")
    if not is_int(size):
        raise TypeError(f"{layer}: size must be an int, but is {size!r}")
    if size < 1:
        raise ValueError(f"{layer}: size must be at least 1, but is {size}")


def _sum_of_neighbours(tensor: Tensor, before: int, after: int) -> Tensor:
    """For each channel, the sum over it, ``before`` channels before it and ``after`` after it."""
    channels = tensor.shape[1]
    padded = pad(tensor, (0, 0) * (tensor.ndim - 2) + (before, after))
    total = padded.narrow(1, 0, channels).clone()
    for shift in range(1, before + after + 1):
        total += padded.narrow(1, shift, channels)
    return total


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide each number by a power of the mean square of its neighbours in other channels.

    ``y = x / (k + alpha / size * sum of x^2 over size channels) ** beta``, as torch defines it. The
    paper does not divide alpha by ``size``: its 1e-4 with 5 channels is 5e-4 here; its k is 2.

    Args:
        input: (N, C, ...).
        size: how many neighbouring channels are summed, the channel itself among them.
        alpha: weight of the sum.
        beta: the power.
        k: what is added, so that nothing is divided by zero.

    Returns:
        A tensor shaped as ``input``.

    Raises:
        TypeError, ValueError: the input or ``size`` is not as above.

    Source: Krizhevsky, Sutskever & Hinton (2012), section 3.3.
    """
    _check_lrn("local_response_norm", input, size)
    numbers = wide(input)
    squares = _sum_of_neighbours(numbers.square(), size // 2, (size - 1) // 2)
    return (numbers * _power(squares.mul_(alpha / size).add_(k), -beta)).to(input.dtype)


def _power(base: Tensor, exponent: float) -> Tensor:
    # The usual exponent as two square roots: far cheaper than a general power.
    if exponent == -0.75:
        root = base.sqrt()
        return (root * root.sqrt()).reciprocal_()
    return base.pow(exponent)


def local_response_norm_backward(
    grad_output: Tensor,
    input: Tensor,
    size: int,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 1.0,
) -> Tensor:
    """Gradient of :func:`local_response_norm`: direct, and through the neighbours' denominators.

    Arguments as in the forward pass, after the gradient of the output. Returns a tensor shaped as
    ``input``.

    Raises:
        TypeError, ValueError: as :func:`local_response_norm`; also if ``grad_output`` is not shaped
            as the input.
    """
    layer = "local_response_norm_backward"
    _check_lrn(layer, input, size)
    check_tensors(layer, grad_output=grad_output, input=input)
    check_shape(layer, "grad_output", grad_output, input.shape, "the input's")
    before, after = size // 2, (size - 1) // 2
    numbers = wide(input)
    base = _sum_of_neighbours(numbers.square(), before, after).mul_(alpha / size).add_(k)
    direct = grad_output * _power(base, -beta)
    # Channel c stands in the sums of the channels that have it as a neighbour: the window turned.
    through = _sum_of_neighbours((direct * numbers).div_(base), after, before)
    return direct.addcmul_(numbers, through, value=-2 * alpha * beta / size).to(input.dtype)
