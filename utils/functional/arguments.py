"""What the layers accept: reading their hyperparameters, and saying what is wrong with them."""

import functools
import operator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from utils.sizing import conv_output_size

Pair = tuple[int, int]


def integers(layer: str, name: str, value, least: int) -> Pair:
    """Read an int or a pair of ints (height, width), each at least ``least``."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"{layer}: {name} must be an int or a pair of ints, but is {value!r}")
    if not all(is_int(number) for number in pair):
        raise TypeError(f"{layer}: {name} must be an int or a pair of ints, but is {value!r}")
    if min(pair) < least:
        raise ValueError(f"{layer}: {name} must be at least {least}, but is {value!r}")
    return operator.index(pair[0]), operator.index(pair[1])


def is_int(value) -> bool:
    """Whether this is a whole number that torch would take: Python's or NumPy's, but no bool."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


class ConvGeometry(NamedTuple):
    """A convolution's hyperparameters, read: every pair is (height, width)."""

    kernel: Pair
    stride: Pair
    padding: tuple[int, int, int, int]  # left, right, top, bottom, as torch's pad takes them
    dilation: Pair
    groups: int
    output: Pair


def shape(tensor: Tensor) -> tuple[int, ...]:
    """A shape that prints as a plain tuple."""
    return tuple(tensor.shape)


def _padding(layer: str, padding, kernel: Pair, stride: Pair, dilation: Pair):
    spans = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if padding == "valid":
        return 0, 0, 0, 0
    if padding == "same":
        if stride != (1, 1):
            raise ValueError(f"{layer}: padding='same' needs stride 1, but stride is {stride}")
        # An odd total is split as torch does: the extra row and column go to the end.
        (top, left) = (span // 2 for span in spans)
        return left, spans[1] - left, top, spans[0] - top
    if isinstance(padding, str):
        raise ValueError(f"{layer}: padding must be 'same', 'valid' or ints, but is {padding!r}")
    height, width = integers(layer, "padding", padding, 0)
    return width, width, height, height


def check_tensors(layer: str, **tensors: Tensor | None) -> None:
    """Floating tensors of one dtype on one device, or a TypeError or ValueError that says which."""
    first, reference = "", None
    for name, tensor in tensors.items():
        if tensor is None:
            continue
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{layer}: {name} must be a torch tensor, but is {type(tensor)}")
        if not tensor.is_floating_point():
            raise TypeError(
                f"{layer}: {name} must hold floating-point numbers, but its dtype is "
                f"{tensor.dtype}; convert it with {name}.float()"
            )
        if reference is None:
            first, reference = name, tensor
        elif tensor.dtype != reference.dtype:
            raise TypeError(
                f"{layer}: {first} (shape {shape(reference)}) is {reference.dtype}, but {name} "
                f"(shape {shape(tensor)}) is {tensor.dtype}; convert one of them"
            )
        elif tensor.device != reference.device:
            raise ValueError(
                f"{layer}: {first} (shape {shape(reference)}) is on {reference.device}, but {name} "
                f"(shape {shape(tensor)}) is on {tensor.device}; move one of them"
            )


def conv_geometry(
    layer: str, input: Tensor, weight: Tensor, stride, padding, dilation, groups
) -> ConvGeometry:
    """Read and check a convolution's hyperparameters against its input and weight."""
    numbers = stride, padding, dilation, groups
    # A network asks the same again and again. True, 1.0 and 1 are one key, so only ints are kept.
    plain = all(type(value) is int or _is_plain(value) for value in numbers)
    read = _remembered_geometry if plain else _geometry
    return read(layer, shape(input), shape(weight), *numbers)


def _is_plain(value) -> bool:
    if type(value) is tuple:
        return all(type(number) is int for number in value)
    return type(value) is str


def _geometry(
    layer: str, input: tuple, weight: tuple, stride, padding, dilation, groups
) -> ConvGeometry:
    sides = f"input of shape {input}, weight of shape {weight}"
    if len(input) not in (3, 4):
        raise ValueError(
            f"{layer}: the input must be (N, C, H, W), or (C, H, W) for one image; got {sides}"
        )
    if len(weight) != 4:
        raise ValueError(f"{layer}: the weight must be (K, C // groups, FH, FW); got {sides}")
    if not is_int(groups):
        raise TypeError(f"{layer}: groups must be an int, but is {groups!r}")
    groups = operator.index(groups)
    filters, depth = weight[:2]
    channels = input[-3]
    if groups < 1 or filters % groups:
        raise ValueError(
            f"{layer}: groups={groups} must be at least 1 and divide the {filters} filters; "
            f"got {sides}"
        )
    if channels != depth * groups:
        raise ValueError(
            f"{layer}: the input has {channels} channels, but the weight expects {depth * groups} "
            f"({depth} for each of groups={groups}); got {sides}"
        )
    if 0 in weight:
        raise ValueError(f"{layer}: the weight must not be empty; got {sides}")
    kernel = (weight[2], weight[3])
    stride = integers(layer, "stride", stride, 1)
    dilation = integers(layer, "dilation", dilation, 1)
    padding = _padding(layer, padding, kernel, stride, dilation)
    left, right, top, bottom = padding
    padded = (input[-2] + top + bottom, input[-1] + left + right)
    try:
        output = conv_output_size(padded, kernel, stride, 0, dilation)
    except ValueError as error:
        raise ValueError(f"{layer}: {error}; got {sides}") from None
    return ConvGeometry(kernel, stride, padding, dilation, groups, output)


_remembered_geometry = functools.lru_cache(maxsize=1024)(_geometry)


def check_shape(layer: str, name: str, tensor: Tensor, expected: tuple, because: str) -> None:
    """Raise a ValueError with both sides' shapes unless ``tensor`` has the expected one."""
    if shape(tensor) != tuple(expected):
        raise ValueError(
            f"{layer}: {name} has shape {shape(tensor)}, but must have shape {tuple(expected)}: "
            f"{because}"
        )


def is_half(tensor: Tensor) -> bool:
    """Whether the numbers have 16 bits."""
    return tensor.dtype in (torch.float16, torch.bfloat16)


def wide(tensor: Tensor) -> Tensor:
    """16-bit numbers as 32-bit ones, in which sums are kept; others as they are."""
    return tensor.float() if is_half(tensor) else tensor


def is_channels_last(tensor: Tensor) -> bool:
    """Whether the channels of each pixel lie side by side in memory."""
    last = tensor.ndim == 4 and tensor.is_contiguous(memory_format=torch.channels_last)
    return last and not tensor.is_contiguous()


def slices(total: int, step: int) -> list[slice]:
    """``range(total)`` in slices of ``step``; the last may be shorter."""
    return [slice(start, min(start + step, total)) for start in range(0, total, step)]
