"""The inputs on which lesson 3 tries a pooling layer, forward and backward."""

from typing import NamedTuple

import torch

from utils.checks.convolution.cases import DERIVATIVES, DOUBLE, in_double, whole_numbers
from utils.checks.core import Case, Trait
from utils.watch import OTHERS

__all__ = ["LIBRARY", "OVERLAP", "TRAITS", "backward_cases", "forward_cases"]

# Everything that would pool, or differentiate a pooling layer, for the student.
LIBRARY = (
    *(f"torch.max_pool{d}d" for d in (1, 2, 3)),
    *(f"torch.max_pool{d}d_with_indices" for d in (1, 2, 3)),
    *(f"torch.avg_pool{d}d" for d in (1, 2, 3)),
    *(f"torch.adaptive_{kind}_pool{d}d" for kind in ("avg", "max") for d in (1, 2, 3)),
    *(f"torch.max_unpool{d}d" for d in (1, 2, 3)),
    "torch.nn.modules.pooling",
    "utils.functional",
    "utils.nn",
    "scipy.ndimage",
    *OTHERS,
    *DERIVATIVES,
)

# The example of the lecture's slide.
SLIDE = torch.tensor([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])


class Window(NamedTuple):
    """The sizes of one case: the input's shape, and the layer's hyperparameters."""

    shape: tuple[int, int, int, int]
    kernel_size: int
    stride: int
    padding: int = 0


WINDOWS = [
    Window((1, 1, 4, 4), 2, 2),
    Window((1, 2, 4, 4), 2, 2),
    Window((2, 1, 4, 4), 2, 2),
    Window((1, 1, 4, 6), 2, 2),
    Window((1, 1, 5, 5), 3, 2),
    Window((1, 1, 5, 4), 3, 1),
    Window((1, 1, 6, 6), 2, 3),
    Window((1, 1, 5, 5), 2, 2),
    Window((2, 3, 7, 6), 3, 2),
]
PADDED = [
    Window((1, 1, 4, 4), 3, 2, 1),
    Window((1, 1, 3, 4), 2, 2, 1),
    Window((2, 2, 6, 5), 3, 2, 1),
]


def _options(window: Window) -> dict:
    options = {"kernel_size": window.kernel_size, "stride": window.stride}
    return options | ({"padding": window.padding} if window.padding else {})


def forward_cases(padded: bool) -> list[Case]:
    """The slide's example first; then one thing at a time; all numbers negative in one case."""
    first = {"input": SLIDE[None, None], "kernel_size": 2, "stride": 2}
    windows = [*WINDOWS[1:], *(PADDED if padded else [])]
    cases = [
        Case({"input": whole_numbers(*window.shape, seed=place)} | _options(window))
        for place, window in enumerate(windows)
    ]
    below = -whole_numbers(1, 1, 4, 4, seed=50).abs()
    cases.append(Case({"input": below} | _options(PADDED[0] if padded else WINDOWS[0])))
    return [Case(first), *cases, *in_double(cases[-3:])]


def _backward_case(window: Window, seed: int) -> Case:
    input = whole_numbers(*window.shape, seed=seed)
    places = [
        (size + 2 * window.padding - window.kernel_size) // window.stride + 1
        for size in window.shape[2:]
    ]
    grad = whole_numbers(*window.shape[:2], *places, seed=seed + 1)
    return Case({"grad_output": grad, "input": input} | _options(window))


def backward_cases(padded: bool) -> list[Case]:
    """As the forward cases; ties are frequent, as the inputs are small whole numbers.

    The first of tied pixels gets the gradient: the lesson says so.
    """
    powers = torch.tensor([[[[1.0, 10], [100, 1000]]]])  # so that one sees where each goes
    first = {"grad_output": powers, "input": SLIDE[None, None, :3, :3], "kernel_size": 2}
    windows = [*WINDOWS[1:], *(PADDED if padded else [])]
    cases = [_backward_case(window, 10 * place) for place, window in enumerate(windows)]
    level = Case(first | {"input": torch.full((1, 1, 4, 4), 7.0), "stride": 2})
    if padded:
        below = _backward_case(PADDED[1], 200)
        below.arguments["input"] = -below.arguments["input"].abs()
        cases.insert(0, below)
    return [Case(first | {"stride": 1}), level, *cases, *in_double(cases[-3:])]


def _shape(case: Case) -> torch.Size:
    return case.arguments["input"].shape


OVERLAP = Trait(
    "windows that overlap",
    "windows that do not overlap",
    lambda case: case.arguments["stride"] < case.arguments["kernel_size"],
)
TRAITS = (
    Trait("several images", "one image", lambda case: _shape(case)[0] > 1),
    Trait("several channels", "one channel", lambda case: _shape(case)[1] > 1),
    Trait("H different from W", "square inputs", lambda c: _shape(c)[2] != _shape(c)[3]),
    OVERLAP,
    Trait("padding > 0", "padding 0", lambda case: case.arguments.get("padding", 0) > 0),
    DOUBLE,
)
