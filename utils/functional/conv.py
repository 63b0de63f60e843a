"""The convolutional layer, forward and backward.

What deep learning calls convolution is a cross-correlation: the filter is laid on the image as it
is, not flipped (Goodfellow, Bengio & Courville (2016), "Deep Learning", section 9.1).
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import (
    ConvGeometry,
    check_shape,
    check_tensors,
    conv_geometry,
    is_half,
    shape,
)
from utils.functional.conv_fft import conv2d_fft
from utils.functional.conv_winograd import conv2d_winograd

__all__ = ["conv2d", "conv2d_backward"]

METHODS = ("auto", "naive", "im2col", "winograd", "fft")
# Windows are copied out a few rows at a time: a block this large stays in the processor's cache.
BLOCK_BYTES = 4 * 2**20


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
            (3x3, stride 1, dilation 1), ``"fft"``, or ``"auto"``, which picks a fast one.

    Returns:
        (N, K, H2, W2), or (K, H2, W2) for one image; see :func:`utils.sizing.conv_output_size`.

    Raises:
        TypeError: a tensor is not of floating dtype, dtypes differ, or a hyperparameter is not an
            integer.
        ValueError: shapes, devices or hyperparameters do not fit together, or the method cannot
            do this convolution.

    Source: the lecture's conv layer; arXiv:1603.07285 (sizes); method sources in their files.
    """
    check_tensors("conv2d", input=input, weight=weight, bias=bias)
    geometry = conv_geometry("conv2d", input, weight, stride, padding, dilation, groups)
    if bias is not None:
        check_shape("conv2d", "bias", bias, weight.shape[:1], "one number for each filter")
    if method not in METHODS:
        raise ValueError(f"conv2d: method must be one of {METHODS}, but is {method!r}")
    if input.ndim == 3:
        output = _forward(input.unsqueeze(0), weight, geometry, method).squeeze(0)
    else:
        output = _forward(input, weight, geometry, method)
    return output if bias is None else output + bias.view(-1, 1, 1)


def conv2d_backward(
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor,
    stride=1,
    padding=0,
    dilation=1,
    groups: int = 1,
    *,
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
    expected = (*input.shape[:-3], weight.shape[0], *geometry.output)
    reason = f"the output's, for input {shape(input)} and weight {shape(weight)}"
    check_shape(layer, "grad_output", grad_output, expected, reason)
    one_image = input.ndim == 3
    if one_image:
        grad_output, input = grad_output.unsqueeze(0), input.unsqueeze(0)
    grad_input = _grad_input(grad_output, input, weight, geometry) if output_mask[0] else None
    grad_weight = _grad_weight(grad_output, input, weight, geometry) if output_mask[1] else None
    grad_bias = grad_output.sum(dim=(0, 2, 3)) if output_mask[2] else None
    if one_image and grad_input is not None:
        grad_input = grad_input.squeeze(0)
    return grad_input, grad_weight, grad_bias


def _forward(input: Tensor, weight: Tensor, geometry: ConvGeometry, method: str) -> Tensor:
    if method == "auto":
        method = _fastest(input, weight, geometry)
    padded = pad(input, geometry.padding) if any(geometry.padding) else input
    if method == "winograd":
        return conv2d_winograd(padded, weight, geometry)
    if method == "fft":
        return conv2d_fft(padded, weight, geometry)
    return (_naive if method == "naive" else _im2col)(padded, weight, geometry)


def _fastest(input: Tensor, weight: Tensor, geometry: ConvGeometry) -> str:
    """Measured with ``benchmarks/conv.py``: Winograd pays where its products are large enough."""
    plain = geometry.stride == geometry.dilation == (1, 1) and geometry.groups == 1
    filters, channels = weight.shape[:2]
    if plain and geometry.kernel == (3, 3) and not is_half(input):
        rows, columns = geometry.output
        if min(filters, channels) >= 32 and min(rows, columns) >= 12:
            return "winograd"
    return "im2col"


def _naive(padded: Tensor, weight: Tensor, geometry: ConvGeometry) -> Tensor:
    """One output number at a time, as the definition says."""
    (height, width), (step_y, step_x), _, (spread_y, spread_x), groups, (rows, columns) = geometry
    filters, depth = weight.shape[:2]
    output = padded.new_zeros(len(padded), filters, rows, columns)
    for n in range(len(padded)):
        for k in range(filters):
            first = k // (filters // groups) * depth  # this filter's first channel
            for i in range(rows):
                for j in range(columns):
                    top, left = i * step_y, j * step_x
                    window = padded[
                        n,
                        first : first + depth,
                        top : top + spread_y * (height - 1) + 1 : spread_y,
                        left : left + spread_x * (width - 1) + 1 : spread_x,
                    ]
                    output[n, k, i, j] = (window * weight[k]).sum()
    return output


def windows(padded: Tensor, geometry: ConvGeometry) -> Tensor:
    """All windows of an image as a view, without a copy: (N, C, FH, FW, H2, W2).

    Only the strides change: moving by one output pixel moves by S input pixels, and moving by one
    filter element by D.
    """
    (step_y, step_x), (spread_y, spread_x) = geometry.stride, geometry.dilation
    batch, channel, y, x = padded.stride()
    size = (*padded.shape[:2], *geometry.kernel, *geometry.output)
    strides = (batch, channel, y * spread_y, x * spread_x, y * step_y, x * step_x)
    return padded.as_strided(size, strides, padded.storage_offset())


def _blocks(padded: Tensor, geometry: ConvGeometry):
    """Cut a batch into (images, output rows) whose windows fit into ``BLOCK_BYTES``."""
    rows, columns = geometry.output
    taps = padded.shape[1] * geometry.kernel[0] * geometry.kernel[1]
    row_bytes = taps * columns * padded.element_size()
    images = max(1, BLOCK_BYTES // (row_bytes * rows))
    step = rows if images > 1 else max(1, BLOCK_BYTES // row_bytes)
    for image in range(0, len(padded), images):
        for row in range(0, rows, step):
            yield slice(image, image + images), slice(row, row + step)


def _im2col(padded: Tensor, weight: Tensor, geometry: ConvGeometry) -> Tensor:
    """Each window becomes a column; then all dot products are one matrix product.

    Source: Chellapilla, Puri & Simard (2006), "High performance convolutional neural networks for
    document processing", section 2.
    """
    groups, filters = geometry.groups, weight.shape[0]
    matrix = weight.reshape(groups, filters // groups, -1)
    output = padded.new_empty(len(padded), filters, *geometry.output)
    view = windows(padded, geometry)
    for images, rows in _blocks(padded, geometry):
        block = view[images, ..., rows, :]
        columns = block.reshape(len(block), groups, matrix.shape[2], -1)
        output[images, :, rows] = (matrix @ columns).view(
            len(block), filters, -1, geometry.output[1]
        )
    return output


def _grad_weight(
    grad_output: Tensor, input: Tensor, weight: Tensor, geometry: ConvGeometry
) -> Tensor:
    """``sum of grad_output * window`` over all windows: a matrix product of the same columns."""
    groups, filters = geometry.groups, weight.shape[0]
    padded = pad(input, geometry.padding) if any(geometry.padding) else input
    # A long sum of 16-bit numbers is kept in 32 bits.
    dtype = torch.float32 if is_half(weight) else weight.dtype
    taps = weight[0].numel()
    total = weight.new_zeros(groups, filters // groups, taps, dtype=dtype)
    view = windows(padded, geometry)
    for images, rows in _blocks(padded, geometry):
        block = view[images, ..., rows, :]
        columns = block.reshape(len(block), groups, taps, -1)
        left = grad_output[images, :, rows].reshape(len(block), groups, filters // groups, -1)
        total += torch.einsum("ngkl,ngtl->gkt", left, columns)
    return total.to(weight.dtype).view_as(weight)


def _grad_input(
    grad_output: Tensor, input: Tensor, weight: Tensor, geometry: ConvGeometry
) -> Tensor:
    kernel, stride, padding, dilation, groups, _output = geometry
    left, right, top, bottom = padding
    height, width = input.shape[2] + top + bottom, input.shape[3] + left + right
    filters, depth = weight.shape[:2]
    if stride == (1, 1):
        # Every input pixel looks back at the outputs that used it: a convolution with the filter
        # turned by 180 degrees, its two depths swapped.
        turned = weight.view(groups, filters // groups, depth, *kernel).flip(3, 4)
        turned = turned.transpose(1, 2).reshape(groups * depth, filters // groups, *kernel)
        reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        around = (reach[1], reach[1], reach[0], reach[0])
        back = ConvGeometry(kernel, stride, around, dilation, groups, (height, width))
        padded = _forward(grad_output, turned, back, "auto")
    else:
        padded = _scatter(grad_output, weight, geometry, (height, width))
    return padded[..., top : height - bottom, left : width - right].contiguous()


def _scatter(grad_output: Tensor, weight: Tensor, geometry: ConvGeometry, size) -> Tensor:
    """Add each output's gradient, times the filter, back onto the window it came from.

    One element of the filter at a time: it touches every S-th pixel, so no two outputs meet.
    """
    kernel, (step_y, step_x), _, (spread_y, spread_x), groups, (rows, columns) = geometry
    batch, filters = grad_output.shape[:2]
    depth = weight.shape[1]
    matrix = weight.view(groups, filters // groups, depth, *kernel)
    gradient = grad_output.reshape(batch, groups, filters // groups, rows * columns)
    # Contributions overlap: 16-bit numbers are added in 32 bits.
    dtype = torch.float32 if is_half(weight) else weight.dtype
    padded = grad_output.new_zeros(batch, groups * depth, *size, dtype=dtype)
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            part = matrix[..., u, v].mT @ gradient
            top, left = u * spread_y, v * spread_x
            padded[
                :,
                :,
                top : top + step_y * (rows - 1) + 1 : step_y,
                left : left + step_x * (columns - 1) + 1 : step_x,
            ] += part.view(batch, groups * depth, rows, columns)
    return padded.to(grad_output.dtype)
