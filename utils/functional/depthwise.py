"""Depthwise convolution: each filter sees one channel, and no channel meets another."""

from torch import Tensor

from utils.functional.conv import conv2d, conv2d_backward

__all__ = ["depthwise_conv2d", "depthwise_conv2d_backward"]


def depthwise_conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1
) -> Tensor:
    """Convolve each channel with a filter of its own: :func:`conv2d` in as many groups as channels.

    It costs ``F * F`` multiply-adds for each output number, where a conv layer costs
    ``F * F * D1``; a 1x1 conv layer then mixes the channels.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        weight: (C, 1, FH, FW); (m C, 1, FH, FW) gives each channel m filters.
        bias: one number for each filter, or None.
        stride: an int or a pair (height, width).
        padding: an int, a pair, ``"valid"`` or ``"same"``.
        dilation: an int or a pair.

    Returns:
        (N, m C, H2, W2), or the same without N.

    Raises:
        TypeError, ValueError: as :func:`conv2d`.

    Source: Howard et al. (2017), "MobileNets", arXiv:1704.04861, section 3.1.
    """
    return conv2d(input, weight, bias, stride, padding, dilation, groups=input.shape[-3])


def depthwise_conv2d_backward(
    grad_output: Tensor, input: Tensor, weight: Tensor, stride=1, padding=0, dilation=1
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of :func:`depthwise_conv2d` with respect to its input, weight and bias.

    Returns:
        ``(grad_input, grad_weight, grad_bias)``, shaped as input, weight and (m C,).

    Raises:
        TypeError, ValueError: as :func:`conv2d_backward`.
    """
    groups = input.shape[-3]
    return conv2d_backward(grad_output, input, weight, stride, padding, dilation, groups)
