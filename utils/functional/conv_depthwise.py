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
    (_, width), dtype = geometry.kernel, working_dtype(input)
    (step_y, step_x), (spread_y, spread_x) = geometry.stride, geometry.dilation
    taps = weight.to(dtype).flatten(1).t().contiguous()
    for images in slices(len(input), _images_at_a_time(input, output[:1].numel())):
        padded = _padded_pixels(input[images], geometry, dtype)
        image, y, x, _ = padded.stride()
        size = (len(padded), *geometry.output, len(weight))
        firsts = (n // width * spread_y * y + n % width * spread_x * x for n in range(len(taps)))
        steps = (image, step_y * y, step_x * x, 1)
        seen = (padded.as_strided(size, steps, first) for first in firsts)
        total = next(seen) * taps[0]
        for pixels, tap in zip(seen, taps[1:], strict=True):
            total.addcmul_(pixels, tap)
        if bias is not None:
            total += bias
        output[images] = total.permute(0, 3, 1, 2)


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
    padded = images.new_zeros(size, dtype=dtype)
    padded[:, top : top + height, left : left + width] = pixels
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
