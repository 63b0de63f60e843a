"""A table of a model's layers: sizes, parameters, work, memory, receptive fields."""

from dataclasses import dataclass, replace
from html import escape
from typing import NamedTuple

from torch import Tensor, nn

from utils._common.printing import as_printed
from utils.sizing.tracing import Step, trace

__all__ = ["LayerSize", "Summary", "summary"]

Pair = tuple[int, int]


class LayerSize(NamedTuple):
    """One line of a :class:`Summary`; pairs are (height, width).

    ``output_shape`` is without the batch. ``parameters`` are counted where they are first used.
    ``multiply_adds`` are those of conv and fully connected layers, for one image: a product and its
    addition count as one. ``activation_bytes`` is what the output takes for one image, 0 where it
    is the input's memory. ``receptive_field`` is in pixels of the image, None where it is not
    known; ``jump`` and ``padding`` are as in :class:`utils.sizing.ReceptiveField`, None where units
    have no place.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    activation_bytes: int
    receptive_field: Pair | None
    jump: Pair | None
    padding: Pair | None


@dataclass(frozen=True)
class Summary:
    """The layers of a model in the order in which they run; prints as a table."""

    model: str
    input_shape: tuple[int, int, int]
    layers: tuple[LayerSize, ...]

    @property
    def parameters(self) -> int:
        """Learnable numbers of all layers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Work of all layers for one image."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        """Memory of all outputs of one image together."""
        return sum(layer.activation_bytes for layer in self.layers)

    def __getitem__(self, key):
        """The layer of a name, or of a place."""
        if not isinstance(key, str):
            return self.layers[key]
        for layer in self.layers:
            if layer.name == key:
                return layer
        names = ", ".join(layer.name for layer in self.layers)
        raise KeyError(f"no layer is called {key!r}; the layers are {names}")

    def __iter__(self):
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def only(self, *kinds: str) -> "Summary":
        """The layers of some kinds, such as ``"Conv2d"`` and ``"Linear"``.

        Raises:
            ValueError: the model has no layer of one of these kinds.
        """
        present = dict.fromkeys(layer.kind for layer in self.layers)
        for kind in kinds:
            if kind not in present:
                raise ValueError(f"there is no {kind!r} here, only {', '.join(present)}")
        return replace(self, layers=tuple(a for a in self.layers if a.kind in kinds))

    def grouped(self, depth: int = 1) -> "Summary":
        """One line for all layers whose names agree in the first ``depth`` parts.

        Numbers are added up; shape and receptive field are those of the last layer.
        """
        groups: list[list[LayerSize]] = []
        for layer in self.layers:
            if groups and _prefix(groups[-1][0], depth) == _prefix(layer, depth):
                groups[-1].append(layer)
            else:
                groups.append([layer])
        return replace(self, layers=tuple(_merge(group, depth) for group in groups))

    def cells(self) -> list[list[str]]:
        """The table's texts, line by line; the first line is the heading, the last the total."""
        sums = (self.parameters, self.multiply_adds, self.activation_bytes)
        total = LayerSize("total", "", (), *sums, None, None, None)
        lines = [_line(layer) for layer in self.layers]
        return [HEADING, *lines, [*_line(total)[:-2], "", ""]]

    def __str__(self) -> str:
        cells = self.cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = []
        for line in cells:
            texts = [
                text.ljust(width) if place < LEFT else text.rjust(width)
                for place, (text, width) in enumerate(zip(line, widths, strict=True))
            ]
            lines.append("  ".join(texts).rstrip())
        rule = "-" * max(map(len, lines))
        lines = [lines[0], rule, *lines[1:-1], rule, lines[-1]]
        return "\n".join([self._title(), *lines])

    _repr_pretty_ = as_printed

    def _repr_html_(self) -> str:
        heading, *lines, total = self.cells()
        rows = [_row(heading, "th", 'scope="col"')]
        rows += [_row(line, "td") for line in lines]
        return (
            f"<table><caption>{escape(self._title())}</caption>"
            f"<thead>{rows[0]}</thead><tbody>{''.join(rows[1:])}</tbody>"
            f"<tfoot>{_row(total, 'td')}</tfoot></table>"
        )

    def _title(self) -> str:
        return f"{self.model}, for one image of {' x '.join(map(str, self.input_shape))}"


HEADING = [
    "layer",
    "kind",
    "output",
    "parameters",
    "multiply-adds",
    "memory, KiB",
    "sees, pixels",
    "jump",
]
LEFT = 2  # columns of text; the others hold numbers


def _line(layer: LayerSize) -> list[str]:
    return [
        layer.name,
        layer.kind,
        "x".join(map(str, layer.output_shape)),
        f"{layer.parameters:,}" if layer.parameters else "",
        f"{layer.multiply_adds:,}" if layer.multiply_adds else "",
        f"{layer.activation_bytes / 1024:,.1f}" if layer.activation_bytes else "",
        "?" if layer.receptive_field is None else _both(layer.receptive_field),
        "" if layer.jump is None else _both(layer.jump),
    ]


def _both(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def _row(texts: list[str], tag: str, attributes: str = "") -> str:
    cells = []
    for place, text in enumerate(texts):
        align = "left" if place < LEFT else "right"
        cells.append(f'<{tag} {attributes} style="text-align: {align}">{escape(text)}</{tag}>')
    return f"<tr>{''.join(cells)}</tr>"


def _prefix(layer: LayerSize, depth: int) -> list[str]:
    return layer.name.split(".")[:depth]


def _merge(group: list[LayerSize], depth: int) -> LayerSize:
    last = group[-1]
    if len(group) == 1:
        return last
    return last._replace(
        name=".".join(_prefix(last, depth)),
        kind=f"{len(group)} layers",
        parameters=sum(layer.parameters for layer in group),
        multiply_adds=sum(layer.multiply_adds for layer in group),
        activation_bytes=sum(layer.activation_bytes for layer in group),
    )


def summary(model: nn.Module, input_shape=(3, 224, 224)) -> Summary:
    """Size up any model: each layer's output, parameters, work, memory and receptive field.

    A layer is a module that holds no other module. What a model computes outside of layers (a
    shortcut's addition) is followed, but has no line and counts no work. The model is run on
    tensors without numbers, so this takes no time and changes nothing.

    Args:
        model: takes (N, C, H, W); of :mod:`utils.models`, or one's own, also with layers of
            ``torch.nn``.
        input_shape: (channels, height, width) of one image.

    Raises:
        ValueError: the model does not run on such an image, or reads numbers out of tensors.

    Source of the receptive fields: Araujo et al. (2019), doi:10.23915/distill.00021.
    """
    tracer = trace(model, input_shape)
    counted: set[int] = set()
    layers = tuple(_layer(step, counted) for step in tracer.steps)
    return Summary(type(model).__name__, tuple(input_shape), layers)


def _layer(step: Step, counted: set[int]) -> LayerSize:
    new = [p for p in step.layer.parameters() if id(p) not in counted]
    counted.update(map(id, new))
    field = step.field
    size = step.output.numel() * step.output.element_size() if step.new else 0
    return LayerSize(
        step.name,
        type(step.layer).__name__,
        tuple(step.output.shape[1:]),
        sum(p.numel() for p in new),
        _multiply_adds(step),
        size,
        field and field.size,
        field and field.jump,
        field and field.padding,
    )


def _multiply_adds(step: Step) -> int:
    layer = step.layer
    weight = getattr(layer, "weight", None)
    if isinstance(in_features := getattr(layer, "in_features", None), int):
        return step.output.numel() * in_features
    if not isinstance(weight, Tensor) or not hasattr(layer, "kernel_size"):
        return 0
    # Each number of the output is one filter's work; of a transposed layer, each of the input.
    numbers = step.input if getattr(layer, "transposed", False) else step.output
    return numbers.numel() * weight[0].numel()
