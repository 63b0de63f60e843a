"""Convolution as a matrix product: windows become columns ("im2col").

Source: Chellapilla, Puri & Simard (2006), "High performance convolutional neural networks for
document processing", section 2.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import ConvGeometry, is_channels_last, is_half, slices

# Columns are copied out a few rows at a time, so that memory stays bounded. On a CPU a block this
# large stays in the cache; a GPU wants more work at a time.
CPU_BLOCK_BYTES = 4 * 2**20
GPU_BLOCK_BYTES = 32 * 2**20
# A matrix with fewer columns than this is too narrow for a fast product: images are put together.
FEW_COLUMNS = 128

Columns = tuple[slice, slice, Tensor]


def working_dtype(tensor: Tensor) -> torch.dtype:
    """16-bit numbers are added up in 32 bits; on a CPU they are multiplied so too.

    GPUs add 16-bit products in 32 bits by themselves. CPUs without such units emulate 16-bit
    products: on ours, 35 times slower than converting to 32 bits first.
    """
    return torch.float32 if is_half(tensor) and tensor.device.type == "cpu" else tensor.dtype


def windows(padded: Tensor, geometry: ConvGeometry, output=None) -> Tensor:
    """All windows of an image as a view, without a copy: (N, C, FH, FW, H2, W2).

    Only the strides change: moving by one output pixel moves by S input pixels, and moving by one
    filter element by D.
    """
    (step_y, step_x), (spread_y, spread_x) = geometry.stride, geometry.dilation
    batch, channel, y, x = padded.stride()
    size = (*padded.shape[:2], *geometry.kernel, *(output or geometry.output))
    strides = (batch, channel, y * spread_y, x * spread_x, y * step_y, x * step_x)
    return padded.as_strided(size, strides, padded.storage_offset())


def column_blocks(input: Tensor, geometry: ConvGeometry) -> Iterator[Columns]:
    """Yield ``(images, rows, columns)``: blocks of output rows and the windows that they see.

    The columns are (groups, C // groups * FH * FW, images * rows * W2), in working dtype. For 1x1
    filters with stride 1 they are the image itself, without a copy.
    """
    taps = input.shape[1] * geometry.kernel[0] * geometry.kernel[1]
    dtype = working_dtype(input)
    for images, row_blocks in blocks(input, geometry, taps):
        padded = pad(input[images], geometry.padding) if any(geometry.padding) else input[images]
        view = _phase_windows(padded.contiguous(), geometry)
        for rows in row_blocks:
            block = view(rows)
            block = block.movedim(0, 3) if len(block) > 1 else block[0]
            matrices = block.reshape(geometry.groups, taps // geometry.groups, -1)
            yield images, rows, matrices.to(dtype)


def _phase_windows(padded: Tensor, geometry: ConvGeometry) -> Callable[[slice], Tensor]:
    """Return a function that gives the :func:`windows` of some output rows.

    Neighbouring outputs are S pixels apart; to copy them one by one is slow. So with S > 1 the
    pixels are first sorted by the remainder of their column: each is then beside the one it needs.
    """
    step, width = geometry.stride[1], geometry.kernel[1]
    if step == 1 or width == 1 or geometry.dilation[1] > 1:
        view = windows(padded, geometry)
        return lambda rows: view[..., rows, :]
    sorted_columns = pad(padded, (0, -padded.shape[3] % step)).unflatten(3, (-1, step))
    phases = sorted_columns.movedim(4, 0).contiguous()
    views = []
    for first in range(min(step, width)):
        kernel = (geometry.kernel[0], len(range(first, width, step)))
        part = geometry._replace(kernel=kernel, stride=(geometry.stride[0], 1))
        views.append(windows(phases[first], part))

    def block(rows: slice) -> Tensor:
        size = (*padded.shape[:2], *geometry.kernel, rows.stop - rows.start, geometry.output[1])
        result = padded.new_empty(size)
        for first, view in enumerate(views):
            result[:, :, :, first::step] = view[..., rows, :]
        return result

    return block


def blocks(input: Tensor, geometry: ConvGeometry, taps: int) -> Iterator[tuple[slice, list[slice]]]:
    """Cut the work into images and output rows of at most `block_bytes` each (or one row)."""
    rows, columns = geometry.output
    row_bytes = taps * columns * input.element_size()
    images, step = 1, max(1, block_bytes(input) // row_bytes)
    if step > rows and (rows * columns < FEW_COLUMNS or input.device.type != "cpu"):
        images = step // rows
    for chosen in slices(len(input), images):
        yield chosen, slices(rows, step)


def block_bytes(tensor: Tensor) -> int:
    """How much of a copy is made at a time."""
    return CPU_BLOCK_BYTES if tensor.device.type == "cpu" else GPU_BLOCK_BYTES


def conv2d_im2col(
    input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, output: Tensor
) -> None:
    """Convolve (N, C, H, W) and write into ``output``: one matrix product for each block."""
    groups, filters = geometry.groups, weight.shape[0]
    if groups == 1 and output.dtype == working_dtype(weight):
        pointwise = geometry.kernel == (1, 1) and not any(geometry.padding)
        in_place = pointwise and geometry.stride == (1, 1)
        if is_channels_last(output):
            if in_place:
                _pointwise_pixels(input, weight, bias, output)
                return
            if pointwise or _has_short_pixels(weight, geometry):
                _convolve_pixels(input, weight, bias, geometry, output)
                return
        elif in_place and input.is_contiguous() and _fills_products(output):
            _pointwise_images(input, weight, bias, output)
            return
    matrix = weight.reshape(groups, filters // groups, -1).to(working_dtype(weight))
    if _can_share_rows(geometry, output, matrix):
        _convolve_shared_rows(input, weight, bias, geometry, output)
        return
    for images, rows, columns in column_blocks(input, geometry):
        target = output[images, :, rows]
        place = target[0].flatten(1) if len(target) == 1 and groups == 1 else None
        if place is not None and _same_memory(place, target) and place.dtype == matrix.dtype:
            place.addmm_(matrix[0], columns[0], beta=0)  # straight into its place
            if bias is not None:
                place += bias.view(-1, 1)  # while the block is still in the cache
        else:
            product = torch.bmm(matrix, columns).view(filters, len(target), *target.shape[2:])
            if bias is not None:
                product += bias.view(-1, 1, 1, 1)
            target.copy_(product.transpose(0, 1))


def _pointwise_pixels(input, weight, bias, output) -> None:
    """1x1 filters on channels-last images: each pixel's channels are a row as they lie there."""
    filters, channels = weight.shape[:2]
    pixels = input.permute(0, 2, 3, 1).view(-1, channels)
    place = output.permute(0, 2, 3, 1).view(-1, filters)
    _product(pixels, weight.flatten(1).t(), bias, place)


def _product(rows: Tensor, matrix: Tensor, bias: Tensor | None, place: Tensor) -> None:
    """``rows @ matrix + bias``, straight into its place."""
    if bias is not None:
        place.copy_(bias)
    place.addmm_(rows, matrix, beta=float(bias is not None))


def _has_short_pixels(weight: Tensor, geometry: ConvGeometry) -> bool:
    """Whether a window's rows are short runs: in a network's first layer, pixels of few colours."""
    return weight.shape[1] < 8 and geometry.dilation[1] == 1 and min(geometry.padding) >= 0


def _convolve_pixels(input, weight, bias, geometry, output) -> None:
    """Convolve channels-last images: a row of a window is a run in memory, and so is an output."""
    (height, width), (step_y, step_x), _, (spread_y, _), _, (rows, columns) = geometry
    filters, channels = weight.shape[:2]
    matrix = weight.permute(0, 2, 3, 1).reshape(filters, -1).t()
    places = output.permute(0, 2, 3, 1)
    window_bytes = rows * columns * weight[0].nbytes
    for images in slices(input.shape[0], max(1, block_bytes(input) // window_bytes)):
        padded = pad(input[images], geometry.padding) if any(geometry.padding) else input[images]
        pixels = padded.permute(0, 2, 3, 1).contiguous()
        image, y, x, _ = pixels.stride()
        size = (pixels.shape[0], rows, columns, height, width * channels)
        strides = (image, step_y * y, step_x * x, spread_y * y, 1)
        seen = pixels.as_strided(size, strides, pixels.storage_offset())
        windows = seen.reshape(-1, height * width * channels)
        _product(windows, matrix, bias, places[images].view(-1, filters))


def _fills_products(output: Tensor) -> bool:
    """Whether one image is enough for a fast product."""
    large = output.shape[2] * output.shape[3] >= FEW_COLUMNS and output.device.type == "cpu"
    return large or len(output) == 1


def _pointwise_images(input, weight, bias, output) -> None:
    """1x1 filters on contiguous images: each image is a matrix as it lies there."""
    matrix = weight.flatten(1)
    for n in range(input.shape[0]):
        place = output[n].flatten(1)
        place.addmm_(matrix, input[n].flatten(1), beta=0)  # straight into its place
        if bias is not None:
            place += bias.view(-1, 1)


def _can_share_rows(geometry: ConvGeometry, output: Tensor, matrix: Tensor) -> bool:
    """Measured: with stride 1, or a short sum in each product, it is no gain."""
    height = geometry.kernel[0]
    plain = geometry.groups == 1 and geometry.dilation == (1, 1) and height > geometry.stride[0] > 1
    long = matrix.shape[2] // height * geometry.stride[0] >= 32
    large = long and geometry.output[0] * geometry.output[1] >= FEW_COLUMNS
    ours = output.is_contiguous() and output.dtype == matrix.dtype
    return plain and large and ours and output.device.type == "cpu"


def _convolve_shared_rows(
    input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, output: Tensor
) -> None:
    """Copy windows along the width alone; along the height, shift the copy.

    An output row and the next one see mostly the same input rows. So a window's rows are taken from
    one copy, S at a time: (S, C, FW, rows, W2), whose first three axes are those of the matrix
    product. Shifted by one row, the same copy holds the next S rows of all windows. That is a copy
    FH / S times smaller than that of whole windows.
    """
    (height, width), (step, _), padding, _, _, (_, columns) = geometry
    filters, channels = weight.shape[:2]
    left, right, top, bottom = padding
    shifts = -(-height // step)
    # (K, C, FH, FW) as one matrix (K, S * C * FW) for each shift; the last may have fewer rows.
    matrices = [part.transpose(1, 2).reshape(filters, -1) for part in weight.split(step, dim=2)]
    rows_below = (geometry.output[0] - 1 + shifts) * step - (input.shape[2] + top + bottom)
    row_bytes = step * channels * width * columns * input.element_size()
    at_a_time = max(shifts, block_bytes(input) // row_bytes)
    for image in range(len(input)):
        padded = pad(input[image : image + 1], (left, right, top, bottom + max(0, rows_below)))
        for rows in slices(geometry.output[0], at_a_time):
            count = rows.stop - rows.start
            block = _width_windows(padded, geometry, rows.start, count + shifts - 1)
            place = output[image, :, rows].flatten(1)
            for shift, matrix in enumerate(matrices):
                seen = block[: matrix.shape[1], shift * columns : (shift + count) * columns]
                place.addmm_(matrix, seen, beta=float(shift > 0))
            if bias is not None:
                place += bias.view(-1, 1)


def _width_windows(padded: Tensor, geometry: ConvGeometry, first: int, rows: int) -> Tensor:
    """Windows of one image along its width: (S * C * FW, rows * W2), from output row ``first``."""
    (_, width), (step_y, step_x), columns = geometry.kernel, geometry.stride, geometry.output[1]
    part = padded[0, :, first * step_y : (first + rows) * step_y]
    size = (step_y, len(part), width, rows, columns)
    result = part.new_empty(size)
    for phase in range(min(step_x, width)):
        # Every S-th pixel, side by side, so that the copies below are of runs of memory.
        near = part[..., phase::step_x].contiguous()
        channel, y, x = near.stride()
        taps = len(range(phase, width, step_x))
        view = near.as_strided(
            (step_y, len(part), taps, rows, columns),
            (y, channel, x, step_y * y, x),
            near.storage_offset(),
        )
        result[:, :, phase::step_x] = view
    return result.view(-1, rows * columns)


def _same_memory(view: Tensor, target: Tensor) -> bool:
    """Whether rows of ``view`` are rows of the target itself, not of a copy."""
    return view.data_ptr() == target.data_ptr() and view.stride(1) == 1


def grad_weight_im2col(
    grad_output: Tensor, input: Tensor, weight: Tensor, geometry: ConvGeometry
) -> Tensor:
    """``sum of grad_output * window`` over all windows: a product with the same columns."""
    groups, filters = geometry.groups, len(weight)
    # A long sum of 16-bit numbers is kept in 32 bits.
    dtype = torch.float32 if is_half(weight) else weight.dtype
    total = weight.new_zeros(groups, filters // groups, weight[0].numel(), dtype=dtype)
    for images, rows, columns in column_blocks(input, geometry):
        left = grad_output[images, :, rows].transpose(0, 1)
        left = left.reshape(groups, filters // groups, -1).to(columns.dtype)
        if columns.dtype == dtype:
            total.baddbmm_(left, columns.mT)
        else:
            total += torch.bmm(left, columns.mT)
    return total.to(weight.dtype).view_as(weight)


def grad_input_im2col(
    grad_output: Tensor, input: Tensor, weight: Tensor, geometry: ConvGeometry
) -> Tensor:
    """Gradient of the input: a matrix product gives its columns, each added to its window."""
    kernel, (step_y, step_x), padding, (spread_y, spread_x), groups, (_, columns) = geometry
    left, right, top, bottom = padding
    filters, taps = len(weight), input.shape[1] * kernel[0] * kernel[1]
    matrix = weight.reshape(groups, filters // groups, -1).mT.to(working_dtype(weight))
    # Contributions overlap: 16-bit numbers are added in 32 bits.
    dtype = torch.float32 if is_half(weight) else weight.dtype
    grad_input = torch.empty_like(input, memory_format=torch.contiguous_format)
    height, width = input.shape[2:]
    for images, row_blocks in blocks(input, geometry, taps):
        size = (images.stop - images.start, input.shape[1])
        padded = input.new_zeros(*size, height + top + bottom, width + left + right, dtype=dtype)
        for rows in row_blocks:
            part = grad_output[images, :, rows].transpose(0, 1)
            part = part.reshape(groups, filters // groups, -1).to(matrix.dtype)
            part = torch.bmm(matrix, part).view(size[1], *kernel, size[0], -1, columns)
            for u in range(kernel[0]):
                for v in range(kernel[1]):
                    # One element of the filter touches every S-th pixel: no two outputs meet.
                    y, x = rows.start * step_y + u * spread_y, v * spread_x
                    y_end = y + step_y * (rows.stop - rows.start - 1) + 1
                    x_end = x + step_x * (columns - 1) + 1
                    padded[:, :, y:y_end:step_y, x:x_end:step_x] += part[:, u, v].transpose(0, 1)
        grad_input[images] = padded[:, :, top : top + height, left : left + width]
    return grad_input
