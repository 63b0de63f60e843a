"""A window that slides over the input, with its dot product written out."""

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from traitlets import Int, validate

from utils import functional, plots
from utils.explorers.base import Explorer, Numbers

__all__ = ["Convolution"]

# Dark on the left, bright on the right; one bright spot. The filters find an edge and a blob.
INPUT = [[[9.0 if c > 3 or (r, c) == (4, 1) else 0.0 for c in range(7)] for r in range(7)]]
WEIGHT = [[[-1.0, 0.0, 1.0]] * 3, [[1.0, 1.0, 1.0]] * 3]


class Convolution(Explorer, script="convolution.js"):
    """Slide filters over an input: each dot product, the size of the output, what it costs.

    Every argument is a trait, which can be read and set while the explorer is open.

    Args:
        input: (C, H, W) numbers, at most (4, 16, 16).
        weight: (K, C, F, F) filters, at most (4, 4, 7, 7); without them, an edge and a sum.
        bias: K numbers; without them, zeros.
        size: how many rows and columns of the input are used, from the top left; all without it.
        stride: pixels per step, 1 to 5.
        padding: zeros on each side, 0 to 4.
        dilation: distance between the pixels that a filter looks at, 1 to 3.
        filter, row, column: which number of the output is looked at, counted from 0.

    Raises:
        TypeError: input, weight or bias are no numbers.
        ValueError, traitlets.TraitError: a shape or a number is out of range, or filters, biases
            and channels do not belong together.

    Source: the lecture's conv layer; Dumoulin & Visin (2016), arXiv:1603.07285.
    """

    PARTS = (
        "size", "kernel_size", "stride", "padding", "dilation", "filter", "row", "column",
        "player", "output", "parameters", "multiply_adds",
    )  # fmt: skip

    input = Numbers("C, H, W", (4, 16, 16), INPUT)
    weight = Numbers("K, C, F, F", (4, 4, 7, 7), [[one] for one in WEIGHT])
    bias = Numbers("K", (4,), [0.0, 0.0])
    size = Int(16, min=1, max=16).tag(sync=True)
    stride = Int(1, min=1, max=5).tag(sync=True)
    padding = Int(0, min=0, max=4).tag(sync=True)
    dilation = Int(1, min=1, max=3).tag(sync=True)
    filter = Int(0, min=0).tag(sync=True)
    row = Int(0, min=0).tag(sync=True)
    column = Int(0, min=0).tag(sync=True)

    def __init__(self, input=None, weight=None, bias=None, **settings):
        given = {"input": input, "weight": weight, "bias": bias}
        given = {name: value for name, value in given.items() if value is not None}
        if input is not None and weight is None:
            given["weight"] = [[one] * len(input) for one in WEIGHT]
        if weight is not None and bias is None:
            given["bias"] = [0.0] * len(weight)
        super().__init__(**given, **settings)
        self.size = min(self.size, max(len(self.input[0]), len(self.input[0][0])))

    @validate("input", "weight", "bias")
    def _belong_together(self, proposal):
        value, name = proposal["value"], proposal["trait"].name
        now = {"input": self.input, "weight": self.weight, "bias": self.bias, name: value}
        shapes = {name: tuple(torch.tensor(numbers).shape) for name, numbers in now.items()}
        filters, channels, height, width = shapes["weight"]
        if height != width:
            raise ValueError(f"weight must hold square filters, but they are {height} x {width}")
        for count, what in [(channels, "input"), (filters, "bias")]:
            if count != shapes[what][0]:
                raise ValueError(
                    f"weight {shapes['weight']} and {what} {shapes[what]} do not "
                    "belong together: filters are (K, C, F, F), the input (C, H, W), biases (K,). "
                    "To change both, set them inside `with explorer.hold_trait_notifications():`"
                )
        return value

    def output(self) -> torch.Tensor:
        """Compute the output (K, H2, W2) that is shown, with the course's own conv layer.

        Raises:
            ValueError: the filter is larger than the padded input.
        """
        cut = torch.tensor(self.input)[None, :, : self.size, : self.size]
        weight, bias = torch.tensor(self.weight), torch.tensor(self.bias)
        return functional.conv2d(cut, weight, bias, self.stride, self.padding, self.dilation)[0]

    def picture(self) -> Figure:
        """Draw the first channel of the input, of the filter, and the output."""
        which = min(self.filter, len(self.weight) - 1)
        cut = torch.tensor(self.input[0])[: self.size, : self.size]
        shown = torch.nn.functional.pad(cut, [self.padding] * 4)
        reach = self.dilation * (len(self.weight[0][0]) - 1) + 1
        try:
            output = self.output()[which]
            row, column = min(self.row, len(output) - 1), min(self.column, len(output[0]) - 1)
            windows = [(row * self.stride, column * self.stride, reach, reach)]
        except ValueError:
            output, row, column, windows = torch.zeros(1, 1).fill_(torch.nan), 0, 0, []
        parts = [shown, torch.tensor(self.weight[which][0]), output]
        widths = [max(len(part[0]), 2) for part in parts]
        figure, axes = plt.subplots(
            1, 3, figsize=(0.42 * sum(widths) + 1, 0.42 * max(map(len, parts)) + 0.5),
            width_ratios=widths,
        )  # fmt: skip
        depth, count = len(self.input), len(self.weight)
        part = f"\nchannel 1 of {depth}" if depth > 1 else ""
        place = f" {which + 1} of {count}" if count > 1 else ""
        plots.draw_matrix(axes[0], shown, f"input{part}", windows)
        plots.draw_matrix(axes[1], parts[1], f"filter{place}{part}")
        title = f"output\nchannel{place}" if place else "output"
        plots.draw_matrix(axes[2], output, title, [(row, column, 1, 1)] if windows else [])
        return figure

    def alt(self) -> str:
        """Say what the picture shows."""
        channels, kernel = len(self.input), len(self.weight[0][0])
        height, width = (min(self.size, n) for n in (len(self.input[0]), len(self.input[0][0])))
        text = (
            f"An input of {channels} x {height} x {width} numbers, {len(self.weight)} filters of "
            f"{kernel} x {kernel}, stride {self.stride}, padding {self.padding}"
            f"{'' if 'dilation' in self.without else f', dilation {self.dilation}'}."
        )
        try:
            output = self.output()
        except ValueError:
            return f"{text} The filter is larger than the padded input, so there is no output."
        filter, row, column = (
            min(place, size - 1)
            for place, size in zip((self.filter, self.row, self.column), output.shape, strict=True)
        )
        if channels > 1:
            text += (
                " Of input and filter only channel 1 is drawn; an output adds up "
                f"all {channels} channels."
            )
        return (
            f"{text} The output has {' x '.join(map(str, output.shape))} numbers. At row "
            f"{row + 1}, column {column + 1} of channel {filter + 1} it is "
            f"{output[filter, row, column]:.4g}."
        )
