"""A network as a list of plain dicts, one a layer: checked, sized, taken from a model and built.

A layer is ``{"kind": "conv", "out_channels": 96, "kernel_size": 11, "stride": 4}``, say; what may
be left out has torch's default. Such lists are JSON, so that a page without a kernel can hold them.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch

from utils import nn
from utils.models.alexnet import ONE_TOWER, PADDING, TWO_TOWERS
from utils.models.vgg import CONFIGURATIONS
from utils.sizing import conv_output_size, conv_params
from utils.sizing.tracing import Step, pair, trace

__all__ = ["NETWORKS", "LayerSizes", "build", "check_input", "check_layers", "sizes", "taken_from"]

# Settings of each kind with their defaults; ... has to be given, and a pooling layer's stride is
# its window's size if it is left out.
KINDS: dict[str, dict] = {
    "conv": {
        "out_channels": ...,
        "kernel_size": ...,
        "stride": 1,
        "padding": 0,
        "groups": 1,
        "bias": True,
    },
    "pool": {"kernel_size": ..., "stride": None, "padding": 0, "mode": "max"},
    "adaptive_pool": {"output_size": ...},
    "batch_norm": {},
    "linear": {"out_features": ..., "bias": True},
}
# Beyond these a picture says nothing any more, and numbers of parameters lose their last digits.
LIMITS = {
    "out_channels": (1, 8192),
    "kernel_size": (1, 64),
    "stride": (1, 64),
    "padding": (0, 64),
    "groups": (1, 8192),
    "output_size": (1, 64),
    "out_features": (1, 65536),
}
MOST_LAYERS = 64
INPUT = {"channels": (1, 8192), "height": (1, 2048), "width": (1, 2048)}


def _whole(what: str, value, least: int, most: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{what} must be a whole number, but is {value!r}")
    value = value.__index__()
    if not least <= value <= most:
        raise ValueError(f"{what} must be from {least:,} to {most:,}, but is {value:,}")
    return value


def check_input(shape) -> list[int]:
    """Check an input's shape, [channels, height, width].

    Raises:
        TypeError, ValueError: it is no such list, or a number is out of range.
    """
    if not isinstance(shape, list | tuple) or len(shape) != 3:
        raise ValueError(
            f"input must be [channels, height, width], such as [3, 224, 224], but is {shape!r}"
        )
    return [
        _whole(f"input's {name}", value, *limits)
        for value, (name, limits) in zip(shape, INPUT.items(), strict=True)
    ]


def check_layers(layers: Sequence[dict]) -> list[dict]:
    """Check the form of all layers, and fill in what they leave out.

    Whether they fit one behind the other is not asked here: see :func:`sizes`.

    Raises:
        TypeError: a layer is no dict, or a number in it no whole number.
        ValueError: a kind or a setting is unknown, missing or out of range; or there are too many.
    """
    if len(layers) > MOST_LAYERS:
        raise ValueError(f"there are {len(layers)} layers; at most {MOST_LAYERS} can be shown")
    return [_checked(f"layer {place}", layer) for place, layer in enumerate(layers, start=1)]


def _checked(which: str, layer: dict) -> dict:
    if not isinstance(layer, dict):
        raise TypeError(
            f"{which} must be a dict, such as {{'kind': 'linear', 'out_features': 10}}, but is "
            f"{layer!r}; a torch model is taken by Sizing.of(model, input_shape)"
        )
    kind = layer.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"{which} has kind {kind!r}; the kinds are {', '.join(KINDS)}")
    known = KINDS[kind]
    if unknown := [str(name) for name in layer if name != "kind" and name not in known]:
        raise ValueError(
            f"{which} ({kind}) has no {', '.join(unknown)}; it has {', '.join(known) or 'nothing'}"
        )
    filled = {**known, **layer}
    if missing := [name for name, value in filled.items() if value is ...]:
        raise ValueError(f"{which} ({kind}) needs {', '.join(missing)}")
    if kind == "pool" and filled["stride"] is None:
        filled["stride"] = filled["kernel_size"]
    checked: dict = {"kind": kind}
    for name in known:
        value, what = filled[name], f"{name} of {which} ({kind})"
        if name == "bias" and not isinstance(value, bool):
            raise TypeError(f"{what} must be True or False, but is {value!r}")
        if name == "mode" and value not in ("max", "average"):
            raise ValueError(f"{what} must be 'max' or 'average', but is {value!r}")
        checked[name] = _whole(what, value, *LIMITS[name]) if name in LIMITS else value
    return checked


class LayerSizes(NamedTuple):
    """What a layer costs.

    ``output_shape`` is (C, H, W), or (features,) behind a fully connected layer; None where there
    is no output. ``multiply_adds`` are for one image, ``activation_bytes`` for the whole batch, in
    float32. ``problem`` is why there is no output.
    """

    output_shape: tuple[int, ...] | None
    parameters: int = 0
    multiply_adds: int = 0
    activation_bytes: int = 0
    problem: str | None = None


def sizes(input: Sequence[int], layers: Iterable[dict], batch_size: int = 1) -> list[LayerSizes]:
    """Follow an input (C, H, W) through checked layers; never raises, see ``problem``."""
    found = []
    shape: tuple[int, ...] | None = tuple(input)
    for layer in layers:
        if shape is None:
            row = LayerSizes(None, problem="no input")
        else:
            try:
                row = _size(layer, shape)
            except _Impossible as reason:
                row = LayerSizes(None, problem=str(reason))
        shape = row.output_shape
        numbers = math.prod(shape) if shape else 0
        found.append(row._replace(activation_bytes=4 * numbers * batch_size))
    return found


class _Impossible(Exception):
    """A layer that cannot be; its text is the reason."""


def _size(layer: dict, shape: tuple[int, ...]) -> LayerSizes:
    kind = layer["kind"]
    if kind == "linear":
        features, outputs = math.prod(shape), layer["out_features"]
        return LayerSizes((outputs,), (features + layer["bias"]) * outputs, features * outputs)
    if len(shape) == 1:
        raise _Impossible(
            f"needs channels, rows and columns, but gets {shape[0]:,} numbers in a row"
        )
    channels, *places = shape
    if kind == "batch_norm":
        return LayerSizes(shape, 2 * channels)
    if kind == "adaptive_pool":
        return LayerSizes((channels, layer["output_size"], layer["output_size"]))
    if kind == "pool":
        return LayerSizes((channels, *_places(layer, places)))
    filters, kernel, groups = layer["out_channels"], layer["kernel_size"], layer["groups"]
    for count, what in ((channels, "channel"), (filters, "filter")):
        if count % groups:
            many = "s" * (count != 1)
            raise _Impossible(f"{groups:,} groups do not divide {count:,} {what}{many}")
    height, width = _places(layer, places)
    params = conv_params(channels, filters, kernel, groups, layer["bias"])
    return LayerSizes((filters, height, width), params.total, params.weights * height * width)


def _places(layer: dict, places: Sequence[int]) -> tuple[int, int]:
    """Rows and columns of a conv or pooling layer's output."""
    kernel, padding = layer["kernel_size"], layer["padding"]
    if layer["kind"] == "pool" and 2 * padding > kernel:
        # A window could lie on the border alone; torch refuses too.
        raise _Impossible(f"padding {padding} is more than half of the {kernel} × {kernel} window")
    try:
        return conv_output_size(tuple(places), kernel, layer["stride"], padding)
    except ValueError:
        height, width = (f"{size + 2 * padding:,}" for size in places)
        room = f"{height} × {width}" + (", padding included" if padding else "")
        raise _Impossible(f"the {kernel} × {kernel} window does not fit into {room}") from None


def build(input: Sequence[int], layers: Sequence[dict]) -> torch.nn.Sequential:
    """Build checked layers with the course's own; ReLUs are put where networks have them.

    Raises:
        ValueError: a layer is impossible.
    """
    modules: list[torch.nn.Module] = []
    shape = tuple(input)
    rows = sizes(input, layers)
    for place, (layer, row) in enumerate(zip(layers, rows, strict=True)):
        if row.output_shape is None:
            raise ValueError(f"layer {place + 1} ({layer['kind']}) cannot be built: {row.problem}")
        if layer["kind"] == "linear" and len(shape) == 3:
            modules.append(nn.Flatten())
        modules.append(_module(layer, shape))
        following = layers[place + 1]["kind"] if place + 1 < len(layers) else None
        if layer["kind"] in ("conv", "batch_norm", "linear") and following not in (
            None,  # scores stay as they are
            "batch_norm",
        ):
            modules.append(nn.ReLU())
        shape = row.output_shape
    return torch.nn.Sequential(*modules)


def _module(layer: dict, shape: tuple[int, ...]) -> torch.nn.Module:
    settings = {name: value for name, value in layer.items() if name not in ("kind", "mode")}
    match layer["kind"]:
        case "conv":
            return nn.Conv2d(shape[0], **settings)
        case "pool":
            return {"max": nn.MaxPool2d, "average": nn.AvgPool2d}[layer["mode"]](**settings)
        case "adaptive_pool":
            return nn.AdaptiveAvgPool2d(**settings)
        case "batch_norm":
            return nn.BatchNorm2d(shape[0])
    return nn.Linear(math.prod(shape), **settings)


def taken_from(model: torch.nn.Module, input_shape=(3, 224, 224)) -> list[dict]:
    """Take the layers of a model in the order in which they run, by torch's layers or the course's.

    ReLUs, dropout and local response normalisation are left out: they change no size and have no
    parameters.

    Raises:
        ValueError: the model does not run on such an image; it has branches; or a layer is none of
            the kinds, or has settings that cannot be shown (windows that are not square, dilation,
            sizes rounded up).
    """
    layers, shape, seen = [], check_input(input_shape), set()
    for step in trace(model, tuple(shape)).steps:
        name = f"{step.name} ({type(step.layer).__name__})"
        before, after = (list(tensor.shape[1:]) for tensor in (step.input, step.output))
        if before not in (shape, [math.prod(shape)]):
            raise ValueError(
                f"{name} takes {_words(before)}, but the layer before it gives {_words(shape)}: "
                "only layers that run one behind the other can be shown, no branches, and nothing "
                "in between that changes sizes"
            )
        layer = _taken(step, name)
        if layer is None and any(True for _ in step.layer.parameters()):
            raise ValueError(f"{name} has parameters, but is none of {', '.join(_TAKEN)}")
        if layer is not None:
            if step.layer in seen:
                raise ValueError(f"{name} runs twice with the same weights; this cannot be shown")
            seen.add(step.layer)
            (layer,) = check_layers([layer])
            row = sizes(before, [layer])[0]
            if list(row.output_shape or ()) != after:
                raise ValueError(
                    f"{name} gives {_words(after)}, by the formula it is "
                    f"{row.problem or _words(row.output_shape)}; sizes that are rounded up, or an "
                    "uneven border, cannot be shown"
                )
            if row.parameters != sum(p.numel() for p in step.layer.parameters()):
                raise ValueError(f"{name} has not the {row.parameters:,} parameters of its kind")
            layers.append(layer)
        elif math.prod(before) != math.prod(after):
            raise ValueError(f"{name} changes sizes, but is none of {', '.join(_TAKEN)}")
        shape = after
    return check_layers(layers)


def _words(shape) -> str:
    return " x ".join(map(str, shape))


_TAKEN = {
    "Conv2d": ("conv", ["out_channels", "kernel_size", "stride", "padding", "groups"]),
    "MaxPool2d": ("pool", ["kernel_size", "stride", "padding"]),
    "AvgPool2d": ("pool", ["kernel_size", "stride", "padding"]),
    "AdaptiveAvgPool2d": ("adaptive_pool", ["output_size"]),
    "BatchNorm2d": ("batch_norm", []),
    "Linear": ("linear", ["out_features"]),
}


def _taken(step: Step, name: str) -> dict | None:
    """A layer of a model as a dict; None if it is of no such kind."""
    torchs = next(
        (base.__name__ for base in type(step.layer).__mro__ if base.__name__ in _TAKEN), ""
    )
    if not torchs:
        return None
    kind, settings = _TAKEN[torchs]
    layer: dict = {"kind": kind}
    for setting in settings:
        value = getattr(step.layer, setting)
        if isinstance(value, str):  # torch's "same" and "valid"
            value = (pair(step.layer.kernel_size)[0] - 1) // 2 if value == "same" else 0
        if len(set(pair(value))) > 1:
            raise ValueError(f"{name}: {setting} is {value}; only equal sides can be shown")
        layer[setting] = pair(value)[0]
    if pair(getattr(step.layer, "dilation", 1)) != (1, 1):
        raise ValueError(f"{name} has dilation {step.layer.dilation}; only 1 can be shown")
    if "bias" in KINDS[kind]:
        layer["bias"] = step.layer.bias is not None
    if torchs == "AvgPool2d":
        layer["mode"] = "average"
    return layer


def _network(label: str, size: int, features: Iterable[dict]) -> dict:
    """A published network: its conv part, and three fully connected layers for 1000 classes."""
    head = [{"kind": "linear", "out_features": units} for units in (4096, 4096, 1000)]
    return {"label": label, "input": [3, size, size], "layers": check_layers([*features, *head])}


def _conv(filters: int, kernel: int, **more) -> dict:
    return {"kind": "conv", "out_channels": filters, "kernel_size": kernel, **more}


def _alexnet(filters: Sequence[int], size: int, groups: int) -> list[dict]:
    one, two, three, four, five = filters
    pool = {"kind": "pool", "kernel_size": 3, "stride": 2}
    return [
        _conv(one, 11, stride=4, padding=PADDING[size]),
        pool,
        _conv(two, 5, padding=2, groups=groups),
        pool,
        _conv(three, 3, padding=1),
        _conv(four, 3, padding=1, groups=groups),
        _conv(five, 3, padding=1, groups=groups),
        pool,
    ]


def _vgg(configuration: str) -> list[dict]:
    layers = []
    for item in CONFIGURATIONS[configuration]:
        kernel, filters = item if isinstance(item, tuple) else (3, item)
        pool = {"kind": "pool", "kernel_size": 2}
        layers.append(pool if item == "M" else _conv(filters, kernel, padding=kernel // 2))
    return layers


# Without the adaptive pooling of torchvision's, which changes nothing at these input sizes: here it
# would hide from the layers behind it what one changes in front.
NETWORKS = {
    "alexnet": _network("AlexNet, the paper's two towers", 227, _alexnet(TWO_TOWERS, 227, 2)),
    "alexnet_torchvision": _network(
        "AlexNet, torchvision's one tower", 224, _alexnet(ONE_TOWER, 224, 1)
    ),
    "vgg11": _network("VGG-A, 11 layers with weights", 224, _vgg("A")),
    "vgg13": _network("VGG-B, 13", 224, _vgg("B")),
    "vgg16_1x1": _network("VGG-C, 16, three of them 1 × 1", 224, _vgg("C")),
    "vgg16": _network("VGG-D, 16 (VGG-16)", 224, _vgg("D")),
    "vgg19": _network("VGG-E, 19 (VGG-19)", 224, _vgg("E")),
}
