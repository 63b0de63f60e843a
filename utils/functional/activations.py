"""Non-linearities, applied to each number by itself."""

import torch
from torch import Tensor

from utils.functional.arguments import check_shape, check_tensors, shape, wide

__all__ = [
    "prelu",
    "prelu_backward",
    "relu",
    "relu6",
    "relu6_backward",
    "relu_backward",
    "tanh",
    "tanh_backward",
]


def relu(input: Tensor) -> Tensor:
    """Rectified linear unit, ``max(0, x)``, of a tensor of any shape.

    Source: Nair & Hinton (2010), "Rectified linear units improve restricted Boltzmann machines".
    """
    return input.clamp(min=0)


def relu_backward(grad_output: Tensor, input: Tensor) -> Tensor:
    """Gradient of :func:`relu`: what comes back passes where the input was above zero.

    At exactly zero, where ReLU has a kink, the gradient is taken as 0, as torch does.

    Raises:
        ValueError: the two tensors have different shapes.
    """
    check_shape("relu_backward", "grad_output", grad_output, input.shape, "the input's")
    # Where the input is at most zero, what came is taken away. A mask of the gradient's own dtype
    # and one fused step are several times faster than a boolean mask.
    stopped = torch.le(input.detach(), 0, out=torch.empty_like(input, requires_grad=False))
    return torch.addcmul(grad_output, grad_output, stopped, value=-1)


def relu6(input: Tensor) -> Tensor:
    """ReLU that stops at 6, ``min(max(0, x), 6)``, of a tensor of any shape.

    Its outputs lie in a known range, so that few bits suffice for them.

    Source: Krizhevsky (2010), "Convolutional deep belief networks on CIFAR-10"; Sandler et al.
    (2018), "MobileNetV2", arXiv:1801.04381, section 4.
    """
    return input.clamp(0, 6)


def relu6_backward(grad_output: Tensor, input: Tensor) -> Tensor:
    """Gradient of :func:`relu6`: what comes back passes where the input was between 0 and 6.

    At the two kinks the gradient is taken as 0, as torch does.

    Raises:
        ValueError: the two tensors have different shapes.
    """
    check_shape("relu6_backward", "grad_output", grad_output, input.shape, "the input's")
    return grad_output.masked_fill((input <= 0) | (input >= 6), 0)


def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent of a tensor of any shape: from -1 to 1, flat at both ends."""
    return torch.tanh(input)


def tanh_backward(grad_output: Tensor, input: Tensor) -> Tensor:
    """Gradient of :func:`tanh`: ``1 - tanh(x) ** 2`` of what comes back; next to none at the ends.

    Raises:
        ValueError: the two tensors have different shapes.
    """
    check_shape("tanh_backward", "grad_output", grad_output, input.shape, "the input's")
    return grad_output * (1 - torch.tanh(input).square())


def _slopes(layer: str, input: Tensor, weight: Tensor) -> Tensor:
    """The slopes in the shape that broadcasts over the input."""
    check_tensors(layer, input=input, weight=weight)
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.numel() not in (1, channels):
        raise ValueError(
            f"{layer}: the weight must be one slope, or one for each of {channels} channels, but "
            f"has shape {shape(weight)}; the input has shape {shape(input)}"
        )
    return weight.view(-1, *[1] * (input.ndim - 2)) if input.ndim > 1 else weight


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Parametric ReLU: x above zero, ``weight * x`` below, with a slope that is learnt.

    Args:
        input: (N, C, ...) or (N,).
        weight: the slope: one number, or (C,).

    Returns:
        A tensor shaped as ``input``.

    Raises:
        TypeError, ValueError: the tensors do not fit together.

    Source: He et al. (2015), arXiv:1502.01852, section 2.1.
    """
    slopes = _slopes("prelu", input, weight)
    return torch.addcmul(input.clamp(min=0), input.clamp(max=0), slopes)


def prelu_backward(grad_output: Tensor, input: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of :func:`prelu` with respect to its input and its slopes.

    Returns:
        ``(grad_input, grad_weight)``, shaped as input and weight.

    Raises:
        TypeError, ValueError: the tensors do not fit together.
    """
    slopes = _slopes("prelu_backward", input, weight)
    check_shape("prelu_backward", "grad_output", grad_output, input.shape, "the input's")
    above = relu_backward(grad_output, input)
    grad_input = torch.addcmul(above, grad_output - above, slopes)
    below = wide(grad_output) * input.clamp(max=0)
    dims = None if weight.numel() == 1 else [0, *range(2, input.ndim)]
    return grad_input, below.sum(dim=dims).to(weight.dtype).view(weight.shape)
