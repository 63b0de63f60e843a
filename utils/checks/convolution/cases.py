"""The inputs on which lessons 1 and 2 try a convolution layer, forward and backward."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import torch

from utils.checks.core import Case, Trait
from utils.watch import OTHERS

# Everything that would do a convolution, or differentiate it, for the student.
LIBRARY = (
    *(f"torch.{name}" for name in ("conv1d", "conv2d", "conv3d", "convolution")),
    *(f"torch.conv_transpose{d}d" for d in (1, 2, 3)),
    "torch.nn.modules.conv",
    "utils.functional",
    "utils.nn",
    "scipy.signal",
    "scipy.ndimage",
    *("numpy._core.numeric.convolve", "numpy._core.numeric.correlate"),
    *OTHERS,
)
# The same, but to borrow another part of the student's library (`utils.mine`) is allowed.
LAYERS_ONLY = (
    *(name for name in LIBRARY if name != "utils.functional"),
    *(
        f"utils.functional.conv{kind}"
        for kind in ("", "_depthwise", "_fft", "_im2col", "_winograd")
    ),
    "utils.functional.depthwise",
)
DERIVATIVES = (
    "torch.nn.grad",
    "torch.autograd.grad",
    "torch.autograd.backward",
    "torch.autograd.functional",
    "torch.autograd.forward_ad",
    "torch._functorch",
    "utils.gradients",
)


# For examples to be worked by hand. The kernel has no symmetry, so that every flip and turn shows.
HAND_IMAGE = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
HAND_KERNEL = torch.tensor([[1.0, 2], [3, 0]])


class Layer(NamedTuple):
    """The sizes of one case. `size` is (H, W)."""

    size: tuple[int, int]
    kernel: int
    images: int = 1
    channels: int = 1
    filters: int = 1
    stride: int = 1
    padding: int = 0
    bias: bool = False

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """The shape (N, C, H, W)."""
        return (self.images, self.channels, *self.size)

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """The shape (K, C, F, F)."""
        return (self.filters, self.channels, self.kernel, self.kernel)

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        """The shape (N, K, H_out, W_out)."""
        spans = (side + 2 * self.padding - self.kernel for side in self.size)
        height, width = (span // self.stride + 1 for span in spans)
        return (self.images, self.filters, height, width)


# One thing at a time first, so that a check can say which of them goes wrong; then together.
LAYERS = (
    Layer((3, 3), 2),
    Layer((3, 3), 2, channels=2),
    Layer((3, 3), 2, filters=2),
    Layer((3, 3), 2, filters=2, bias=True),
    Layer((3, 3), 2, images=2),
    Layer((3, 3), 3, padding=1),
    Layer((5, 5), 3, stride=2),
    Layer((3, 4), 2),
    Layer((4, 3), 2),
    Layer((3, 4), 1, channels=2, filters=3),
    Layer((6, 6), 3, stride=2),
    Layer((4, 5), 3, channels=2, filters=3, stride=2, padding=1, bias=True),
    Layer((5, 4), 3, images=2, channels=3, filters=2, padding=2, bias=True),
    Layer((7, 6), 3, images=2, channels=2, filters=2, stride=3, padding=1, bias=True),
)


def layer_cases(arguments: Callable[[Layer, int], dict]) -> list[Case]:
    """Make a case of every layer; `arguments(layer, seed)` gives the tensors."""
    cases = []
    for place, layer in enumerate(LAYERS):
        options = {"stride": layer.stride, "padding": layer.padding}
        # Defaults are left out, so that they are tried as well.
        given = {name: x for name, x in options.items() if x != Layer._field_defaults[name]}
        cases.append(Case(arguments(layer, 100 * place) | given))
    return cases


def in_double(cases: list[Case]) -> list[Case]:
    """Return the same cases in float64, with values that float32 cannot hold."""

    def doubled(value):
        if type(value) is tuple:
            return tuple(map(doubled, value))
        return value.double() / 7 if isinstance(value, torch.Tensor) else value

    return [
        replace(
            case,
            dtype=torch.float64,
            arguments={name: doubled(value) for name, value in case.arguments.items()},
        )
        for case in cases
    ]


def whole_numbers(*shape: int, seed: int) -> torch.Tensor:
    """Return small whole numbers as floats, never 0, without touching the global generator."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randint(-4, 5, shape, generator=generator)
    return torch.where(values == 0, 5, values).float()


def _sizes(case: Case) -> tuple[torch.Size, torch.Size]:
    return case.arguments["input"].shape, case.arguments["weight"].shape


def option(name: str, default: int = 0) -> Callable[[Case], int]:
    """Return a function that gives a case's argument of this name."""
    return lambda case: case.arguments.get(name, default)


def _several(name: str) -> Callable[[Case], bool]:
    return lambda case: case.arguments[name] > 1


stride, padding = option("stride", 1), option("padding")
STRIDE = Trait("stride > 1", "stride 1", lambda case: stride(case) > 1)
PADDING = Trait("padding > 0", "padding 0", lambda case: padding(case) > 0)
LAYER_TRAITS = (
    Trait("several images", "one image", lambda case: _sizes(case)[0][0] > 1),
    Trait("several input channels", "one input channel", lambda case: _sizes(case)[0][1] > 1),
    Trait("several filters", "one filter", lambda case: _sizes(case)[1][0] > 1),
    Trait("H different from W", "square inputs", lambda c: _sizes(c)[0][2] != _sizes(c)[0][3]),
    PADDING,
    STRIDE,
)
COUNT_TRAITS = (
    Trait("several input channels", "one input channel", _several("in_channels")),
    Trait("several filters", "one filter", _several("out_channels")),
    Trait("kernels larger than 1x1", "1x1 kernels", _several("kernel_size")),
)
BIAS = Trait("a bias", "no bias", lambda case: "bias" in case.arguments)
DOUBLE = Trait("float64", "float32", lambda case: case.dtype == torch.float64)


# A hand example: each number of the output's gradient is one power of ten, so that one sees in
# every digit of the result where it comes from.
_HAND_BACKWARD = Case(
    {
        "grad_output": torch.tensor([[[[1.0, 10], [100, 1000]]]]),
        "input": HAND_IMAGE[None, None],
        "weight": HAND_KERNEL[None, None],
    }
)


def _backward_arguments(layer: Layer, seed: int) -> dict:
    return {
        "grad_output": whole_numbers(*layer.output_shape, seed=seed),
        "input": whole_numbers(*layer.input_shape, seed=seed + 1),
        "weight": whole_numbers(*layer.weight_shape, seed=seed + 2),
    }


_cases = layer_cases(_backward_arguments)
BACKWARD_CASES = [_HAND_BACKWARD, *_cases, *in_double(_cases[-3:])]
