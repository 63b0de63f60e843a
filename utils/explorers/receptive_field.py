"""What a unit sees of the image, followed back through a stack of layers."""

import itertools
from typing import NamedTuple

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor
from traitlets import Int, TraitType

from utils import functional, plots, sizing
from utils.explorers.base import Explorer
from utils.sizing.tracing import Step, pair, trace

__all__ = ["ReceptiveField"]

KINDS = ("conv", "pool")
MOST = {"kernel_size": 15, "stride": 8, "padding": 7}
DEPTH, SIZE = 24, 256  # a stack of VGG with 19 layers has 21, an image of ImageNet 224 pixels
LARGE, SMALL = [[7, 1, 3, "conv"]], [[3, 1, 1, "conv"]] * 3


class Layers(TraitType):
    """A trait that takes a stack of layers, as `sizing.receptive_field` does, and their kinds.

    It holds a list of ``[kernel_size, stride, padding, kind]``, first layer first.

    Args:
        least: how many layers there must be.
    """

    def __init__(self, default, least: int):
        super().__init__(default)
        self.least = least
        self.tag(sync=True)

    def validate(self, owner, value) -> list:
        """Return the stack with all that was left out; errors are those of the explorer."""
        if not isinstance(value, list | tuple):
            raise TypeError(
                f"{self.name} must be a list of (kernel_size, stride, padding), but is "
                f"{type(value).__name__}"
            )
        if not self.least <= len(value) <= DEPTH:
            raise ValueError(
                f"{self.name} must hold {self.least} to {DEPTH} layers, but holds {len(value)}"
            )
        return [_layer(place, layer) for place, layer in enumerate(value, start=1)]


def _layer(place: int, layer) -> list:
    """Return ``[kernel_size, stride, padding, kind]``, or say what is wrong with a layer."""
    numbers, kind = layer, "conv"
    if isinstance(layer, list | tuple) and len(layer) > 1 and isinstance(layer[-1], str):
        *numbers, kind = layer
    sizing.receptive_field([(1,)] * (place - 1) + [numbers])  # raises if this is no layer
    if kind not in KINDS:
        raise ValueError(f"layer {place} must be of kind 'conv' or 'pool', but is {kind!r}")
    numbers = [*map(int, numbers), *(1, 0)[len(numbers) - 1 :]]
    for (name, most), number in zip(MOST.items(), numbers, strict=True):
        if number > most:
            raise ValueError(
                f"{name} of layer {place} is {number}; at most {most} can be drawn so that it is "
                "still read"
            )
    return [*numbers, kind]


class View(NamedTuple):
    """A unit of the layer `top`, and the ways that lead from it to each level, 0 the input."""

    sizes: list[int]
    top: int
    row: int
    column: int
    rows: list[Tensor]
    columns: list[Tensor]


class ReceptiveField(Explorer, script="receptive_field.js"):
    """Point at a unit in a stack of layers, and see what it sees grow back to the input.

    Every argument is a trait, which can be read and set while the explorer is open.

    Args:
        layers: ``(kernel_size, stride, padding)`` of each conv or pooling layer, first layer first,
            at most (15, 8, 7) and 24 layers; stride and padding may be left out and are then 1 and
            0. ``"pool"`` as the last of a layer makes it a pooling layer, which has no weights.
            Without layers, three 3x3.
        other: a second stack beside it, or ``[]``; without layers, one 7x7.
        size: height and width of the input, 1 to 256; a little more than the fields without it.
        channels: C, in and out of each conv layer, 1 to 1024: for the number of weights.
        layer: the layer whose unit is looked at, counted from 1; None is the last.
        row, column: the unit's place, counted from 0; None is the middle.
        steps: through how many layers it is followed back; None is all, down to the input.

    Raises:
        TypeError: a size is not an integer.
        ValueError, traitlets.TraitError: a size is out of range, a stack too deep, or a layer not
            of this form.

    Source: the lecture's VGG slides; Araujo, Norris & Sim (2019), doi:10.23915/distill.00021; for
    the ways, Luo et al. (2016), arXiv:1701.04128, section 2.
    """

    layers = Layers(SMALL, least=1)
    other = Layers(LARGE, least=0)
    PARTS = (
        "example", "size", "layer", "row", "column", "steps", "channels", "other", "player",
    )  # fmt: skip

    size = Int(15, min=1, max=SIZE).tag(sync=True)
    channels = Int(64, min=1, max=1024).tag(sync=True)
    layer = Int(None, min=1, allow_none=True).tag(sync=True)
    row = Int(None, min=0, allow_none=True).tag(sync=True)
    column = Int(None, min=0, allow_none=True).tag(sync=True)
    steps = Int(None, min=0, allow_none=True).tag(sync=True)

    def __init__(self, layers=None, other=None, **settings):
        if layers is not None:
            settings |= {"layers": layers, "other": other or []}
        elif other is not None:
            settings["other"] = other
        super().__init__(**settings)
        if "size" not in settings:
            largest = max(field.size for field in self.fields() + self.fields("other"))
            self.size = max(15, min(largest + 4, SIZE))

    @classmethod
    def of(cls, model: torch.nn.Module, input_shape=(3, 224, 224), layer=None, **settings):
        """Take the stack of a model: its conv and pooling layers in the order in which they run.

        Args:
            model: takes (N, C, H, W).
            input_shape: (channels, height, width) of its image, height and width equal.
            layer: name of the last layer to take, as in ``model.named_modules()``; None takes all.
            settings: other traits.

        Raises:
            ValueError: the model is not a chain of square layers without dilation, or is too large
                to be drawn; or there is no such layer.
        """
        if input_shape[1] != input_shape[2]:
            raise ValueError(f"the input must be square, but input_shape is {tuple(input_shape)}")
        steps = [s for s in trace(model, input_shape).steps if hasattr(s.layer, "kernel_size")]
        names = [step.name for step in steps]
        if not names:
            raise ValueError("the model has no conv or pooling layer")
        if layer is not None and layer not in names:
            raise ValueError(
                f"no conv or pooling layer is called {layer!r}; there are {', '.join(names)}"
            )
        steps = steps[: len(names) if layer is None else names.index(layer) + 1]
        layers = [_window(step) for step in steps]
        explorer = cls(layers, **{"size": input_shape[1]} | settings)
        for place, step in enumerate(steps, start=1):
            field = sizing.receptive_field(stack[:3] for stack in explorer.layers[:place])
            if step.field != tuple((number, number) for number in field):
                raise ValueError(
                    f"the model is no chain: what {step.name} sees comes on several ways; take a "
                    "part of the model, or another layer as the last"
                )
        return explorer

    def fields(self, stack: str = "layers") -> list[sizing.ReceptiveField]:
        """The receptive field behind each layer of the stack ``"layers"`` or ``"other"``."""
        layers = [layer[:3] for layer in getattr(self, stack)]
        return [sizing.receptive_field(layers[:n]) for n in range(1, len(layers) + 1)]

    def ways(self, stack: str = "layers") -> Tensor:
        """Count the ways that lead from the unit to each pixel of the input, (size, size).

        The count is the gradient of the unit when all filters are ones. Layers that do not fit, and
        those above them, are left out.
        """
        view = self._view(stack)
        return torch.outer(view.rows[0], view.columns[0])

    def _view(self, stack: str) -> View:
        layers, sizes = getattr(self, stack), [self.size]
        for kernel, stride, padding, _ in layers:
            if sizes[-1] + 2 * padding < kernel:
                break
            sizes.append(sizing.conv_output_size(sizes[-1], kernel, stride, padding))
        top = min(self.layer or DEPTH, len(sizes) - 1)
        row, column = (
            sizes[top] // 2 if place is None else min(place, sizes[top] - 1)
            for place in (self.row, self.column)
        )
        rows, columns = (_descend(layers[:top], sizes, place) for place in (row, column))
        return View(sizes, top, row, column, rows, columns)

    def picture(self) -> Figure:
        """Draw the stacks from the side, with what the unit sees, and the ways to each pixel."""
        stacks = [stack for stack in ("layers", "other") if getattr(self, stack)]
        views = [self._view(stack) for stack in stacks]
        height, size = max(len(view.sizes) for view in views), self.size
        figure, axes = plt.subplots(
            2, len(stacks), figsize=(4.2 * len(stacks) + 1, 0.42 * height + 1.6), squeeze=False,
            sharex=True, height_ratios=(height, 2), layout="constrained",
        )  # fmt: skip
        for stack, view, (side, bars) in zip(stacks, views, axes.T, strict=True):
            _draw_side(side, getattr(self, stack), view)
            field = self.fields(stack)[view.top - 1].size if view.top else 0
            side.set_title(f"the field: {field} x {field} pixels", fontsize=11)
            side.set(ylim=(-0.6, height - 0.6), xlim=(-size / 4 - 0.5, 1.25 * size))
            bars.bar(range(size), view.columns[0].tolist(), width=1, color=plots.OKABE_ITO["blue"])
            bars.set(xlabel="pixel of the input", ylabel="ways")
            bars.set_xticks([0, size // 2, size - 1], [1, size // 2 + 1, size])  # as `alt` counts
            bars.spines[["top", "right"]].set_visible(False)
        return figure

    def alt(self) -> str:
        """Say what the picture shows."""
        return " ".join(self._say(stack) for stack in ("layers", "other") if getattr(self, stack))

    def _say(self, stack: str) -> str:
        layers, view = getattr(self, stack), self._view(stack)
        names = [
            f"{'pooling ' * (kind == 'pool')}{kernel}x{kernel}{f' stride {stride}' * (stride > 1)}"
            for kernel, stride, _, kind in layers
        ]
        runs = [(name, len(list(same))) for name, same in itertools.groupby(names)]
        listed = ", ".join(f"{f'{count} of ' * (count > 1)}{name}" for name, count in runs)
        count = "1 layer" if len(layers) == 1 else f"{len(layers)} layers"
        text = f"A stack of {count} ({listed}) on {self.size} x {self.size} pixels."
        if view.top == 0:
            return f"{text} The first layer does not fit, so there is no unit."
        field = self.fields(stack)[view.top - 1]
        seen = [ways.nonzero().flatten().tolist() for ways in (view.rows[0], view.columns[0])]
        unit = f"The unit at row {view.row + 1}, column {view.column + 1} of layer {view.top}"
        text = f"{text} {unit} has a receptive field of {field.size} x {field.size} pixels"
        if not all(seen):
            return f"{text}, all of it padding."
        (top, *_, bottom), (left, *_, right) = (places * 2 for places in seen)
        return (
            f"{text}; of the image it sees rows {top + 1} to {bottom + 1} and columns {left + 1} "
            f"to {right + 1}. Along a row, a pixel is reached on at most "
            f"{view.columns[0].max():,.0f} of {view.columns[0].sum():,.0f} ways."
        )


def _window(step: Step) -> list:
    """A model's layer as a layer of a stack."""
    layer, kernel = step.layer, pair(step.layer.kernel_size)
    stride, dilation = getattr(layer, "stride", None) or kernel, getattr(layer, "dilation", 1)
    padding = getattr(layer, "padding", 0)
    if isinstance(padding, str):  # torch's "same" and "valid"
        padding = (kernel[0] - 1) // 2 if padding == "same" else 0
    numbers = {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    for name, value in numbers.items():
        if pair(value)[0] != pair(value)[1]:
            raise ValueError(f"{step.name} is not square: its {name} is {value}")
    *window, dilation = [pair(value)[0] for value in numbers.values()]
    if dilation > 1:
        raise ValueError(f"{step.name} has dilation {dilation}; only 1 can be drawn")
    if sizing.conv_output_size(step.input.shape[-1], *window) != step.output.shape[-1]:
        raise ValueError(f"the output size of {step.name} is rounded up, which cannot be drawn")
    return [*window, "conv" if hasattr(layer, "out_channels") else "pool"]


def _descend(layers: list, sizes: list[int], unit: int) -> list[Tensor]:
    """Ways along one axis from a unit to each level, input first: a gradient through ones."""
    levels = [torch.zeros(1, 1, 1, sizes[len(layers)], dtype=torch.float64)]
    levels[0][..., unit] = 1
    for place in reversed(range(len(layers))):
        kernel, stride, padding, _ = layers[place]
        below = levels[0].new_zeros(1, 1, 1, sizes[place])
        ones = levels[0].new_ones(1, 1, 1, kernel)
        ways, _, _ = functional.conv2d_backward(
            levels[0], below, ones, (1, stride), (0, padding), method="im2col",
            output_mask=(True, False, False),
        )  # fmt: skip
        assert ways is not None  # the mask asks for it
        levels.insert(0, ways)
    return [ways.flatten() for ways in levels]


def _draw_side(axis, layers: list, view: View) -> None:
    """One row of units a level, the input at the bottom; a unit stands above its field's middle."""
    blue, many = plots.OKABE_ITO["sky"], view.sizes[0] > 64
    seen: list[list[float]] = []
    for level, size in enumerate(view.sizes):
        field = sizing.receptive_field(layer[:3] for layer in layers[:level])
        half = max(0.5, min(0.375 * field.jump, view.sizes[0] / 40))
        ways = view.columns[level] if level <= view.top else torch.zeros(size)
        seen.append([])
        for unit, count in enumerate(ways):
            middle = unit * field.jump - field.padding + (field.size - 1) / 2
            if count:
                seen[-1] += [middle - half, middle + half]
            color = blue if count else "0.85" if many else "white"
            place, width = (middle - half, level - 0.3), 0 if many else 0.5
            axis.add_patch(
                plt.Rectangle(place, 2 * half, 0.6, facecolor=color, edgecolor="0.6", lw=width)
            )
        if level and seen[-2] and seen[-1]:
            corners = [(seen[-2][0], level - 0.7), (seen[-2][-1], level - 0.7)]
            corners += [(seen[-1][-1], level - 0.3), (seen[-1][0], level - 0.3)]
            axis.add_patch(plt.Polygon(corners, color=blue, alpha=0.25, lw=0))
    if view.top:
        field = sizing.receptive_field(layer[:3] for layer in layers[: view.top])
        first = view.column * field.jump - field.padding - 0.5
        color = plots.OKABE_ITO["vermillion"]
        axis.plot([first, first + field.size], [-0.45] * 2, color=color, lw=3, ls="-", marker="")
    axis.set_yticks(range(len(view.sizes)), ["input", *range(1, len(view.sizes))])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
