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
    """An element of the filter, and the outputs that see a pixel of the image through it."""

    element: int
    rows: int
    columns: int
    output: int  # the first of these outputs, counted row by row
    pixel: int  # what it sees


def conv2d_depthwise(
    input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, output: Tensor
) -> None:
    """Convolve (N, C, H, W) with (m C, 1, FH, FW) filters and write into ``output``."""
    one_each = weight.shape[0] == input.shape[1] and input.device.type == "cpu"
    short_runs = geometry.stride[1] > 1 or geometry.output[1] < FEW_COLUMNS
    suits = one_each and (short_runs or is_channels_last(output))
    if suits and not _watched(input, weight, bias):
        _by_pixels(input, weight, bias, geometry, output)
    else:
        _by_channels(input, weight, bias, geometry, output)


def _watched(*tensors: Tensor | None) -> bool:
    """Whether autograd follows what is computed of these: then it must not be written in parts."""
    return torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in tensors)


def _by_pixels(input, weight, bias, geometry: ConvGeometry, output: Tensor) -> None:
    """With the channels of a pixel side by side, all filters' weights at a place are one vector.

    So a run in memory is as long as there are channels, whatever the stride and the image's size.
    Nothing is padded: where an element of the filter lies outside the image, nothing is added.
    """
    dtype = working_dtype(input)
    taps = weight.to(dtype).flatten(1).t().contiguous().unbind(0)
    bias = None if bias is None else bias.to(dtype)
    for images in slices(input.shape[0], _images_at_a_time(input, output.shape[1:].numel())):
        pixels = input[images].permute(0, 2, 3, 1).to(dtype).contiguous()
        place = output[images].permute(0, 2, 3, 1)
        in_place = place.is_contiguous() and place.dtype == dtype
        total = place if in_place else place.new_empty(place.shape, dtype=dtype)
        _sum_taps(pixels, taps, bias, geometry, total)
        if not in_place:
            place.copy_(total)


def _sum_taps(pixels, taps, bias, geometry: ConvGeometry, total: Tensor) -> None:
    """Write the bias, and what each element of the filter sees times its weight: (N, H2, W2, C)."""
    images, rows, columns, channels = total.shape
    places, start = total.stride(), total.storage_offset()
    image, row, pixel, _ = pixels.stride()
    steps = (image, row * geometry.stride[0], pixel * geometry.stride[1], 1)
    first = pixels.storage_offset()
    meetings = _meetings(geometry, pixels.shape[1], pixels.shape[2])
    # Through one element all outputs mostly see a pixel: what it adds is written, not added.
    begun = not meetings or meetings[0][1:3] != (rows, columns)
    if begun:
        total.zero_() if bias is None else total.copy_(bias)
    for element, rows, columns, output, seen in meetings:
        size = (images, rows, columns, channels)
        target = total
        if size != total.shape:
            target = total.as_strided(size, places, start + output * channels)
        source = pixels.as_strided(size, steps, first + seen * channels)
        if begun:
            target.addcmul_(source, taps[element])
        elif bias is None:
            torch.mul(source, taps[element], out=target)
        else:
            torch.addcmul(bias, source, taps[element], out=target)
        begun = True


@functools.lru_cache(maxsize=256)
def _meetings(geometry: ConvGeometry, height: int, width: int) -> tuple[Meeting, ...]:
    """List the elements of the filter; first the one through which most outputs see a pixel."""
    kernel, stride, (left, _, top, _), dilation, _, output = geometry
    axes = zip((height, width), (top, left), kernel, stride, dilation, output, strict=True)
    down, across = (_meetings_along(*axis) for axis in axes)
    meetings = [
        Meeting(u * kernel[1] + v, rows, columns, i * output[1] + j, y * width + x)
        for u, (rows, i, y) in enumerate(down)
        for v, (columns, j, x) in enumerate(across)
        if rows > 0 and columns > 0
    ]
    return tuple(sorted(meetings, key=lambda meeting: -meeting.rows * meeting.columns))


def _meetings_along(size, padding, kernel, stride, dilation, outputs) -> list[tuple]:
    """For each element along one axis: how many outputs, the first one, and what that one sees."""
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
