"""Winograd's fast convolution for 3x3 filters: fewer multiplications, the same result.

A tile of 4x4 outputs needs 16 * 9 = 144 products the direct way. Seen through the transforms below
it needs 36: one for each element of the 6x6 input tile.

Source: Lavin & Gray (2016), "Fast algorithms for convolutional neural networks", arXiv:1509.09308,
section 4, F(4x4, 3x3).
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import ConvGeometry

OUTPUT_TILE, INPUT_TILE = 4, 6
# So many tiles are worked on at a time: their transforms then stay in the processor's cache.
TILES = 256

INPUT_TRANSFORM = [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
]
FILTER_TRANSFORM = [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
]
OUTPUT_TRANSFORM = [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
]


def _both_axes(matrix: list, tiles: Tensor) -> Tensor:
    """``matrix @ tile @ matrix.T`` for every tile of a (size, size, ...) tensor."""
    transform = tiles.new_tensor(matrix)
    first, second = tiles.shape[:2]
    rows = transform @ tiles.reshape(first, -1)
    return transform @ rows.view(len(transform), second, -1)


def _transformed_filters(weight: Tensor) -> Tensor:
    """(K, C, 3, 3) filters as 36 matrices (36, C, K)."""
    filters, channels = weight.shape[:2]
    transformed = _both_axes(FILTER_TRANSFORM, weight.permute(2, 3, 1, 0))
    return transformed.reshape(INPUT_TILE**2, channels, filters)


def conv2d_winograd(padded: Tensor, weight: Tensor, geometry: ConvGeometry) -> Tensor:
    """Convolve an already padded (N, C, H, W) with 3x3 filters at stride 1 and dilation 1.

    Raises:
        ValueError: another kernel size, stride, dilation or number of groups, or 16-bit numbers.
    """
    if geometry.kernel != (3, 3) or not geometry.stride == geometry.dilation == (1, 1):
        raise ValueError(
            "conv2d: method='winograd' is for 3x3 kernels with stride 1 and dilation 1, but got "
            f"kernel {geometry.kernel}, stride {geometry.stride}, dilation {geometry.dilation}; "
            "use method='im2col'"
        )
    if geometry.groups != 1:
        raise ValueError("conv2d: method='winograd' is for groups=1; use method='im2col'")
    if padded.dtype not in (torch.float32, torch.float64):
        raise ValueError(
            f"conv2d: method='winograd' loses too many digits in {padded.dtype}; "
            "use method='im2col'"
        )
    (batch, channels), filters = padded.shape[:2], len(weight)
    rows, columns = geometry.output
    tiles_y, tiles_x = -(-rows // OUTPUT_TILE), -(-columns // OUTPUT_TILE)
    # Room for whole tiles; channels last, so that a tile's copy moves long runs.
    short_y, short_x = tiles_y * OUTPUT_TILE - rows, tiles_x * OUTPUT_TILE - columns
    images = pad(padded, (0, short_x, 0, short_y)).permute(0, 2, 3, 1).contiguous()
    output = images.new_empty(batch, tiles_y, OUTPUT_TILE, tiles_x, OUTPUT_TILE, filters)
    transformed = _transformed_filters(weight)
    step = max(1, TILES // tiles_x)
    y, x, channel = images.stride()[1:]
    for image, result in zip(images, output, strict=True):
        for start in range(0, tiles_y, step):
            stop = min(start + step, tiles_y)
            size = (INPUT_TILE, INPUT_TILE, stop - start, tiles_x, channels)
            strides = (y, x, OUTPUT_TILE * y, OUTPUT_TILE * x, channel)
            offset = image.storage_offset() + start * OUTPUT_TILE * y
            tiles = _both_axes(INPUT_TRANSFORM, image.as_strided(size, strides, offset))
            product = tiles.reshape(INPUT_TILE**2, -1, channels) @ transformed
            product = product.view(INPUT_TILE, INPUT_TILE, -1)
            block = _both_axes(OUTPUT_TRANSFORM, product)
            block = block.view(OUTPUT_TILE, OUTPUT_TILE, stop - start, tiles_x, filters)
            result[start:stop] = block.permute(2, 0, 3, 1, 4)
    whole = output.view(batch, tiles_y * OUTPUT_TILE, tiles_x * OUTPUT_TILE, filters)
    return whole[:, :rows, :columns].permute(0, 3, 1, 2).contiguous()
