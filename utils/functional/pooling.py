"""Pooling layers: a window is replaced by its maximum or by its mean.

Source: the lecture's pooling slides; LeCun et al. (1998), "Gradient-based learning applied to
document recognition", section II.B (averages); Krizhevsky, Sutskever & Hinton (2012), section 3.4
(overlapping maxima).
"""

import torch
from torch import Tensor

from utils.functional.arguments import (
    check_shape,
    check_tensors,
    integers,
    is_channels_last,
    is_int,
    shape,
    wide,
)
from utils.functional.pooling_windows import (
    PoolGeometry,
    blocks,
    check_grad,
    cut_padding,
    padded_for,
    pool_geometry,
    running,
    taps,
    window_views,
    working_dtype,
)

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_backward",
    "avg_pool2d",
    "avg_pool2d_backward",
    "max_pool2d",
    "max_pool2d_backward",
]


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
    geometry = pool_geometry("max_pool2d", input, *arguments)
    padded = padded_for(input, geometry, float("-inf"))
    if return_indices:
        return _max_with_indices(padded, input.shape[-1], geometry)
    # The maximum over a window is that of its rows' maxima: F + F comparisons in place of F * F.
    rows = running(torch.maximum, taps(padded, geometry, 0))
    return running(torch.maximum, taps(rows, geometry, 1))


def _max_with_indices(padded: Tensor, width: int, geometry: PoolGeometry) -> tuple[Tensor, Tensor]:
    top, left = geometry.padding
    places = torch.arange(padded.shape[-2] * padded.shape[-1], device=padded.device)
    rows, columns = places // padded.shape[-1] - top, places % padded.shape[-1] - left
    inside = (rows >= 0) & (columns >= 0)
    flat = (rows * width + columns).where(inside, -1).view(1, *padded.shape[-2:])
    views = zip(window_views(padded, geometry), window_views(flat, geometry), strict=True)
    numbers, place = next(views)
    best, index = numbers.clone(), place.expand(numbers.shape).clone()
    for numbers, place in views:
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
    geometry = pool_geometry(layer, input, *arguments)
    check_grad(layer, grad_output, input, geometry)
    # Images, or single channels of them, are worked on one after the other.
    apart = is_channels_last(input)
    images, grads = (t if apart else t.reshape(-1, *t.shape[-2:]) for t in (input, grad_output))
    gradient = torch.empty_like(images, requires_grad=False)
    for part in blocks(images):
        gradient[part] = _to_winners(grads[part], images[part], geometry)
    return gradient.view_as(input)


def _to_winners(grad_output: Tensor, input: Tensor, geometry: PoolGeometry) -> Tensor:
    padded = padded_for(input, geometry, float("-inf"))
    step = geometry.stride[1]
    apart = [padded[..., first::step] for first in range(step)]
    gradient = torch.zeros_like(padded, dtype=working_dtype(input), requires_grad=False)
    places = [gradient[..., first::step] for first in range(step)]
    if step == 1 or is_channels_last(padded):
        sums = places
    else:
        # Neighbouring windows see pixels S apart: with the columns sorted by their remainder, all
        # that follows works on runs of memory.
        apart = [part.contiguous() for part in apart]
        sums = [torch.zeros_like(part, dtype=gradient.dtype) for part in apart]
    numbers, targets = _column_taps(apart, geometry), _column_taps(sums, geometry)
    best = running(torch.maximum, taps(running(torch.maximum, numbers), geometry, 0))
    if best.numel() and not best.amin() > float("-inf"):
        # Nothing equals a NaN, and the padding equals minus infinity: the slow, sure way.
        return _to_places(grad_output, input, padded, geometry)
    remaining = grad_output.to(gradient.dtype, copy=True)
    taken = torch.empty_like(remaining)
    for row in range(geometry.kernel[0]):
        for number, target in zip(numbers, targets, strict=True):
            # What a winner took is no longer there for those after it.
            torch.eq(taps(number, geometry, 0)[row], best, out=taken)
            taken *= remaining
            taps(target, geometry, 0)[row].add_(taken)
            remaining -= taken
    if sums is not places:
        for place, total in zip(places, sums, strict=True):
            place.copy_(total)
    return cut_padding(gradient, input, geometry)


def _column_taps(apart: list[Tensor], geometry: PoolGeometry) -> list[Tensor]:
    """As :func:`taps` along the columns, which lie apart by their remainder modulo the stride."""
    offsets = [i * geometry.dilation[1] for i in range(geometry.kernel[1])]
    step, width = len(apart), geometry.output[1]
    return [apart[offset % step].narrow(-1, offset // step, width) for offset in offsets]


def _to_places(grad_output, input, padded, geometry) -> Tensor:
    _, index = _max_with_indices(padded, input.shape[-1], geometry)
    gradient = torch.zeros_like(input, dtype=working_dtype(input), requires_grad=False)
    gradient = gradient.flatten(-2)
    grads = grad_output.to(gradient.dtype).flatten(-2)
    return gradient.scatter_add_(-1, index.flatten(-2), grads).view(input.shape)


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
    return (counts[0][:, None] * counts[1]).to(input.device, working_dtype(input))


def _divisor(layer, input, geometry, count_include_pad, divisor_override):
    if divisor_override is None:
        return _divisors(input, geometry, count_include_pad)
    if not is_int(divisor_override):
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
    geometry = pool_geometry(layer, input, kernel_size, stride, padding, 1, ceil_mode)
    divisor = _divisor(layer, input, geometry, count_include_pad, divisor_override)
    padded = padded_for(wide(input), geometry, 0.0)
    rows = running(torch.add, taps(padded, geometry, 0))
    return running(torch.add, taps(rows, geometry, 1)).div_(divisor).to(input.dtype)


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

    Arguments as in the forward pass, after the gradient of the output. Returns a tensor shaped as
    ``input``.

    Raises:
        TypeError, ValueError: as :func:`avg_pool2d`; also if ``grad_output`` is not shaped as the
            output.
    """
    layer = "avg_pool2d_backward"
    geometry = pool_geometry(layer, input, kernel_size, stride, padding, 1, ceil_mode)
    check_grad(layer, grad_output, input, geometry)
    divisor = _divisor(layer, input, geometry, count_include_pad, divisor_override)
    share = wide(grad_output) / divisor
    rows = share.new_zeros(*share.shape[:-1], geometry.reach[1])
    for target in taps(rows, geometry, 1):
        target += share
    gradient = share.new_zeros(*share.shape[:-2], *geometry.reach)
    for target in taps(gradient, geometry, 0):
        target += rows
    return cut_padding(gradient, input, geometry).to(input.dtype)


Parts = list[tuple[int, int]]


def _parts(size: int, outputs: int) -> Parts:
    """First and end of each of ``outputs`` nearly equal parts; they may share a pixel."""
    return [(i * size // outputs, -(-(i + 1) * size // outputs)) for i in range(outputs)]


def _means(tensor: Tensor, parts: Parts, axis: int) -> Tensor:
    return torch.cat(
        [tensor.narrow(axis, a, b - a).mean(axis, keepdim=True) for a, b in parts], axis
    )


def _spread(grad: Tensor, parts: Parts, axis: int, size: int) -> Tensor:
    """Gradient of :func:`_means`: each part's gradient is shared by its numbers."""
    shape = list(grad.shape)
    shape[axis] = size
    result = grad.new_zeros(shape)
    for i, (a, b) in enumerate(parts):
        result.narrow(axis, a, b - a).add_(grad.narrow(axis, i, 1), alpha=1 / (b - a))
    return result


def _adaptive(layer: str, input: Tensor, output_size) -> tuple[Parts, Parts]:
    check_tensors(layer, input=input)
    if input.ndim not in (3, 4) or 0 in input.shape[-2:]:
        raise ValueError(
            f"{layer}: the input must be (N, C, H, W) or (C, H, W) with at least one pixel; "
            f"got shape {shape(input)}"
        )
    sizes = output_size if isinstance(output_size, tuple | list) else (output_size, output_size)
    if len(sizes) == 2:  # else it is refused with the message that every layer has
        sizes = tuple(n if o is None else o for n, o in zip(input.shape[-2:], sizes, strict=True))
    rows, columns = integers(layer, "output_size", sizes, 1)
    return _parts(input.shape[-2], rows), _parts(input.shape[-1], columns)


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
    rows, columns = _adaptive("adaptive_avg_pool2d", input, output_size)
    if len(rows) == len(columns) == 1:
        return input.mean((-2, -1), keepdim=True)
    # A mean along rows, then along columns.
    output = _means(_means(wide(input), rows, -2), columns, -1).to(input.dtype)
    if is_channels_last(input):
        return output.contiguous(memory_format=torch.channels_last)
    return output


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
    if len(rows) == len(columns) == 1:
        share = grad_output / (input.shape[-2] * input.shape[-1])
        return torch.empty_like(input, requires_grad=False).copy_(share)
    gradient = _spread(wide(grad_output), columns, -1, input.shape[-1])
    return _spread(gradient, rows, -2, input.shape[-2]).to(input.dtype)
