"""Sizes of convolutional networks: outputs, parameters, receptive fields.

Sources: the lecture's summary of the conv layer; Dumoulin & Visin (2016), "A guide to convolution
arithmetic for deep learning", arXiv:1603.07285; Araujo, Norris & Sim (2019), "Computing receptive
fields of convolutional neural networks", doi:10.23915/distill.00021.
"""

from collections.abc import Iterable
from typing import NamedTuple

from utils._common.printing import as_printed

__all__ = [
    "ConvParams",
    "ReceptiveField",
    "conv_output_size",
    "conv_params",
    "receptive_field",
]


class ConvParams(NamedTuple):
    """Learnable numbers of a conv layer."""

    weights: int
    biases: int

    @property
    def total(self) -> int:
        """Weights and biases together."""
        return self.weights + self.biases

    def __str__(self) -> str:
        return f"{self.weights:,} weights and {self.biases:,} biases, {self.total:,} together"

    def _repr_pretty_(self, printer, cycle: bool) -> None:
        as_printed(self, printer, cycle)


class ReceptiveField(NamedTuple):
    """What one unit sees of the input, along one axis.

    ``size`` is the number of input pixels it sees; ``jump`` the distance in input pixels between
    the regions of two neighbouring units; ``padding`` how far the first unit's region reaches over
    the edge.
    """

    size: int
    jump: int
    padding: int


def _integer(name: str, value, least: int) -> int:
    """Return ``value`` as an int, or say what is wrong with it."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, but got {value!r} ({type(value).__name__})")
    value = value.__index__()
    if value < least:
        raise ValueError(f"{name} must be at least {least}, but got {value}")
    return value


def _pair(name: str, value, least: int) -> tuple[int, int]:
    values = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(values) != 2:
        raise ValueError(f"{name} must be an integer or a pair of integers, but got {value!r}")
    return _integer(name, values[0], least), _integer(name, values[1], least)


def conv_output_size(input_size, kernel_size, stride=1, padding=0, dilation=1):
    """Output size of a convolution: ``floor((W - D(F - 1) - 1 + 2P) / S) + 1``.

    With dilation 1 this is the lecture's ``(W - F + 2P) / S + 1``, rounded down when the window's
    last step does not fit, as torch does (arXiv:1603.07285, relationship 6).

    Args:
        input_size: W, in pixels; an int, or a pair (height, width).
        kernel_size: F, in pixels; an int or a pair, as are the following.
        stride: S, pixels per step.
        padding: P, zeros on each side.
        dilation: D, distance between neighbouring kernel elements.

    Returns:
        An int if every argument is one, else a pair of ints (height, width).

    Raises:
        TypeError: an argument is not an integer or a pair of integers.
        ValueError: an argument is out of range, or the kernel does not fit into the padded input.
    """
    arguments = (input_size, kernel_size, stride, padding, dilation)
    sizes = zip(
        _pair("input_size", input_size, 0),
        _pair("kernel_size", kernel_size, 1),
        _pair("stride", stride, 1),
        _pair("padding", padding, 0),
        _pair("dilation", dilation, 1),
        strict=True,
    )
    outputs = []
    for size, kernel, step, pad, spread in sizes:
        room = size + 2 * pad - (spread * (kernel - 1) + 1)
        if room < 0:
            raise ValueError(
                f"the kernel does not fit: it spans {spread * (kernel - 1) + 1} pixels "
                f"(kernel_size {kernel}, dilation {spread}), but the padded input has only "
                f"{size + 2 * pad} (input_size {size}, padding {pad}); use a smaller kernel or "
                "more padding"
            )
        outputs.append(room // step + 1)
    is_pair = any(isinstance(argument, tuple | list) for argument in arguments)
    return tuple(outputs) if is_pair else outputs[0]


def conv_params(in_channels, out_channels, kernel_size, groups=1, bias=True) -> ConvParams:
    """Learnable numbers of a conv layer: F·F·D1 weights a filter, K filters, K biases.

    Args:
        in_channels: D1, depth of the input.
        out_channels: K, number of filters and depth of the output.
        kernel_size: F, an int or a pair (height, width).
        groups: each filter sees only ``in_channels / groups`` channels.
        bias: whether each filter has a bias.

    Raises:
        TypeError: an argument is not an integer.
        ValueError: an argument is below 1, or ``groups`` does not divide both depths.
    """
    in_channels = _integer("in_channels", in_channels, 1)
    out_channels = _integer("out_channels", out_channels, 1)
    groups = _integer("groups", groups, 1)
    height, width = _pair("kernel_size", kernel_size, 1)
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"groups must divide both depths, but groups={groups}, in_channels={in_channels}, "
            f"out_channels={out_channels}"
        )
    weights = height * width * (in_channels // groups) * out_channels
    return ConvParams(weights, out_channels if bias else 0)


def receptive_field(layers: Iterable[tuple[int, ...]]) -> ReceptiveField:
    """Receptive field of a stack of layers, by the recurrence ``r += (F - 1) j``, ``j *= S``.

    Args:
        layers: ``(kernel_size, stride, padding)`` of each conv or pooling layer, first layer
            first; stride and padding may be left out and are then 1 and 0.

    Returns:
        The field of one unit of the last layer; of an empty stack, one pixel.

    Raises:
        TypeError: a size is not an integer.
        ValueError: a size is out of range, or a layer is not of this form.

    Source: Araujo et al. (2019), section "Solving recurrence equations".
    """
    size, jump, padding = 1, 1, 0
    for place, layer in enumerate(layers, start=1):
        if not isinstance(layer, tuple | list) or not 1 <= len(layer) <= 3:
            raise ValueError(
                f"layer {place} must be (kernel_size, stride, padding), but is {layer!r}"
            )
        kernel = _integer(f"kernel_size of layer {place}", layer[0], 1)
        stride = _integer(f"stride of layer {place}", layer[1] if len(layer) > 1 else 1, 1)
        pad = _integer(f"padding of layer {place}", layer[2] if len(layer) > 2 else 0, 0)
        size += (kernel - 1) * jump
        padding += pad * jump
        jump *= stride
    return ReceptiveField(size, jump, padding)
