"""Winograd's fast convolution for 3x3 filters: fewer multiplications, the same result.

A tile of 4x4 outputs needs 16 * 9 = 144 products the direct way. Seen through the transforms below
it needs 36: one for each element of the 6x6 input tile.

Source: Lavin & Gray (2016), "Fast algorithms for convolutional neural networks", arXiv:1509.09308,
section 4, F(4x4, 3x3).
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import ConvGeometry, slices
from utils.functional.memo import remember

OUTPUT_TILE, INPUT_TILE = 4, 6
FILTERS_AT_A_TIME = 2**16  # times channels: a part that stays in the cache

# Products of polynomials at the points 0, 1, -1, 2, -1/2 and infinity. The paper's points, with -2
# in place of -1/2, err three times as much in float32; for the choice of points see Barabasz et al.
# (2020), "Error analysis and improving the accuracy of Winograd convolution for deep neural
# networks", arXiv:1803.10986.
INPUT_TRANSFORM = [
    [1, 3 / 2, -2, -3 / 2, 1, 0],
    [0, -1, -5 / 2, -1 / 2, 1, 0],
    [0, 1, 1 / 2, -5 / 2, 1, 0],
    [0, -1 / 2, -1, 1 / 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 1, 3 / 2, -2, -3 / 2, 1],
]
FILTER_TRANSFORM = [
    [1, 0, 0],
    [-1 / 3, -1 / 3, -1 / 3],
    [1 / 3, -1 / 3, 1 / 3],
    [1 / 15, 2 / 15, 4 / 15],
    [-16 / 15, 8 / 15, -4 / 15],
    [0, 0, 1],
]
OUTPUT_TRANSFORM = [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -1 / 2, 0],
    [0, 1, 1, 4, 1 / 4, 0],
    [0, 1, -1, 8, -1 / 8, 1],
]
# Element (1, 1) of a transformed tile reaches all 16 outputs with factor 1: the bias goes there.
BIAS_ELEMENT = 1 * INPUT_TILE + 1


def _both_axes(matrix: list, tiles: Tensor) -> Tensor:
    """``matrix @ tile @ matrix.T`` for every tile of a (size, size, ...) tensor."""
    transform = tiles.new_tensor(matrix)
    first, second = tiles.shape[:2]
    rows = transform @ tiles.reshape(first, -1)
    return transform @ rows.view(len(transform), second, -1)


def _transformed_filters(weight: Tensor) -> Tensor:
    """(K, C, 3, 3) filters as 36 matrices (36, K, C)."""
    filters, channels = weight.shape[:2]
    parts = []
    for some in slices(filters, max(1, FILTERS_AT_A_TIME // channels)):
        elements = weight[some].reshape(-1, 9).t().contiguous()
        parts.append(_both_axes(FILTER_TRANSFORM, elements.view(3, 3, -1)))
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
    if geometry.kernel != (3, 3) or not geometry.stride == geometry.dilation == (1, 1):
        raise ValueError(
            "conv2d: method='winograd' is for 3x3 kernels with stride 1 and dilation 1, but got "
            f"kernel {geometry.kernel}, stride {geometry.stride}, dilation {geometry.dilation}; "
            "use method='im2col'"
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
    tiles_y, tiles_x = -(-rows // OUTPUT_TILE), -(-columns // OUTPUT_TILE)
    left, right, top, bottom = geometry.padding
    # Room for whole tiles.
    right, bottom = right + tiles_x * OUTPUT_TILE - columns, bottom + tiles_y * OUTPUT_TILE - rows
    at_a_time = _tiles_at_a_time(input, filters)
    together = max(1, at_a_time // (tiles_y * tiles_x))
    step = max(1, at_a_time // tiles_x) if together == 1 else tiles_y
    for images in slices(len(input), together):
        block = _channels_last(pad(input[images], (left, right, top, bottom)))
        (n, y, x, channel), channels = block.stride(), block.shape[-1]
        for part in slices(tiles_y, step):
            size = (len(block), part.stop - part.start, tiles_x)
            view = block.as_strided(
                (INPUT_TILE, INPUT_TILE, *size, channels),
                (y, x, n, OUTPUT_TILE * y, OUTPUT_TILE * x, channel),
                block.storage_offset() + part.start * OUTPUT_TILE * y,
            )
            covered = slice(part.start * OUTPUT_TILE, min(part.stop * OUTPUT_TILE, rows))
            # Without a name here: who takes the tiles can then free them.
            yield (
                images,
                covered,
                _both_axes(INPUT_TRANSFORM, view).reshape(INPUT_TILE**2, -1, channels),
            )


def conv2d_winograd(
    input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, output: Tensor
) -> None:
    """Convolve (N, C, H, W) with 3x3 filters at stride 1 and dilation 1, into ``output``.

    Raises:
        ValueError: another kernel size, stride, dilation or number of groups, or 16-bit numbers.
    """
    _refuse_others(input, geometry)
    filters = remember(weight, _transformed_filters)
    # The tiles' numbers side by side, or the filters' numbers: as the output has them.
    by_filter = output.stride(1) == 1
    for images, rows, tiles in _tile_blocks(input, len(weight), geometry):
        product = tiles @ filters.mT if by_filter else filters @ tiles.mT
        del tiles
        if bias is not None:
            product[BIAS_ELEMENT] += bias if by_filter else bias.view(-1, 1)
        result = _both_axes(OUTPUT_TRANSFORM, product.view(INPUT_TILE, INPUT_TILE, -1))
        del product
        _lay_tiles(result, output[images, :, rows], by_filter)
        del result  # or the next block would find it still in memory


def _lay_tiles(tiles: Tensor, target: Tensor, by_filter: bool) -> None:
    """Copy 4x4 tiles to where they belong in (N, K, H2, W2)."""
    batch, _, height, width = target.shape
    size = (-(-height // OUTPUT_TILE), -(-width // OUTPUT_TILE))
    shape = (batch, *size, -1) if by_filter else (-1, batch, *size)
    order = (2, 5, 3, 0, 4, 1) if by_filter else (3, 2, 4, 0, 5, 1)
    # (N, K, tiles, 4, tiles, 4)
    whole = tiles.view(OUTPUT_TILE, OUTPUT_TILE, *shape).permute(order)
    if height % OUTPUT_TILE == width % OUTPUT_TILE == 0:
        target.unflatten(3, (-1, OUTPUT_TILE)).unflatten(2, (-1, OUTPUT_TILE)).copy_(whole)
    else:  # the last tiles reach over the edge
        whole = whole.reshape(batch, -1, size[0] * OUTPUT_TILE, size[1] * OUTPUT_TILE)
        target.copy_(whole[:, :, :height, :width])


def grad_weight_winograd(
    grad_output: Tensor, input: Tensor, weight: Tensor, geometry: ConvGeometry
) -> Tensor:
    """Gradient of the filters: each step of the forward pass, transposed, in reverse order."""
    filters, channels = weight.shape[:2]
    total = weight.new_zeros(INPUT_TILE**2, filters, channels)
    for images, rows, tiles in _tile_blocks(input, filters, geometry):
        grad = grad_output[images, :, rows]
        grad = pad(grad, (0, -grad.shape[3] % OUTPUT_TILE, 0, -grad.shape[2] % OUTPUT_TILE))
        grad = grad.unflatten(3, (-1, OUTPUT_TILE)).unflatten(2, (-1, OUTPUT_TILE))
        grad = _both_axes(_transposed(OUTPUT_TRANSFORM), grad.permute(3, 5, 1, 0, 2, 4))
        total.baddbmm_(grad.view(INPUT_TILE**2, filters, -1), tiles)
        del grad, tiles  # or the next block would find them still in memory
    grad_weight = _both_axes(_transposed(FILTER_TRANSFORM), total.view(INPUT_TILE, INPUT_TILE, -1))
    return grad_weight.view(9, -1).t().reshape(weight.shape)


def _transposed(matrix: list) -> list:
    return [list(column) for column in zip(*matrix, strict=True)]
