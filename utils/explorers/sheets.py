"""What the explorer of features shows, as small as a page can carry it.

A trained EfficientNet-Lite0 looks at the course's photographs. Three kinds of *sheets* hold
what comes of it: the `gallery` of photographs and filters, the `channels` over all photographs, and
one for each photograph, with all its feature maps as pictures. In JupyterLab the kernel makes those
that are wanted; for a web site, :func:`write` makes them all.
"""

import hashlib
import json
import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from utils import data, features, models
from utils._common.files import write_atomic
from utils.data.gallery import TABLE
from utils.explorers.base import as_address
from utils.features.patches import apart, strongest_units

__all__ = ["LAYERS", "PHOTOGRAPHS", "Layer", "maps", "predictions", "sheet", "write"]

SIDE = 224
PHOTOGRAPHS = tuple(TABLE)
PATCHES = 6
NAMES = 5
MOST = 6.0  # what ReLU6 lets through
QUALITY = 70  # of the WebP pictures, from 0 to 100


class Layer(NamedTuple):
    """A layer that can be looked at, a ReLU6, and how its units see an image of 224x224.

    A unit's receptive field is a square of ``field`` pixels a side. The first one starts
    ``padding`` pixels before the image, and each next one ``jump`` pixels further.
    """

    name: str
    title: str
    channels: int
    side: int
    field: int
    jump: int
    padding: int
    about: str

    @property
    def norm(self) -> str:
        """The batch norm before the ReLU6: units that ReLU6 makes equal still differ there."""
        return self.name.replace("relu", "bn")


LAYERS = (
    Layer("relu1", "First conv", 32, 112, 3, 2, 0, ""),
    Layer(
        "stage2.0.relu2", "Stage 2", 96, 56, 11, 4, 2,
        "Its 3 × 3 filter reads no colours, but one of 96 mixtures of the 16 maps before it.",
    ),
    Layer(
        "stage3.1.relu2", "Stage 3", 240, 28, 67, 8, 26,
        "Its 5 × 5 filter reads no colours, but one of 240 mixtures of the 40 maps before it.",
    ),
    Layer(
        "stage4.2.relu2", "Stage 4", 480, 14, 147, 16, 58,
        "Its 3 × 3 filter reads no colours, but one of 480 mixtures of the 80 maps before it.",
    ),
    Layer(
        "stage5.2.relu2", "Stage 5", 672, 14, 339, 16, 154,
        "Its 5 × 5 filter reads no colours, but one of 672 mixtures of the 112 maps before it.",
    ),
    Layer(
        "relu2", "Last conv", 1280, 7, 851, 32, 394,
        "Its filter is 1 × 1: it weighs the 320 maps before it, and has no shape.",
    ),
)  # fmt: skip


@cache
def network() -> models.EfficientNetLite:
    """The trained network that the explorers look into."""
    return models.efficientnet_lite0("imagenet")


@cache
def _inputs() -> Tensor:
    """All photographs as the network wants them, (N, 3, 224, 224)."""
    return torch.stack([data.imagenet_input(x.image) for x in data.photographs().values()])


def _input(photograph: str) -> Tensor:
    return _inputs()[PHOTOGRAPHS.index(photograph)]


def picture(photograph: str) -> Tensor:
    """A photograph as the network sees it: (3, 224, 224), in [0, 1]."""
    return data.imagenet_picture(_input(photograph))


@cache
def responses() -> dict[str, Tensor]:
    """Of each layer what it gives for all photographs before ReLU6, (N, C, h, w)."""
    norms = [layer.norm for layer in LAYERS]
    found = features.activations(network(), _inputs(), norms, progress=False)
    return {layer.name: found[layer.norm] for layer in LAYERS}


def maps(photograph: str, layer: str) -> Tensor:
    """All feature maps of a layer for a photograph, (C, h, w), from 0 to 6."""
    return responses()[layer][PHOTOGRAPHS.index(photograph)].clamp(0, MOST)


@cache
def predictions(photograph: str) -> list[tuple[str, float, Tensor]]:
    """The five best names of a photograph: (name, probability, class activation map (7, 7))."""
    model, last = network(), maps(photograph, "relu2")
    end = torch.nn.Sequential(model.avgpool, torch.nn.Flatten(), model.fc)  # what follows the maps
    with torch.no_grad():
        best = end(last[None])[0].softmax(0).topk(NAMES)
    evidence = features.class_activation_map(end, last, best.indices, progress=False)
    names = [data.imagenet_classes()[i] for i in best.indices.tolist()]
    return list(zip(names, best.values.tolist(), evidence, strict=True))


@cache
def filters() -> Tensor:
    """The first layer's filters (32, 3, 3, 3), with the factor that batch norm multiplies them by.

    Without the factor a filter may have the wrong sign: where it is negative, the filter's opposite
    is what excites the channel.
    """
    model = network()
    state = model.bn1.state_dict()
    factor = state["weight"] / (state["running_var"] + model.bn1.eps).sqrt()
    return (model.stem.weight * factor[:, None, None, None]).detach()


def sheet(name: str) -> dict:
    """Make a sheet: `gallery`, `channels`, or a photograph's.

    Raises:
        ValueError: there is no sheet of that name.
    """
    if name in PHOTOGRAPHS:
        return _of_photograph(name)
    kinds = {"gallery": _gallery, "channels": _channels}
    if name not in kinds:
        known = ", ".join([*kinds, *PHOTOGRAPHS])
        raise ValueError(f"there is no sheet {name!r}; there are {known}")
    return kinds[name]()


def _gallery() -> dict:
    """The photographs, and the first layer's filters."""
    pictures = {name: as_address(picture(name), "webp", 80) for name in PHOTOGRAPHS}
    return {"pictures": pictures, "filters": _rounded(filters(), 3)}


def _channels() -> dict:
    """Of each layer: each channel's strongest units, and its mean in each photograph.

    `patches` holds photograph, unit and strength before ReLU6, times 100, of each, one after the
    other; `means` the means after ReLU6, times 100, by photograph.
    """
    return {layer.name: _of_channels(layer, responses()[layer.name]) for layer in LAYERS}


def _of_channels(layer: Layer, maps: Tensor) -> dict:
    near = apart((layer.field,) * 2, (layer.jump,) * 2)
    patches = [
        [
            number
            for image, row, column, strength in units
            for number in (image, row * layer.side + column, round(100 * strength))
        ]
        for units in strongest_units(maps, near, PATCHES)
    ]
    means = (100 * maps.clamp(0, MOST).mean((2, 3))).round().int().tolist()
    return {"patches": patches, "means": means}


def _of_photograph(name: str) -> dict:
    """Of each layer all maps in one picture, and each one's strongest unit; the five best names."""
    peaks = {}
    for layer, tensor in responses().items():
        most, places = tensor[PHOTOGRAPHS.index(name)].flatten(1).max(dim=1)
        peaks[layer] = torch.stack([places, (100 * most).round().long()], 1).tolist()
    return {
        "maps": {
            x.name: as_address(_atlas(maps(name, x.name) / MOST), "webp", QUALITY) for x in LAYERS
        },
        "peaks": peaks,
        "names": [
            {"name": name, "probability": round(share, 4), "evidence": _rounded(evidence, 2)}
            for name, share, evidence in predictions(name)
        ],
    }


def _atlas(maps: Tensor) -> Tensor:
    """All maps (C, h, w) in rows beside each other, as many in a row as there are rows or more."""
    count, height, width = maps.shape
    columns = math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    padded = torch.cat([maps, maps.new_zeros(rows * columns - count, height, width)])
    grid = padded.reshape(rows, columns, height, width).transpose(1, 2)
    return grid.reshape(rows * height, columns * width)


def _rounded(tensor: Tensor, digits: int) -> list:
    return (tensor.double() * 10**digits).round().div(10**digits).tolist()


def write(folder: Path) -> None:
    """Write all sheets into a folder, as scripts that a page loads when it wants one.

    A page that is opened as a file may not read others, but it may run them. Sheets that are of the
    same code are left as they are: all take half a minute.
    """
    made_by = f"// {_code()}\n"
    for name in ("gallery", "channels", *PHOTOGRAPHS):
        path = folder / f"{name}.js"
        if path.is_file() and path.read_text("utf-8").startswith(made_by):
            continue
        text = json.dumps(sheet(name), separators=(",", ":"), allow_nan=False)
        script = f"{made_by}(globalThis.featureSheets ??= {{}}).{name} = {text};\n"
        with write_atomic(path) as file:
            file.write(script.encode())


@cache
def _code() -> str:
    """A checksum of all that a sheet may depend on."""
    utils = Path(models.__file__).parent.parent
    files = [Path(__file__)]
    for part in ("data", "features", "functional", "models", "nn", "sizing"):
        files += sorted((utils / part).rglob("*.py"))
    found = hashlib.sha256(torch.__version__.encode())
    for path in files:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]
