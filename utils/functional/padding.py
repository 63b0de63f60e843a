"""Zeros around an image, as many as one likes on each side."""

from torch import Tensor
from torch.nn import functional

from utils.functional.arguments import check_shape, check_tensors, is_int, shape

__all__ = ["pad", "pad_backward"]

Sides = tuple[int, int, int, int]


def _sides(layer: str, input: Tensor, pad) -> Sides:
    sides = tuple(pad) if isinstance(pad, tuple | list) else (pad,)
    if len(sides) != 4 or not all(is_int(side) for side in sides):
        raise TypeError(
            f"{layer}: pad must be four integers (left, right, top, bottom), but is {pad!r}"
        )
    if min(sides) < 0:
        raise ValueError(f"{layer}: pad must not be negative, but is {pad!r}")
    if input.ndim not in (3, 4):
        raise ValueError(
            f"{layer}: the input must be (N, C, H, W), or (C, H, W) for one image, but has shape "
            f"{shape(input)}"
        )
    return sides


def pad(input: Tensor, pad: Sides) -> Tensor:
    """Surround images with zeros.

    A conv layer pads all sides alike. TensorFlow's *SAME* does not: with stride 2 and an even size
    it adds one row or column less above and left than below and right. Networks that were trained
    so need it so.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        pad: zeros on each side in pixels, (left, right, top, bottom).

    Returns:
        (N, C, top + H + bottom, left + W + right), or the same without N.

    Raises:
        TypeError: ``pad`` is not four integers, or the input is not of floating dtype.
        ValueError: one of them is negative, or the input has another number of axes.
    """
    check_tensors("pad", input=input)
    return functional.pad(input, _sides("pad", input, pad))


def pad_backward(grad_output: Tensor, input: Tensor, pad: Sides) -> Tensor:
    """Gradient of :func:`pad`: what comes back, without its rim.

    Raises:
        TypeError, ValueError: as :func:`pad`; also if ``grad_output`` is not shaped as the output.
    """
    layer = "pad_backward"
    check_tensors(layer, grad_output=grad_output, input=input)
    left, right, top, bottom = _sides(layer, input, pad)
    height, width = input.shape[-2:]
    expected = (*input.shape[:-2], top + height + bottom, left + width + right)
    check_shape(layer, "grad_output", grad_output, expected, "the output's")
    return grad_output[..., top : top + height, left : left + width]
