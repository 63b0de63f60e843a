"""A network as a stack of volumes: sizes, parameters, work and memory of every layer."""

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from traitlets import Dict, Int, List, validate

from utils import plots
from utils.explorers.base import Explorer
from utils.explorers.layers import (
    NETWORKS,
    LayerSizes,
    build,
    check_input,
    check_layers,
    sizes,
    taken_from,
)

__all__ = ["Sizing"]

COLOURS = {
    "input": "#8c959f",
    "conv": plots.OKABE_ITO["blue"],
    "pool": plots.OKABE_ITO["green"],
    "adaptive_pool": plots.OKABE_ITO["green"],
    "batch_norm": plots.OKABE_ITO["purple"],
    "linear": plots.OKABE_ITO["vermillion"],
}
NAMES = {"adaptive_pool": "pool", "batch_norm": "norm", "linear": "fc"}


class Sizing(Explorer, script="sizing.js"):
    """Change a layer, and see what follows: sizes, parameters, multiply-adds, memory.

    Every argument is a trait, which can be read and set while the explorer is open; set `layers`
    as a whole, a change inside of the list is not noticed.

    Args:
        network: where to start: ``"alexnet"`` (the paper's two towers, 227 pixels),
            ``"alexnet_torchvision"``, ``"vgg11"`` (the paper's A), ``"vgg13"`` (B), ``"vgg16_1x1"``
            (C), ``"vgg16"`` (D) or ``"vgg19"`` (E). Without it, and without `layers`, AlexNet.
        layers: dicts, first layer first, at most 64. The kinds and their settings:
            ``conv`` (out_channels, kernel_size, stride=1, padding=0, groups=1, bias=True),
            ``pool`` (kernel_size, stride=kernel_size, padding=0, mode="max" or "average"),
            ``adaptive_pool`` (output_size), ``batch_norm``, ``linear`` (out_features, bias=True).
            They need not fit one behind the other: the explorer says where they do not, and why.
        input: [channels, height, width] of an image.
        batch_size: images at a time, 1 to 4096; memory is counted for all of them.
        selected: the layer that is looked at, counted from 0.

    Raises:
        TypeError: a layer is no dict, or a number no whole number.
        ValueError, traitlets.TraitError: a network, a kind, a setting or a number is not as above.

    Source: the lecture's AlexNet and VGG slides; see :mod:`utils.models` for the networks.
    """

    PARTS = (
        "network", "size", "channels", "batch_size",
    )  # fmt: skip

    layers: List = List().tag(sync=True)
    input = List([3, 224, 224]).tag(sync=True)
    batch_size = Int(1, min=1, max=4096).tag(sync=True)
    selected = Int(0, min=0).tag(sync=True)
    presets = Dict(NETWORKS, read_only=True).tag(sync=True)

    def __init__(self, network: str | None = None, **settings):
        if network is None and "layers" not in settings:
            network = "alexnet"
        if network is not None:
            if not isinstance(network, str) or network not in NETWORKS:
                raise ValueError(
                    f"there is no network {network!r}, only {', '.join(NETWORKS)}; a torch model "
                    "is taken by Sizing.of(model, input_shape)"
                )
            start = NETWORKS[network]
            settings = {"layers": start["layers"], "input": start["input"], **settings}
        super().__init__(**settings)

    @classmethod
    def of(cls, model: torch.nn.Module, input_shape=(3, 224, 224), **settings) -> "Sizing":
        """Take the layers of a model, of ``torch.nn`` or the course's own, as they run.

        Layers without parameters that change no size (ReLU, dropout) are left out.

        Args:
            model: takes (N, C, H, W), and runs its layers one behind the other.
            input_shape: (channels, height, width) of an image.
            settings: other traits, such as ``batch_size``.

        Raises:
            ValueError: the model does not run on such an image, it has branches, or a layer is of
                another kind than those above, or has settings that they have not.
        """
        layers = taken_from(model, input_shape)
        return cls(layers=layers, input=list(input_shape), **settings)

    @validate("layers")
    def _check_layers(self, proposal):
        return check_layers(proposal["value"])

    @validate("input")
    def _check_input(self, proposal):
        return check_input(proposal["value"])

    def sizes(self) -> list[LayerSizes]:
        """Compute what is shown, one row a layer, with the course's own arithmetic."""
        return sizes(self.input, self.layers, self.batch_size)

    def build(self) -> torch.nn.Sequential:
        """Build the network, from the layers of :mod:`utils.nn`, with ReLUs, to be trained.

        Raises:
            ValueError: a layer is impossible; the message says why.
        """
        return build(self.input, self.layers)

    def picture(self) -> Figure:
        """Draw the volumes, and below each what its layer costs."""
        rows = self.sizes()
        kinds = ["input", *(layer["kind"] for layer in self.layers)]
        shapes = [tuple(self.input), *(row.output_shape for row in rows)]
        thick = [0 if shape is None else max(shape[0] ** 0.5, 3) for shape in shapes]
        lefts, end = [], 0.0
        for width in thick:
            lefts.append(end)
            end += max(width + 10, 32)
        figure, axes = plt.subplots(
            *(4, 1),
            figsize=(max(5, end / 95), 5),
            height_ratios=[3, 1, 1, 1],
            sharex=True,
            layout="constrained",
        )
        most = max(max(shape[1:], default=1) for shape in shapes if shape)
        for left, width, shape, kind in zip(lefts, thick, shapes, kinds, strict=True):
            _draw_volume(axes[0], left, width, shape, most, COLOURS[kind])
        axes[0].set(xlim=(-5, end), ylim=(-95, 95))
        axes[0].set_title(
            "each layer’s output; the more channels, the thicker", fontsize=10, loc="left"
        )
        axes[0].axis("off")
        middles = [left + width / 2 for left, width in zip(lefts, thick, strict=True)][1:]
        charts = [
            ("parameters", [row.parameters for row in rows]),
            ("multiply-adds", [row.multiply_adds for row in rows]),
            (f"activations, bytes, batch of {self.batch_size}", [r.activation_bytes for r in rows]),
        ]
        for axis, (title, values) in zip(axes[1:], charts, strict=True):
            axis.bar(middles, values, width=18, color=[COLOURS[kind] for kind in kinds[1:]])
            axis.set_title(title, fontsize=10, loc="left")
            axis.set_yticks([])
            axis.spines[["left", "right", "top"]].set_visible(False)
        labels = [f"{i}\n{NAMES.get(kind, kind)}" for i, kind in enumerate(kinds)][1:]
        axes[-1].set_xticks(middles, labels, fontsize=8)
        return figure

    def alt(self) -> str:
        """Say what the picture shows."""
        rows = self.sizes()
        channels, height, width = self.input
        fitting = [row.output_shape for row in rows if row.output_shape is not None]
        text = f"A network of {len(rows)} layers for images of {channels} x {height} x {width}"
        if fitting:
            shapes = [" x ".join(map(str, shape)) for shape in fitting]
            named = [
                f"{NAMES.get(layer['kind'], layer['kind'])} {shape}"
                for layer, shape in zip(self.layers, shapes, strict=False)
            ]
            text += f", as a row of volumes: {', '.join(named)}"
        text += (
            f". All together: {sum(r.parameters for r in rows):,} parameters"
            f"{_share(self.layers, rows, 'parameters', 'linear', 'fully connected layers')}, "
            f"{sum(r.multiply_adds for r in rows):,} multiply-adds for an image"
            f"{_share(self.layers, rows, 'multiply_adds', 'conv', 'conv layers')}, and "
            f"{sum(r.activation_bytes for r in rows) / 2**20:,.1f} MiB of activations for a batch "
            f"of {self.batch_size}."
        )
        for place, row in enumerate(rows, start=1):
            if row.problem:
                kind = self.layers[place - 1]["kind"]
                return f"{text} The row ends before layer {place} ({kind}): {row.problem}."
        return text


def _share(layers: list[dict], rows: list[LayerSizes], what: str, kind: str, name: str) -> str:
    """How much of all falls to one kind of layers, in words."""
    total = sum(getattr(row, what) for row in rows)
    part = sum(getattr(r, what) for r, a in zip(rows, layers, strict=True) if a["kind"] == kind)
    share = "all" if part == total else f"{100 * part / total:.0f} %"
    return f" ({share} of them in the {name})" if part else ""


def _draw_volume(axis, left: float, thick: float, shape, most: int, colour: str) -> None:
    """Draw a box seen from the side: height and width to scale, a cross where there is none."""
    if shape is None:
        axis.plot([left + 16], [0], "x", color="0.3", linestyle="")
        return
    height, width = (max(150 * size / most, 4) for size in (*shape[1:], 1, 1)[:2])
    right, over = 0.3 * width, 0.2 * width
    low, x = -(height + over) / 2, left
    front = [(x, low), (x + thick, low), (x + thick, low + height), (x, low + height)]
    side = [front[1], (front[1][0] + right, low + over)]
    side += [(front[2][0] + right, front[2][1] + over), front[2]]
    top = [front[3], front[2], side[2], (x + right, front[3][1] + over)]
    for corners, alpha in ((front, 1.0), (side, 0.55), (top, 0.75)):
        axis.add_patch(Polygon(corners, facecolor="white", edgecolor="none"))
        axis.add_patch(
            Polygon(corners, facecolor=colour, alpha=alpha, edgecolor="white", linewidth=0.5)
        )
