"""Winograd's fast convolution for small filters: fewer multiplications, the same result.

With 3x3 filters a tile of 4x4 outputs needs 16 * 9 = 144 products the direct way. Seen through the
transforms below it needs 36: one for each element of the 6x6 input tile. An input tile of this size
serves filters of every size r from 2 to 5: it gives (7 - r) x (7 - r) outputs.

Source: Lavin & Gray (2016), "Fast algorithms for convolutional neural networks", arXiv:1509.09308,
section 4: F(4x4, 3x3) and its relatives.
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import ConvGeometry, slices
from utils.functional.memo import remember

INPUT_TILE = 6
SIZES = range(2, 6)  # of filters
FILTERS_AT_A_TIME = 2**16  # times channels: a part that stays in the cache

# A tile is multiplied as polynomials can be: by their values at these points and at infinity. The
# paper's points, with -2 in place of -1/2, err three times as much in float32; for the choice of
# points see Barabasz et al. (2020), "Error analysis and improving the accuracy of Winograd
# convolution for deep neural networks", arXiv:1803.10986.
POINTS = (0, 1, -1, 2, -1 / 2)
# One over the product of the differences to the other points (up to sign).
SCALES = (1, -1 / 3, 1 / 3, 1 / 15, -16 / 15)
INPUT_TRANSFORM = [
    [1, 3 / 2, -2, -3 / 2, 1, 0],
    [0, -1, -5 / 2, -1 / 2, 1, 0],
    [0, 1, 1 / 2, -5 / 2, 1, 0],
    [0, -1 / 2, -1, 1 / 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 1, 3 / 2, -2, -3 / 2, 1],
]


def filter_transform(size: int) -> list[list[float]]:
    """Values of a polynomial with ``size`` coefficients at the points, scaled: (6, size)."""
    rows = [
        [scale * point**k for k in range(size)] for point, scale in zip(POINTS, SCALES, strict=True)
    ]
    return [*rows, [0.0] * (size - 1) + [1.0]]


def output_transform(tile: int) -> list[list[float]]:
    """From values at the points to ``tile`` outputs: (tile, 6)."""
    return [[*(point**k for point in POINTS), float(k == tile - 1)] for k in range(tile)]


# Element (1, 1) of a transformed tile, the value at 1, reaches all outputs with factor 1: the bias
# goes there.
BIAS_ELEMENT = 1 * INPUT_TILE + 1


def _both_axes(matrix: list, tiles: Tensor) -> Tensor:
    """``matrix @ tile @ matrix.T`` for every tile of a (size, size, ...) tensor."""
    transform = tiles.new_tensor(matrix)
    first, second = tiles.shape[:2]
    rows = transform @ tiles.reshape(first, -1)
    return transform @ rows.view(len(transform), second, -1)


def _transformed_filters(weight: Tensor) -> Tensor:
    """(K, C, r, r) filters as 36 matrices (36, K, C)."""
    filters, channels, size = weight.shape[:3]
    transform = filter_transform(size)
    parts = []
    for some in slices(filters, max(1, FILTERS_AT_A_TIME // channels)):
        elements = weight[some].reshape(-1, size * size).t().contiguous()
        parts.append(_both_axes(transform, elements.view(size, size, -1)))
    if len(parts) == 1:
        return parts[0].reshape(INPUT_TILE**2, filters, channels)
    parts = [part.reshape(INPUT_TILE**2, -1, channels) for part in parts]
    return torch.cat(parts, dim=1)


def _channels_last(images: Tensor) -> Tensor:
    """(N, C, H, W) as a contiguous (N, H, W, C): a tile's copy then moves long runs."""
    last = images.permute(0, 2, 3, 1)
    if last.is_contiguous():
        return last
    result = images.new_empty(last.shape)
    for n in range(len(images)):
        # Two-dimensional, because torch is faster at transposing a plain matrix.
        result[n].flatten(0, 1).copy_(images[n].flatten(1).t())
    return result


def _refuse_others(input: Tensor, geometry: ConvGeometry) -> None:
    size, other = geometry.kernel
    if size != other or size not in SIZES or not geometry.stride == geometry.dilation == (1, 1):
        raise ValueError(
            "conv2d: method='winograd' is for kernels from 2x2 to 5x5 with stride 1 and dilation "
            f"1, but got kernel {geometry.kernel}, stride {geometry.stride}, dilation "
            f"{geometry.dilation}; use method='im2col'"
        )
    if geometry.groups != 1:
        raise ValueError(
            f"conv2d: method='winograd' is for groups=1, but got groups={geometry.groups}; "
            "use method='im2col'"
        )
    if input.dtype not in (torch.float32, torch.float64):
        raise ValueError(
            f"conv2d: method='winograd' loses too many digits in {input.dtype}; use method='im2col'"
        )


def output_tile(geometry: ConvGeometry) -> int:
    """Rows, and columns, of outputs that one tile gives."""
    return INPUT_TILE + 1 - geometry.kernel[0]


def _tiles_at_a_time(input: Tensor, filters: int) -> int:
    """So many that their transforms stay in a CPU's cache; a GPU wants more work at a time."""
    if input.device.type != "cpu":
        return 2**20 // max(input.shape[1], filters)
    return min(max(2**16 // max(input.shape[1], filters), 64), 256)


def _tile_blocks(input: Tensor, filters: int, geometry: ConvGeometry) -> Iterator:
    """Yield ``(images, rows, tiles)``: blocks of output rows and the tiles that they need.

    The tiles are transformed: (36, number of tiles, C).
    """
    rows, columns = geometry.output
    tile = output_tile(geometry)
    tiles_y, tiles_x = -(-rows // tile), -(-columns // tile)
    # Room for whole tiles, and no more than that.
    left, _, top, _ = geometry.padding
    height, width = input.shape[2:]
    right = tiles_x * tile + INPUT_TILE - tile - width - left
    bottom = tiles_y * tile + INPUT_TILE - tile - height - top
    around = (left, right, top, bottom)
    at_a_time = _tiles_at_a_time(input, filters)
    together = max(1, at_a_time // (tiles_y * tiles_x))
    step = max(1, at_a_time // tiles_x) if together == 1 else tiles_y
    for images in slices(len(input), together):
        block = _channels_last(pad(input[images], around) if any(around) else input[images])
        (n, y, x, channel), channels = block.stride(), block.shape[-1]
        for part in slices(tiles_y, step):
            size = (len(block), part.stop - part.start, tiles_x)
            view = block.as_strided(
                (INPUT_TILE, INPUT_TILE, *size, channels),
                (y, x, n, tile * y, tile * x, channel),
                block.storage_offset() + part.start * tile * y,
            )
            covered = slice(part.start * tile, min(part.stop * tile, rows))
            # Without a name here: who takes the tiles can then free them.
            yield (
                images,
                covered,
                _both_axes(INPUT_TRANSFORM, view).reshape(INPUT_TILE**2, -1, channels),
            )


def conv2d_winograd(
    input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, output: Tensor
) -> None:
    """Convolve (N, C, H, W) with filters from 2x2 to 5x5 at stride 1, into ``output``.

    Raises:
        ValueError: another kernel size, stride, dilation or number of groups, or 16-bit numbers.
    """
    _refuse_others(input, geometry)
    filters, tile = remember(weight, _transformed_filters), output_tile(geometry)
    transform = output_transform(tile)
    # The tiles' numbers side by side, or the filters' numbers: as the output has them.
    by_filter = output.stride(1) == 1
    for images, rows, tiles in _tile_blocks(input, len(weight), geometry):
        product = tiles @ filters.mT if by_filter else filters @ tiles.mT
        del tiles
        if bias is not None:
            product[BIAS_ELEMENT] += bias if by_filter else bias.view(-1, 1)
        result = _both_axes(transform, product.view(INPUT_TILE, INPUT_TILE, -1))
        del product
        _lay_tiles(result, output[images, :, rows], by_filter, tile)
        del result  # or the next block would find it still in memory


def _lay_tiles(tiles: Tensor, target: Tensor, by_filter: bool, tile: int) -> None:
    """Copy tiles to where they belong in (N, K, H2, W2)."""
    batch, _, height, width = target.shape
    size = (-(-height // tile), -(-width // tile))
    shape = (batch, *size, -1) if by_filter else (-1, batch, *size)
    order = (2, 5, 3, 0, 4, 1) if by_filter else (3, 2, 4, 0, 5, 1)
    # (N, K, tiles, tile, tiles, tile)
    whole = tiles.view(tile, tile, *shape).permute(order)
    if height % tile == width % tile == 0:
        target.unflatten(3, (-1, tile)).unflatten(2, (-1, tile)).copy_(whole)
    else:  # the last tiles reach over the edge
        whole = whole.reshape(batch, -1, size[0] * tile, size[1] * tile)
        target.copy_(whole[:, :, :height, :width])


def grad_weight_winograd(
    grad_output: Tensor, input: Tensor, weight: Tensor, geometry: ConvGeometry
) -> Tensor:
    """Gradient of the filters: each step of the forward pass, transposed, in reverse order."""
    filters, channels, size = weight.shape[:3]
    tile = output_tile(geometry)
    transform = _transposed(output_transform(tile))
    total = weight.new_zeros(INPUT_TILE**2, filters, channels)
    for images, rows, tiles in _tile_blocks(input, filters, geometry):
        grad = grad_output[images, :, rows]
        grad = pad(grad, (0, -grad.shape[3] % tile, 0, -grad.shape[2] % tile))
        grad = grad.unflatten(3, (-1, tile)).unflatten(2, (-1, tile))
        grad = _both_axes(transform, grad.permute(3, 5, 1, 0, 2, 4))
        total.baddbmm_(grad.view(INPUT_TILE**2, filters, -1), tiles)
        del grad, tiles  # or the next block would find them still in memory
    grad_weight = _both_axes(
        _transposed(filter_transform(size)), total.view(INPUT_TILE, INPUT_TILE, -1)
    )
    return grad_weight.view(size * size, -1).t().reshape(weight.shape)


def _transposed(matrix: list) -> list:
    return [list(column) for column in zip(*matrix, strict=True)]
