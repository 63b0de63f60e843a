"""What pooling layers share: reading their hyperparameters, and views of their windows."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import (
    Pair,
    check_shape,
    check_tensors,
    integers,
    is_half,
    shape,
    slices,
)

# Work that fits a CPU's cache is done a block at a time.
BLOCK_BYTES = 4 * 2**20


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


def pool_geometry(layer, input, kernel_size, stride, padding, dilation, ceil_mode) -> PoolGeometry:
    """Read and check a pooling layer's hyperparameters against its input."""
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
    rows, columns = (_output_size(*axis, ceil_mode) for axis in axes)
    if min(rows, columns) < 1:
        raise ValueError(
            f"{layer}: the window does not fit: it spans {spans}, but the input of shape "
            f"{shape(input)} padded by {padding} has only "
            f"{tuple(n + 2 * p for n, p in zip(input.shape[-2:], padding, strict=True))}"
        )
    reach = ((rows - 1) * stride[0] + spans[0], (columns - 1) * stride[1] + spans[1])
    return PoolGeometry(kernel, stride, padding, dilation, (rows, columns), reach)


def working_dtype(tensor: Tensor) -> torch.dtype:
    """In which sums are kept: 32 bits for 16-bit numbers."""
    return torch.float32 if is_half(tensor) else tensor.dtype


def padded_for(input: Tensor, geometry: PoolGeometry, value: float) -> Tensor:
    """Pad so that every window is whole; cut off what no window reaches."""
    (top, left), (height, width) = geometry.padding, input.shape[-2:]
    bottom, right = geometry.reach[0] - top - height, geometry.reach[1] - left - width
    if (top, left, bottom, right) == (0, 0, 0, 0):
        return input
    return pad(input, (left, right, top, bottom), value=value)


def taps(tensor: Tensor, geometry: PoolGeometry, axis: int) -> list[Tensor]:
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


def running(combine, views: list[Tensor]) -> Tensor:
    """Combine all views, one after the other: a running sum or maximum."""
    if len(views) == 1:
        return views[0].clone()
    result = combine(*views[:2])
    for view in views[2:]:
        result = combine(result, view)
    return result


def window_views(padded: Tensor, geometry: PoolGeometry):
    """Views of a padded tensor, one for each element of the window, row by row."""
    for rows in taps(padded, geometry, 0):
        yield from taps(rows, geometry, 1)


def blocks(input: Tensor) -> list[slice]:
    """Parts of a tensor's first axis that fit a CPU's cache; all of it on a GPU."""
    if input.device.type != "cpu" or len(input) == 0:
        return [slice(None)]
    return slices(len(input), max(1, BLOCK_BYTES // max(1, input[0].nbytes)))


def check_grad(layer: str, grad_output: Tensor, input: Tensor, geometry: PoolGeometry) -> None:
    """Raise unless ``grad_output`` has the output's shape."""
    check_tensors(layer, grad_output=grad_output, input=input)
    expected = (*input.shape[:-2], *geometry.output)
    check_shape(layer, "grad_output", grad_output, expected, f"the output's for {shape(input)}")


def cut_padding(gradient: Tensor, input: Tensor, geometry: PoolGeometry) -> Tensor:
    """Cut the padding off again; pixels that no window reached have no gradient."""
    (top, left), (height, width) = geometry.padding, input.shape[-2:]
    bottom, right = geometry.reach[0] - top - height, geometry.reach[1] - left - width
    if (top, left, bottom, right) == (0, 0, 0, 0):
        return gradient
    return pad(gradient, (-left, -right, -top, -bottom))
