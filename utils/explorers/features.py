"""What a trained network makes of photographs, layer by layer, down to the names that it gives."""

import json
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor
from traitlets import Enum, Int, List

from utils import features
from utils.data.gallery import TABLE
from utils.explorers import sheets
from utils.explorers.base import Explorer
from utils.explorers.sheets import LAYERS, MOST, PHOTOGRAPHS, SIDE, Layer
from utils.plots import OKABE_ITO

__all__ = ["Features"]

#: Feature maps in the picture: rows and columns.
GRID = (4, 8)
#: Power of what is drawn: most activations are small.
BRIGHTEN = 0.7


class Features(Explorer, script="features.js"):
    """Look into a trained network: its feature maps, what excites them, and what it sees at last.

    The network is EfficientNet-Lite0 with ImageNet's weights, and looks at the photographs of
    :func:`utils.data.photographs`. Every argument is a trait, which can be read and set while the
    explorer is open. In JupyterLab the kernel computes what is wanted; on the course's site it lies
    beside the page.

    Args:
        photograph: its name, such as ``"coffee"``.
        layer: ``"relu1"``, ``"stage2.0.relu2"``, ``"stage3.1.relu2"``, ``"stage4.2.relu2"``,
            ``"stage5.2.relu2"`` or ``"relu2"``: after the ReLU6 of these conv layers.
        channel: the feature map that is looked at, counted from 0.
        unit: the unit of this map whose receptive field is framed, [row, column], counted from 0;
            None is the map's strongest.
        order: ``"here"`` puts the feature maps first that are stronger in this photograph than in
            the others, ``"number"`` the first channel.
        prediction: whose class activation map is shown: 0, the best name, to 4.

    Raises:
        ValueError, traitlets.TraitError: there is no such photograph, layer or unit.

    Source: Zeiler & Fergus (2014), arXiv:1311.2901; Zhou et al. (2016), arXiv:1512.04150; Tan & Le
    (2019), arXiv:1905.11946.
    """

    PARTS = (
        "photograph", "layer", "order", "channel", "row", "column", "filter", "patches",
        "prediction",
    )  # fmt: skip

    photograph = Enum(PHOTOGRAPHS, "chelsea").tag(sync=True)
    layer = Enum([layer.name for layer in LAYERS], "relu1").tag(sync=True)
    channel = Int(0, min=0).tag(sync=True)
    unit = List(Int(min=0), None, minlen=2, maxlen=2, allow_none=True).tag(sync=True)
    order = Enum(["here", "number"], "here").tag(sync=True)
    prediction = Int(0, min=0, max=sheets.NAMES - 1).tag(sync=True)

    def __init__(self, photograph: str | None = None, layer: str | None = None, **settings):
        given = {"photograph": photograph, "layer": layer}
        super().__init__(**{k: v for k, v in given.items() if v is not None}, **settings)
        self.on_msg(self._answer)

    def _answer(self, widget, message, buffers):
        """Send the page a sheet that it asks for."""
        name = message.get("sheet")
        try:
            self.send({"sheet": name, "content": sheets.sheet(name)})
        except Exception as error:  # the page cannot see the kernel's; it must not wait for ever
            self.send({"sheet": name, "problem": str(error)})

    def maps(self) -> Tensor:
        """Compute all feature maps that are shown, (C, h, w), from 0 to 6."""
        return sheets.maps(self.photograph, self.layer)

    def strongest(self) -> tuple[int, int]:
        """Find the strongest unit of the map that is looked at, (row, column)."""
        chosen = sheets.responses()[self.layer][PHOTOGRAPHS.index(self.photograph)]
        row, column = divmod(int(chosen[self._channel()].argmax()), self._layer().side)
        return row, column

    def _layer(self) -> Layer:
        return next(layer for layer in LAYERS if layer.name == self.layer)

    def _channel(self) -> int:
        return min(self.channel, self._layer().channels - 1)

    def _unit(self) -> tuple[int, int]:
        most = self._layer().side - 1
        row, column = self.unit or self.strongest()
        return min(row, most), min(column, most)

    def picture(self) -> Figure:
        """Draw the photograph, feature maps, the one that is looked at, and the best name's map."""
        layer, maps = self._layer(), self.maps()
        row, column = self._unit()
        figure = plt.figure(figsize=(9.6, 4.2), layout="constrained")
        panels: Any = figure.subfigures(1, 3, width_ratios=[1, 2.1, 1])
        left, middle, right = panels
        seen, chosen = left.subplots(2, 1)
        seen.imshow(sheets.picture(self.photograph).permute(1, 2, 0).numpy())
        left_edge, top = (x * layer.jump - layer.padding - 0.5 for x in (column, row))
        frame = Rectangle((left_edge, top), layer.field, layer.field, fill=False, linewidth=2)
        frame.set_edgecolor(OKABE_ITO["vermillion"])
        seen.add_patch(frame)
        seen.set(title="the field of one unit", xlim=(-0.5, SIDE - 0.5), ylim=(SIDE - 0.5, -0.5))
        look = {"cmap": "inferno", "norm": PowerNorm(BRIGHTEN, 0, MOST)}
        chosen.imshow(maps[self._channel()].numpy(), **look)
        chosen.set_title(f"feature map {self._channel() + 1}")
        axes = middle.subplots(*GRID)
        for axis, one in zip(axes.flat, maps, strict=False):
            axis.imshow(one.numpy(), **look)
        shown = min(len(maps), axes.size)
        middle.suptitle(f"{layer.title}: {shown} of {layer.channels} feature maps")
        named = right.subplots(2, 1)
        for axis, (name, share, evidence) in zip(named, self._names(), strict=False):
            features.overlay_map(axis, sheets.picture(self.photograph), evidence)
            axis.set_title(f"{name}, {share:.0%}")
        for axis in figure.axes:
            axis.axis("off")
            axis.title.set_fontsize(9)
        return figure

    def _names(self) -> list:
        return sheets.predictions(self.photograph)

    def alt(self) -> str:
        """Say what the picture shows."""
        layer, (row, column) = self._layer(), self._unit()
        title, said = TABLE[self.photograph][1], TABLE[self.photograph][4]
        names = ", ".join(f"{name} {share:.0%}" for name, share, _ in self._names())
        strength = self.maps()[self._channel(), row, column].item()
        return (
            f"{title}: {said} {layer.title} of EfficientNet-Lite0 gives {layer.channels} feature "
            f"maps of {layer.side} x {layer.side}. Of map {self._channel() + 1} the unit at row "
            f"{row + 1}, column {column + 1} is {strength:.2f}, of at most {MOST:.0f}; it sees "
            f"{layer.field} x {layer.field} pixels of 224 x 224. The network's names: {names}."
        )


# The browser needs to know what there is.
_KNOWN = {
    "LAYERS": [layer._asdict() for layer in LAYERS],
    "PHOTOGRAPHS": [
        {"name": name, "title": title, "alt": alt} for name, (_, title, _, _, alt) in TABLE.items()
    ],
    "SIDE": SIDE,
    "MOST": MOST,
    "NAMES": sheets.NAMES,
    "BRIGHTEN": BRIGHTEN,
}
Features._esm = (
    "".join(f"const {name} = {json.dumps(value)};\n" for name, value in _KNOWN.items())
    + Features._esm
)
