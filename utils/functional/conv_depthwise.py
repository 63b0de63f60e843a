"""Convolution with filters that see one channel each: sums of shifted, scaled images.

A matrix product has nothing to share here: each number of the input meets few weights.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import ConvGeometry, is_channels_last, slices
from utils.functional.conv_im2col import block_bytes, windows, working_dtype

# Measured with `benchmarks/layers.py`: images with fewer columns of outputs are faster pixel by
# pixel, as their rows are short.
FEW_COLUMNS = 28


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
    """
    dtype = working_dtype(input)
    taps = weight.to(dtype).flatten(1).t().contiguous().unbind(0)
    (step_y, step_x), (spread_y, spread_x) = geometry.stride, geometry.dilation
    for images in slices(len(input), _images_at_a_time(input, output[:1].numel())):
        padded = _padded_pixels(input[images], geometry, dtype)
        image, y, x, _ = padded.stride()
        # (FH, FW, N, H2, W2, C) without a copy: what each of the filters' places sees.
        size = (*geometry.kernel, len(padded), *geometry.output, len(weight))
        strides = (spread_y * y, spread_x * x, image, step_y * y, step_x * x, 1)
        views = [x for row in padded.as_strided(size, strides).unbind(0) for x in row.unbind(0)]
        place = output[images].permute(0, 2, 3, 1)
        differentiated = torch.is_grad_enabled() and (padded.requires_grad or weight.requires_grad)
        in_place = place.is_contiguous() and place.dtype == dtype and not differentiated
        total = torch.mul(views[0], taps[0], out=place if in_place else None)
        for seen, tap in zip(views[1:], taps[1:], strict=True):
            total.addcmul_(seen, tap)
        if bias is not None:
            total += bias
        if not in_place:
            place.copy_(total)


def _padded_pixels(images: Tensor, geometry: ConvGeometry, dtype: torch.dtype) -> Tensor:
    """(N, C, H, W) as a contiguous (N, top + H + bottom, left + W + right, C)."""
    if min(geometry.padding) < 0:  # the way back cuts off what was padded
        images = pad(images, [min(side, 0) for side in geometry.padding])
    left, right, top, bottom = (max(side, 0) for side in geometry.padding)
    pixels = images.permute(0, 2, 3, 1)
    if not left + right + top + bottom:
        return pixels.to(dtype).contiguous()
    count, height, width, channels = pixels.shape
    size = (count, top + height + bottom, left + width + right, channels)
    padded = images.new_empty(size, dtype=dtype)
    for border in (padded[:, :top], padded[:, top + height :]):
        border.zero_()
    rows = padded[:, top : top + height]
    for border in (rows[:, :, :left], rows[:, :, left + width :]):
        border.zero_()
    rows[:, :, left : left + width] = pixels
    return padded


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
