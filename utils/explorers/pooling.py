"""Max and average pooling, the gradient going back, and what a shift of the input leaves."""

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor
from traitlets import Enum, Int, Tuple, validate

from utils import functional, plots, sizing
from utils.explorers.base import Explorer, Numbers

__all__ = ["Pooling"]

# As behind a ReLU: a few places where a feature was found, among many where it was not. The first
# window of 2 x 2 has a tie; of the others, some keep their winner when all moves by a pixel.
INPUT = [
    [5.0, 0.0, 0.0, 2.0, 0.0, 0.0, 1.0, 0.0],
    [1.0, 5.0, 0.0, 0.0, 4.0, 1.0, 0.0, 0.0],
    [0.0, 2.0, 9.0, 3.0, 0.0, 0.0, 0.0, 3.0],
    [0.0, 0.0, 4.0, 1.0, 0.0, 2.0, 7.0, 2.0],
    [3.0, 1.0, 0.0, 0.0, 6.0, 1.0, 0.0, 0.0],
    [1.0, 0.0, 0.0, 2.0, 1.0, 0.0, 0.0, 5.0],
    [0.0, 0.0, 8.0, 2.0, 0.0, 0.0, 2.0, 1.0],
    [0.0, 4.0, 1.0, 0.0, 3.0, 0.0, 0.0, 0.0],
]


class Pooling(Explorer, script="pooling.js"):
    """Pool an input: which pixel wins each window, where its gradient goes, what a shift changes.

    Every argument is a trait, which can be read and set while the explorer is open.

    Args:
        input: (H, W) numbers, at most (16, 16).
        mode: ``"max"`` or ``"average"``.
        kernel_size: extent of the square window, F, 1 to 16 pixels.
        stride: pixels per step, S, 1 to 16; None means ``kernel_size``.
        padding: border on each side, 0 to 4 pixels and at most half a window: minus infinity for
            the maximum, zeros that count for the mean.
        grad_output: (H2, W2) gradient of the loss with respect to the output. Without it, and
            where another setting has changed the output's size since, it is all ones.
        shift: by how many (rows, columns) the input is moved down and to the right, each -16 to 16;
            what leaves on one side comes in on the other, as with ``torch.roll``.
        row, column: which number of the output is looked at, counted from 0.

    Raises:
        TypeError: input or grad_output are no numbers.
        ValueError, traitlets.TraitError: a shape or a number is out of range, or grad_output is not
            shaped as the output.

    Source: the lecture's pooling slides; Krizhevsky, Sutskever & Hinton (2012), section 3.4
    (overlapping windows).
    """

    PARTS = (
        "mode", "layer", "kernel_size", "stride", "padding", "row", "column", "player", "shift",
        "output", "parameters", "winners",
    )  # fmt: skip

    input = Numbers("H, W", (16, 16), INPUT)
    mode = Enum(["max", "average"], "max").tag(sync=True)
    kernel_size = Int(2, min=1, max=16).tag(sync=True)
    stride = Int(2, min=1, max=16).tag(sync=True)
    padding = Int(0, min=0, max=4).tag(sync=True)
    grad_output = Numbers("H2, W2", (17, 17), None, allow_none=True)
    shift = Tuple(Int(min=-16, max=16), Int(min=-16, max=16), default_value=(0, 0)).tag(sync=True)
    row = Int(0, min=0).tag(sync=True)
    column = Int(0, min=0).tag(sync=True)

    def __init__(self, input=None, *, stride=None, **settings):
        if input is not None:
            settings["input"] = input
        if stride is None and "kernel_size" in settings:
            stride = settings["kernel_size"]
        if stride is not None:
            settings["stride"] = stride
        super().__init__(**settings)

    @validate("grad_output")
    def _is_shaped_as_the_output(self, proposal):
        value = proposal["value"]
        if value is None:
            return value
        shape, expected = tuple(torch.tensor(value).shape), self.output_size()
        if shape != expected:
            raise ValueError(
                f"grad_output must be shaped as the output, {expected}, but is {shape}. To change "
                "it together with what the output's size depends on, set them inside "
                "`with explorer.hold_trait_notifications():`"
            )
        return value

    def output_size(self) -> tuple[int, int]:
        """Compute (H2, W2).

        Raises:
            ValueError: the window does not fit, or the padding is more than half of it.
        """
        if 2 * self.padding > self.kernel_size:
            raise ValueError(
                f"padding {self.padding} is more than half of a window of {self.kernel_size}"
            )
        size = tuple(torch.tensor(self.input).shape)
        return sizing.conv_output_size(size, self.kernel_size, self.stride, self.padding)

    def shifted(self) -> Tensor:
        """Return the input as it is pooled, (H, W)."""
        return torch.tensor(self.input, dtype=torch.float64).roll(self.shift, (0, 1))

    def output(self) -> Tensor:
        """Compute the output (H2, W2) that is shown, with the course's own pooling layers.

        Raises:
            ValueError: as :meth:`output_size`.
        """
        return self._pooled(self.shifted())

    def winners(self) -> Tensor:
        """Return where each window's maximum stands, as flat indices into the (H, W) shown.

        Raises:
            ValueError: as :meth:`output_size`.
        """
        image, window = self.shifted()[None], self._window()
        return functional.max_pool2d(image, *window, return_indices=True)[1][0]

    def gradient(self) -> Tensor:
        """Compute the gradient of the shifted input, (H, W).

        Raises:
            ValueError: as :meth:`output_size`.
        """
        backward = {"max": "max_pool2d_backward", "average": "avg_pool2d_backward"}[self.mode]
        image, grad = self.shifted(), torch.ones(self.output_size(), dtype=torch.float64)
        if self.grad_output is not None:
            own = torch.tensor(self.grad_output, dtype=torch.float64)
            grad = own if own.shape == grad.shape else grad
        return getattr(functional, backward)(grad[None], image[None], *self._window())[0]

    def unchanged(self) -> Tensor:
        """Say which outputs are the same as before the shift, (H2, W2) of bool.

        Means are sums in another order, so they are the same up to rounding.

        Raises:
            ValueError: as :meth:`output_size`.
        """
        before = torch.tensor(self.input, dtype=torch.float64)
        return (self.output() - self._pooled(before)).abs() <= 1e-9 * before.abs().max()

    def _window(self) -> tuple[int, int, int]:
        return self.kernel_size, self.stride, self.padding

    def _pooled(self, image: Tensor) -> Tensor:
        pool = {"max": functional.max_pool2d, "average": functional.avg_pool2d}[self.mode]
        return pool(image[None], *self._window())[0]

    def picture(self) -> Figure:
        """Draw the shifted input, the output, and the gradient of the input."""
        around = [self.padding] * 4
        windows: list[tuple[int, ...]] = []
        here: list[tuple[int, ...]] = []
        shown = torch.nn.functional.pad(self.shifted(), around, value=torch.nan)
        try:
            output, gradient = self.output(), self.gradient()
            row, column = min(self.row, len(output) - 1), min(self.column, len(output[0]) - 1)
            windows = [(row * self.stride, column * self.stride, *[self.kernel_size] * 2)]
            here = [(row, column, 1, 1)]
        except ValueError:
            output, gradient = torch.full((1, 1), torch.nan), torch.full_like(shown, torch.nan)
        else:
            gradient = torch.nn.functional.pad(gradient, around, value=torch.nan)
        parts = [("input", shown, windows), ("output", output, here)]
        parts.append(("gradient of the input", gradient, windows))
        widths = [max(part.shape[1], 3) for _, part, _ in parts]
        height = max(part.shape[0] for _, part, _ in parts)
        figure, axes = plt.subplots(
            1, 3, figsize=(0.42 * sum(widths) + 1, 0.42 * height + 0.5), width_ratios=widths
        )
        for axis, (title, part, frames) in zip(axes, parts, strict=True):
            plots.draw_matrix(axis, part, title, frames)
        return figure

    def alt(self) -> str:
        """Say what the picture shows."""
        height, width = self.shifted().shape
        extent, stride, padding = self._window()
        text = (
            f"{self.mode.capitalize()} pooling of {height} x {width} numbers with windows of "
            f"{extent} x {extent}, stride {stride}, padding {padding}."
        )
        try:
            self.output_size()
            output, gradient, same = self.output(), self.gradient(), self.unchanged()
        except ValueError as error:
            return f"{text} There is no output: {error}."
        row, column = min(self.row, len(output) - 1), min(self.column, len(output[0]) - 1)
        text += (
            f" The output has {' x '.join(map(str, output.shape))} numbers; at row {row + 1}, "
            f"column {column + 1} it is {output[row, column]:.4g}. The gradient is not zero "
            f"at {gradient.count_nonzero()} of the {height * width} pixels."
        )
        if any(self.shift):
            text += (
                f" After a shift by {self.shift} rows and columns, {same.sum()} of {same.numel()} "
                "outputs are unchanged."
            )
        return text
