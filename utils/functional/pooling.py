"""Pooling layers: a window is replaced by its maximum or by its mean.

Source: the lecture's pooling slides; LeCun et al. (1998), "Gradient-based learning applied to
document recognition", section II.B (averages); Krizhevsky, Sutskever & Hinton (2012), section 3.4
(overlapping maxima).
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import Pair, check_shape, check_tensors, integers, shape

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_backward",
    "avg_pool2d",
    "avg_pool2d_backward",
    "max_pool2d",
    "max_pool2d_backward",
]


class PoolGeometry(NamedTuple):
    """A pooling layer's hyperparameters, read: every pair is (height, width)."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    output: Pair
    reach: Pair  # rows and columns of the padded image that some window covers


def _output_size(size, kernel, stride, padding, dilation, ceil_mode) -> int:
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    output = (-(-room // stride) if ceil_mode else room // stride) + 1
    # A last window that begins in the right padding would see no pixel at all.
    if ceil_mode and (output - 1) * stride >= size + padding:
        output -= 1
    return output if room >= 0 else 0


def _geometry(layer, input, kernel_size, stride, padding, dilation, ceil_mode) -> PoolGeometry:
    check_tensors(layer, input=input)
    if input.ndim not in (3, 4):
        raise ValueError(
            f"{layer}: the input must be (N, C, H, W), or (C, H, W) for one image; "
            f"got shape {shape(input)}"
        )
    kernel = integers(layer, "kernel_size", kernel_size, 1)
    stride = kernel if stride is None else integers(layer, "stride", stride, 1)
    padding = integers(layer, "padding", padding, 0)
    dilation = integers(layer, "dilation", dilation, 1)
    spans = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
    if any(2 * p > span for p, span in zip(padding, spans, strict=True)):
        raise ValueError(
            f"{layer}: padding {padding} is more than half of what a window spans, {spans}; "
            "some windows would see no pixel"
        )
    axes = zip(input.shape[-2:], kernel, stride, padding, dilation, strict=True)
    output = tuple(_output_size(*axis, ceil_mode) for axis in axes)
    if min(output) < 1:
        raise ValueError(
            f"{layer}: the window does not fit: it spans {spans}, but the input of shape "
            f"{shape(input)} padded by {padding} has only "
            f"{tuple(n + 2 * p for n, p in zip(input.shape[-2:], padding, strict=True))}"
        )
    reach = tuple((o - 1) * s + n for o, s, n in zip(output, stride, spans, strict=True))
    return PoolGeometry(kernel, stride, padding, dilation, output, reach)


def _pad(input: Tensor, geometry: PoolGeometry, value: float) -> Tensor:
    """Pad so that every window is whole; cut off what no window reaches."""
    (top, left), (height, width) = geometry.padding, input.shape[-2:]
    bottom, right = geometry.reach[0] - top - height, geometry.reach[1] - left - width
    if (top, left, bottom, right) == (0, 0, 0, 0):
        return input
    return pad(input, (left, right, top, bottom), value=value)


def _taps(tensor: Tensor, geometry: PoolGeometry, axis: int) -> list[Tensor]:
    """Views of a padded tensor along one axis, one for each element of the window."""
    place = axis - 2
    steps, stride = geometry.output[axis], geometry.stride[axis]
    starts = [i * geometry.dilation[axis] for i in range(geometry.kernel[axis])]
    index = [slice(None)] * tensor.ndim
    views = []
    for start in starts:
        index[place] = slice(start, start + (steps - 1) * stride + 1, stride)
        views.append(tensor[tuple(index)])
    return views


def _running(combine, views: list[Tensor]) -> Tensor:
    result = views[0].clone()
    for view in views[1:]:
        combine(result, view, out=result)
    return result


def _window_views(padded: Tensor, geometry: PoolGeometry):
    """Views of a padded tensor, one for each element of the window, row by row."""
    for rows in _taps(padded, geometry, 0):
        yield from _taps(rows, geometry, 1)


def max_pool2d(
    input: Tensor,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode: bool = False,
    return_indices: bool = False,
):
    """Replace each window by its largest number.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        kernel_size: extent of the window, F; an int or a pair (height, width), as are the next.
        stride: pixels per step, S; None means ``kernel_size``, so that windows do not overlap.
        padding: border on each side, of minus infinity; at most half a window.
        dilation: distance between neighbouring elements of a window.
        ceil_mode: round the output size up, so that the last pixels are seen too.
        return_indices: also return where each maximum stood, as flat indices into (H, W).

    Returns:
        (N, C, H2, W2) or (C, H2, W2) with ``H2 = (H - F + 2 P) / S + 1``, rounded down; and the
        indices (int64), if asked for. NaN counts as largest.

    Raises:
        TypeError, ValueError: the tensor or a hyperparameter is not as above.
    """
    arguments = (kernel_size, stride, padding, dilation, ceil_mode)
    geometry = _geometry("max_pool2d", input, *arguments)
    padded = _pad(input, geometry, float("-inf"))
    if return_indices:
        return _max_with_indices(padded, input.shape[-1], geometry)
    # The maximum over a window is that of its rows' maxima: F + F comparisons in place of F * F.
    rows = _running(torch.maximum, _taps(padded, geometry, 0))
    return _running(torch.maximum, _taps(rows, geometry, 1))


def _max_with_indices(padded: Tensor, width: int, geometry: PoolGeometry) -> tuple[Tensor, Tensor]:
    top, left = geometry.padding
    places = torch.arange(padded.shape[-2] * padded.shape[-1], device=padded.device)
    rows, columns = places // padded.shape[-1] - top, places % padded.shape[-1] - left
    inside = (rows >= 0) & (columns >= 0)
    flat = (rows * width + columns).where(inside, -1).view(1, *padded.shape[-2:])
    best = index = None
    for numbers, place in zip(
        _window_views(padded, geometry), _window_views(flat, geometry), strict=True
    ):
        place = place.expand(numbers.shape)
        if best is None:
            best, index = numbers.clone(), place.clone()
        else:
            # The first of equal numbers stays; a place in the padding gives way to any pixel.
            better = (numbers > best) | numbers.isnan() | (index < 0) & (place >= 0)
            best, index = numbers.where(better, best), place.where(better, index)
    return best, index


def max_pool2d_backward(
    grad_output: Tensor,
    input: Tensor,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode: bool = False,
) -> Tensor:
    """Gradient of :func:`max_pool2d`: each window's gradient goes to its winner alone.

    Of equal numbers the first wins, row by row. Where windows overlap, a pixel that wins in several
    adds up what it gets.

    Args:
        grad_output: gradient of the loss with respect to the output.
        input: as in the forward pass, as are all others.
        kernel_size: an int or a pair.
        stride: an int, a pair or None.
        padding: an int or a pair.
        dilation: an int or a pair.
        ceil_mode: as in the forward pass.

    Returns:
        A tensor shaped as ``input``.

    Raises:
        TypeError, ValueError: as :func:`max_pool2d`; also if ``grad_output`` is not shaped as the
            output.
    """
    layer, arguments = "max_pool2d_backward", (kernel_size, stride, padding, dilation, ceil_mode)
    geometry = _geometry(layer, input, *arguments)
    _check_grad(layer, grad_output, input, geometry)
    padded = _pad(input, geometry, float("-inf"))
    rows = _running(torch.maximum, _taps(padded, geometry, 0))
    best = _running(torch.maximum, _taps(rows, geometry, 1))
    gradient = torch.zeros_like(padded)
    remaining = grad_output.clone()
    for numbers, target in zip(
        _window_views(padded, geometry), _window_views(gradient, geometry), strict=True
    ):
        # What a winner took is no longer there for those after it.
        taken = remaining * (numbers == best)
        target += taken
        remaining -= taken
    return _cut(gradient, input, geometry)


def _check_grad(layer: str, grad_output: Tensor, input: Tensor, geometry: PoolGeometry) -> None:
    check_tensors(layer, grad_output=grad_output, input=input)
    expected = (*input.shape[:-2], *geometry.output)
    check_shape(layer, "grad_output", grad_output, expected, f"the output's for {shape(input)}")


def _cut(gradient: Tensor, input: Tensor, geometry: PoolGeometry) -> Tensor:
    """Cut the padding off again; pixels that no window reached have no gradient."""
    (top, left), (height, width) = geometry.padding, input.shape[-2:]
    bottom, right = geometry.reach[0] - top - height, geometry.reach[1] - left - width
    if (top, left, bottom, right) == (0, 0, 0, 0):
        return gradient
    return pad(gradient, (-left, -right, -top, -bottom))


def _divisors(input: Tensor, geometry: PoolGeometry, count_include_pad: bool) -> Tensor:
    """How many numbers each window's mean is over: (H2, W2)."""
    counts = []
    for axis in (0, 1):
        size, kernel = input.shape[axis - 2], geometry.kernel[axis]
        padding = geometry.padding[axis]
        starts = torch.arange(geometry.output[axis]) * geometry.stride[axis] - padding
        ends = (starts + kernel).clamp(max=size + padding)
        if not count_include_pad:
            starts, ends = starts.clamp(min=0), ends.clamp(max=size)
        counts.append(ends - starts)
    return (counts[0][:, None] * counts[1]).to(input.device, input.dtype)


def _divisor(layer, input, geometry, count_include_pad, divisor_override):
    if divisor_override is None:
        return _divisors(input, geometry, count_include_pad)
    if isinstance(divisor_override, bool) or not isinstance(divisor_override, int):
        raise TypeError(f"{layer}: divisor_override must be an int, but is {divisor_override!r}")
    if divisor_override == 0:
        raise ValueError(f"{layer}: divisor_override must not be 0")
    return divisor_override


def avg_pool2d(
    input: Tensor,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Replace each window by its mean.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        kernel_size: extent of the window; an int or a pair (height, width), as are the next two.
        stride: pixels per step; None means ``kernel_size``.
        padding: border of zeros on each side; at most half a window.
        ceil_mode: round the output size up.
        count_include_pad: whether zeros of the padding count as numbers of the window.
        divisor_override: divide the sum by this instead of by the count.

    Returns:
        (N, C, H2, W2) or (C, H2, W2).

    Raises:
        TypeError, ValueError: the tensor or a hyperparameter is not as above.
    """
    layer = "avg_pool2d"
    geometry = _geometry(layer, input, kernel_size, stride, padding, 1, ceil_mode)
    divisor = _divisor(layer, input, geometry, count_include_pad, divisor_override)
    padded = _pad(input, geometry, 0.0)
    rows = _running(torch.add, _taps(padded, geometry, 0))
    return _running(torch.add, _taps(rows, geometry, 1)) / divisor


def avg_pool2d_backward(
    grad_output: Tensor,
    input: Tensor,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Gradient of :func:`avg_pool2d`: each window's gradient is shared evenly by its pixels.

    Arguments as in the forward pass, behind the gradient of the output. Returns a tensor shaped as
    ``input``.

    Raises:
        TypeError, ValueError: as :func:`avg_pool2d`; also if ``grad_output`` is not shaped as the
            output.
    """
    layer = "avg_pool2d_backward"
    geometry = _geometry(layer, input, kernel_size, stride, padding, 1, ceil_mode)
    _check_grad(layer, grad_output, input, geometry)
    share = grad_output / _divisor(layer, input, geometry, count_include_pad, divisor_override)
    rows = share.new_zeros(*share.shape[:-1], geometry.reach[1])
    for target in _taps(rows, geometry, 1):
        target += share
    gradient = share.new_zeros(*share.shape[:-2], *geometry.reach)
    for target in _taps(gradient, geometry, 0):
        target += rows
    return _cut(gradient, input, geometry)


def _means(size: int, outputs: int, like: Tensor) -> Tensor:
    """Matrix (outputs, size) that takes the mean of each of ``outputs`` nearly equal parts."""
    matrix = torch.zeros(outputs, size)
    for i in range(outputs):
        first, end = i * size // outputs, -(-(i + 1) * size // outputs)
        matrix[i, first:end] = 1 / (end - first)
    return matrix.to(like.device, like.dtype)


def _adaptive(layer: str, input: Tensor, output_size) -> tuple[Tensor, Tensor]:
    check_tensors(layer, input=input)
    if input.ndim not in (3, 4) or 0 in input.shape[-2:]:
        raise ValueError(
            f"{layer}: the input must be (N, C, H, W) or (C, H, W) with at least one pixel; "
            f"got shape {shape(input)}"
        )
    sizes = output_size if isinstance(output_size, tuple | list) else (output_size, output_size)
    sizes = tuple(n if o is None else o for n, o in zip(input.shape[-2:], sizes, strict=False))
    rows, columns = integers(layer, "output_size", sizes, 1)
    return _means(input.shape[-2], rows, input), _means(input.shape[-1], columns, input)


def adaptive_avg_pool2d(input: Tensor, output_size) -> Tensor:
    """Cut an image into ``output_size`` nearly equal parts, and take the mean of each.

    With output size 1 this is global average pooling (Lin, Chen & Yan (2014), "Network in
    network", arXiv:1312.4400, section 3.2), with which ResNet ends.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        output_size: an int or a pair (height, width); None keeps the input's.

    Returns:
        (N, C, *output_size) or (C, *output_size).

    Raises:
        TypeError, ValueError: the tensor or the size is not as above.
    """
    # A mean along rows, then along columns: two matrix products.
    rows, columns = _adaptive("adaptive_avg_pool2d", input, output_size)
    return rows @ (input @ columns.mT)


def adaptive_avg_pool2d_backward(grad_output: Tensor, input: Tensor, output_size) -> Tensor:
    """Gradient of :func:`adaptive_avg_pool2d`: each part's gradient is shared by its pixels.

    Raises:
        TypeError, ValueError: as :func:`adaptive_avg_pool2d`; also if ``grad_output`` is not shaped
            as the output.
    """
    layer = "adaptive_avg_pool2d_backward"
    rows, columns = _adaptive(layer, input, output_size)
    check_tensors(layer, grad_output=grad_output, input=input)
    expected = (*input.shape[:-2], len(rows), len(columns))
    check_shape(layer, "grad_output", grad_output, expected, f"the output's for {shape(input)}")
    return rows.mT @ (grad_output @ columns)
