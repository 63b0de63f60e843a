"""Convolution with filters that see one channel each: sums of shifted, scaled images.

A matrix product has nothing to share here: each number of the input meets few weights.
"""

import functools
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import ConvGeometry, is_channels_last, slices
from utils.functional.conv_im2col import block_bytes, windows, working_dtype

# Measured with `benchmarks/layers.py`: images with fewer columns of outputs are faster pixel by
# pixel, as their rows are short.
FEW_COLUMNS = 28


class Meeting(NamedTuple):
    """One element of the filter, the outputs that see a pixel through it, and the first pixel."""

    tap: int
    rows: int
    columns: int
    y: int
    x: int
    top: int
    left: int


def conv2d_depthwise(
    input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, output: Tensor
) -> None:
    """Convolve (N, C, H, W) with (m C, 1, FH, FW) filters and write into ``output``."""
    one_each = len(weight) == input.shape[1] and input.device.type == "cpu"
    short_runs = geometry.stride[1] > 1 or geometry.output[1] < FEW_COLUMNS
    if one_each and (short_runs or is_channels_last(output)):
        _by_pixels(input, weight, bias, geometry, output)
    else:
        _by_channels(input, weight, bias, geometry, output)


def _by_pixels(input, weight, bias, geometry: ConvGeometry, output: Tensor) -> None:
    """With the channels of a pixel side by side, all filters' weights at a place are one vector.

    So a run in memory is as long as there are channels, whatever the stride and the image's size.
    Nothing is padded: where an element of the filter lies outside the image, nothing is added.
    """
    dtype = working_dtype(input)
    taps = weight.to(dtype).flatten(1).t().contiguous().unbind(0)
    meetings = _meetings(geometry, input.shape[2], input.shape[3])
    differentiated = torch.is_grad_enabled() and (input.requires_grad or weight.requires_grad)
    for images in slices(len(input), _images_at_a_time(input, output[:1].numel())):
        pixels = input[images].permute(0, 2, 3, 1).to(dtype).contiguous()
        place = output[images].permute(0, 2, 3, 1)
        in_place = place.is_contiguous() and place.dtype == dtype and not differentiated
        total = place if in_place else torch.empty_like(place, dtype=dtype)
        _sum_taps(pixels, taps, meetings, geometry.stride, total, differentiated)
        if bias is not None:
            total += bias
        if not in_place:
            place.copy_(total)


def _sum_taps(pixels, taps, meetings, stride, total: Tensor, differentiated: bool) -> None:
    """Add up what each element of the filter sees, times its weights, in (N, H2, W2, C)."""
    image, row, pixel, _ = pixels.stride()
    steps, places = (image, row * stride[0], pixel * stride[1], 1), total.stride()
    images, _, _, channels = total.shape
    first, place = pixels.storage_offset(), total.storage_offset()
    # The element in the middle mostly meets all outputs: what was there need not be cleared.
    whole = bool(meetings) and meetings[0][1:3] == total.shape[1:3] and not differentiated
    if not whole:
        total.zero_()
    for tap, rows, columns, y, x, top, left in meetings:
        size = (images, rows, columns, channels)
        target = total.as_strided(size, places, place + y * places[1] + x * places[2])
        seen = pixels.as_strided(size, steps, first + top * row + left * pixel)
        if whole:
            torch.mul(seen, taps[tap], out=target)
            whole = False
        else:
            target.addcmul_(seen, taps[tap])


@functools.lru_cache(maxsize=256)
def _meetings(geometry: ConvGeometry, height: int, width: int) -> list[Meeting]:
    """Say for each element of the filter which outputs see a pixel of the image through it."""
    kernel, stride, (left, _, top, _), dilation, _, output = geometry
    axes = zip((height, width), (top, left), kernel, stride, dilation, output, strict=True)
    down, across = (_meetings_along(*axis) for axis in axes)
    meetings = [
        Meeting(u * len(across) + v, rows, columns, y, x, first_row, first_column)
        for u, (rows, y, first_row) in enumerate(down)
        for v, (columns, x, first_column) in enumerate(across)
        if rows > 0 and columns > 0
    ]
    return sorted(meetings, key=lambda meeting: -meeting.rows * meeting.columns)


def _meetings_along(size, padding, kernel, stride, dilation, outputs) -> list[tuple]:
    """Along one axis, for each element: how many outputs, the first one, and what it sees."""
    meetings = []
    for element in range(kernel):
        shift = element * dilation - padding
        first = max(0, -(shift // stride))
        last = min(outputs - 1, (size - 1 - shift) // stride)
        meetings.append((last + 1 - first, first, first * stride + shift))
    return meetings


def _by_channels(input, weight, bias, geometry: ConvGeometry, output: Tensor) -> None:
    """With stride 1 whole padded rows are worked on, and the numbers at their ends thrown away.

    So each shift of a channel is one long run in memory.
    """
    left, right, top, bottom = geometry.padding
    rows, columns = geometry.output
    channels = input.shape[1]
    dtype = working_dtype(input)
    wide = input.shape[3] + left + right if geometry.stride[1] == 1 else columns
    taps = weight.to(dtype).view(channels, -1, *geometry.kernel, 1, 1)
    for images in slices(len(input), _images_at_a_time(input, len(weight) * rows * wide)):
        # One row more, for the ends of the last one.
        padded = pad(input[images], (left, right, top, bottom + 1)).to(dtype).contiguous()
        view = windows(padded, geometry, (rows, wide)).unsqueeze(2)
        total = padded.new_zeros(len(padded), channels, taps.shape[1], rows, wide)
        for u in range(geometry.kernel[0]):
            for v in range(geometry.kernel[1]):
                total.addcmul_(view[:, :, :, u, v], taps[:, :, u, v])
        target = output[images]
        target.copy_(total[..., :columns].flatten(1, 2))
        if bias is not None:
            target += bias.view(-1, 1, 1)


def _images_at_a_time(input: Tensor, numbers: int) -> int:
    """So many that what is summed up, so many numbers of each, stays in the cache."""
    return max(1, block_bytes(input) // (numbers * working_dtype(input).itemsize))
