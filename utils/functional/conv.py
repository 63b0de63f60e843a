"""The convolutional layer, forward and backward.

What deep learning calls convolution is a cross-correlation: the filter is laid on the image as it
is, not flipped (Goodfellow, Bengio & Courville (2016), "Deep Learning", section 9.1).
"""

from typing import overload

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import (
    ConvGeometry,
    check_shape,
    check_tensors,
    conv_geometry,
    is_channels_last,
    is_half,
    shape,
)
from utils.functional.conv_depthwise import conv2d_depthwise
from utils.functional.conv_fft import conv2d_fft
from utils.functional.conv_im2col import (
    conv2d_im2col,
    grad_input_im2col,
    grad_weight_im2col,
)
from utils.functional.conv_winograd import (
    conv2d_winograd,
    grad_weight_winograd,
    output_tile,
)

__all__ = ["conv2d", "conv2d_backward"]

METHODS = ("auto", "naive", "im2col", "winograd", "fft")


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride=1,
    padding=0,
    dilation=1,
    groups: int = 1,
    *,
    method: str = "auto",
) -> Tensor:
    """Slide K filters over a batch of images; each output number is one dot product.

    ``output[n, k, i, j] = bias[k] + sum over c, u, v of
    input[n, c, i S + u D - P, j S + v D - P] * weight[k, c, u, v]``, with zeros outside.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image. C is the lecture's D1.
        weight: (K, C // groups, FH, FW): K filters.
        bias: (K,) or None.
        stride: S, pixels per step; an int or a pair (height, width), as are the next two.
        padding: P, zeros on each side; or ``"valid"`` (none) or ``"same"`` (the output is as large
            as the input; stride 1 only).
        dilation: D, distance between neighbouring elements of a filter.
        groups: the channels are split into so many groups; each filter sees one of them.
        method: ``"naive"`` (loops, to be read), ``"im2col"`` (a matrix product), ``"winograd"``
            (2x2 to 5x5, stride 1, dilation 1), ``"fft"``, or ``"auto"``, which picks a fast one.
            Winograd's method and the FFT add up pixels before they multiply, so with them an
            infinity or a NaN spreads over a tile, or over all. With the others, and with
            ``"auto"``, it stays in the outputs whose windows hold it.

    Returns:
        (N, K, H2, W2), or (K, H2, W2) for one image; see :func:`utils.sizing.conv_output_size`.
        Channels-last if the input is.

    Raises:
        TypeError: a tensor is not of floating dtype, dtypes differ, or a hyperparameter is not an
            integer.
        ValueError: shapes, devices or hyperparameters do not fit together, or the method cannot
            do this convolution.

    Source: the lecture's conv layer; arXiv:1603.07285 (sizes); method sources in their files.
    """
    check_tensors("conv2d", input=input, weight=weight, bias=bias)
    geometry = conv_geometry("conv2d", input, weight, stride, padding, dilation, groups)
    _check_method("conv2d", method)
    if bias is not None:
        check_shape("conv2d", "bias", bias, weight.shape[:1], "one number for each filter")
    if input.ndim == 3:
        return _forward(input.unsqueeze(0), weight, bias, geometry, method).squeeze(0)
    return _forward(input, weight, bias, geometry, method)


@overload
def conv2d_backward(
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor,
    stride=...,
    padding=...,
    dilation=...,
    groups: int = ...,
    *,
    method: str = ...,
) -> tuple[Tensor, Tensor, Tensor]: ...
@overload
def conv2d_backward(
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor,
    stride=...,
    padding=...,
    dilation=...,
    groups: int = ...,
    *,
    method: str = ...,
    output_mask: tuple[bool, bool, bool],
) -> tuple[Tensor | None, Tensor | None, Tensor | None]: ...
def conv2d_backward(
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor,
    stride=1,
    padding=0,
    dilation=1,
    groups: int = 1,
    *,
    method: str = "auto",
    output_mask: tuple[bool, bool, bool] = (True, True, True),
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """Gradients of :func:`conv2d` with respect to its input, weight and bias.

    Each output is a sum of products, so each factor's gradient is the sum, over all outputs that
    it took part in, of the output's gradient times the other factor.

    Args:
        grad_output: gradient of the loss with respect to the output, (N, K, H2, W2) or
            (K, H2, W2).
        input: as in the forward pass, as are all others.
        weight: (K, C // groups, FH, FW).
        stride: an int or a pair.
        padding: an int, a pair, ``"valid"`` or ``"same"``.
        dilation: an int or a pair.
        groups: the number of groups.
        method: as in the forward pass.
        output_mask: which of the three gradients are wanted; the others are None and cost nothing.

    Returns:
        ``(grad_input, grad_weight, grad_bias)``, shaped as input, weight and (K,).

    Raises:
        TypeError, ValueError: as :func:`conv2d`; also if ``grad_output`` is not shaped as the
            output.
    """
    layer = "conv2d_backward"
    check_tensors(layer, grad_output=grad_output, input=input, weight=weight)
    geometry = conv_geometry(layer, input, weight, stride, padding, dilation, groups)
    _check_method(layer, method)
    expected = (*input.shape[:-3], weight.shape[0], *geometry.output)
    reason = f"the output's, for input {shape(input)} and weight {shape(weight)}"
    check_shape(layer, "grad_output", grad_output, expected, reason)
    one_image = input.ndim == 3
    if one_image:
        grad_output, input = grad_output.unsqueeze(0), input.unsqueeze(0)
    grad_input = grad_weight = None
    if output_mask[0]:
        grad_input = _grad_input(grad_output, input, weight, geometry, method)
    if output_mask[1]:
        used = _fastest(input, weight, geometry) if method == "auto" else method
        compute = grad_weight_winograd if used == "winograd" else grad_weight_im2col
        grad_weight = compute(grad_output, input, weight, geometry)
        if method == "auto" and _may_be_spoilt(used, grad_weight):
            grad_weight = grad_weight_im2col(grad_output, input, weight, geometry)
    grad_bias = grad_output.sum(dim=(0, 2, 3)) if output_mask[2] else None
    if one_image and grad_input is not None:
        grad_input = grad_input.squeeze(0)
    return grad_input, grad_weight, grad_bias


def _check_method(layer: str, method: str) -> None:
    if method not in METHODS:
        raise ValueError(f"{layer}: method must be one of {METHODS}, but is {method!r}")


def _forward(
    input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, method: str
) -> Tensor:
    if automatic := method == "auto":
        method = _fastest(input, weight, geometry)
    layout = torch.channels_last if is_channels_last(input) else torch.contiguous_format
    size = (input.shape[0], weight.shape[0], *geometry.output)
    output = torch.empty(size, dtype=input.dtype, device=input.device, memory_format=layout)
    IMPLEMENTATIONS[method](input, weight, bias, geometry, output)
    if automatic and _may_be_spoilt(method, output):
        IMPLEMENTATIONS["im2col"](input, weight, bias, geometry, output)
    return output


def _may_be_spoilt(method: str, result: Tensor) -> bool:
    """Say whether a result may hold infinities or NaNs where the layer's definition has none.

    Winograd's method mixes the pixels of a tile: one that is infinite or NaN spoils all outputs of
    its tile, also those whose window does not hold it. The result is then computed again by im2col.
    """
    # A sum is not finite if one of its terms is not. If only the sum overflows, the second
    # computation is wasted, but not wrong.
    return method == "winograd" and not result.is_meta and not bool(result.sum().isfinite())


def _fastest(input: Tensor, weight: Tensor, geometry: ConvGeometry) -> str:
    """Choose the fastest method for these sizes, as measured by ``benchmarks/layers.py``."""
    groups, (size, other) = geometry.groups, geometry.kernel
    filters, channels = weight.shape[0], input.shape[1]
    if groups == channels > 1:
        return "depthwise"
    plain = geometry.stride == geometry.dilation == (1, 1) and groups == 1
    if plain and 3 <= size == other <= 5 and not is_half(input):
        # Enough tiles to pay for transforming the filters.
        tiles = len(input) * geometry.output[0] * geometry.output[1] // output_tile(geometry) ** 2
        if min(filters, channels) >= 32 and min(geometry.output) >= 12 and tiles >= 64:
            return "winograd"
    return "im2col"


def _naive(
    input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, output: Tensor
) -> None:
    """Compute one output number after the other, straight from the definition."""
    (height, width), (step_y, step_x), _, (spread_y, spread_x), groups, (rows, columns) = geometry
    filters, depth = weight.shape[:2]
    # 16-bit numbers are added up in 32 bits.
    dtype = torch.float32 if is_half(input) else input.dtype
    padded, weight = pad(input, geometry.padding).to(dtype), weight.to(dtype)
    for n in range(len(input)):
        for k in range(filters):
            first = k // (filters // groups) * depth  # this filter's first channel
            for i in range(rows):
                for j in range(columns):
                    total = padded.new_zeros(()) if bias is None else bias[k].to(dtype)
                    for u in range(height):
                        for v in range(width):
                            y, x = i * step_y + u * spread_y, j * step_x + v * spread_x
                            depths = padded[n, first : first + depth, y, x]
                            total = total + (depths * weight[k, :, u, v]).sum()
                    output[n, k, i, j] = total


IMPLEMENTATIONS = {
    "naive": _naive,
    "im2col": conv2d_im2col,
    "depthwise": conv2d_depthwise,
    "winograd": conv2d_winograd,
    "fft": conv2d_fft,
}


def _grad_input(
    grad_output: Tensor, input: Tensor, weight: Tensor, geometry: ConvGeometry, method: str
) -> Tensor:
    kernel, stride, padding, dilation, groups, _output = geometry
    if stride != (1, 1):
        return grad_input_im2col(grad_output, input, weight, geometry)
    # Every input pixel looks back at the outputs that used it: a convolution with the filter
    # turned by 180 degrees, its two depths swapped.
    filters, depth = weight.shape[:2]
    turned = weight.reshape(groups, filters // groups, depth, *kernel).flip(3, 4)
    turned = turned.transpose(1, 2).reshape(groups * depth, filters // groups, *kernel)
    # What the padding added is cut off again: a negative pad.
    down, across = (d * (k - 1) for d, k in zip(dilation, kernel, strict=True))
    left, right, top, bottom = padding
    around = (across - left, across - right, down - top, down - bottom)
    size = (input.shape[2], input.shape[3])
    back = ConvGeometry(kernel, stride, around, dilation, groups, size)
    return _forward(grad_output, turned, None, back, method)
