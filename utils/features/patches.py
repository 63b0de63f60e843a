"""The patches of images that excite a channel most."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from utils import sizing
from utils.features.activations import activations, find_layer

__all__ = ["Patch", "strongest_patches"]


class Patch(NamedTuple):
    """A place where a channel is strong, and what the unit there sees.

    ``image`` is the number of the image, ``unit`` the unit's (row, column) in its layer,
    ``activation`` its output. Its receptive field is the box of ``size`` (height, width) whose
    upper left pixel is ``first`` (row, column); it may reach over the image's edges, where the
    network sees zeros. ``pixels`` (C, h, w) are those of the box that lie in the image.
    """

    image: int
    unit: tuple[int, int]
    activation: float
    first: tuple[int, int]
    size: tuple[int, int]
    pixels: Tensor


def strongest_patches(
    model: nn.Module,
    images: Tensor,
    layer: str,
    channel: int,
    *,
    count: int = 9,
    batch_size: int = 16,
    progress: bool = True,
) -> list[Patch]:
    """Where in some images a channel is strongest, and the receptive fields of the units there.

    Two units of one image whose fields overlap by more than half, in height and in width, show the
    same; the weaker one is left out.

    Args:
        model: takes (N, C, H, W).
        images: (N, C, H, W), as the model wants them.
        layer: a name, as in ``model.named_modules()``.
        channel: of that layer's output.
        count: how many patches.
        batch_size: images at a time.
        progress: show a progress bar if it takes more than two seconds.

    Returns:
        At most ``count`` patches, the strongest first.

    Raises:
        ValueError: no layer has that name, its units have no place in the image or an unknown
            receptive field, it has no such channel, or an argument is out of range.

    Source: Zeiler & Fergus (2014), arXiv:1311.2901, figure 2; Yosinski et al. (2015),
    "Understanding neural networks through deep visualization", arXiv:1506.06579.
    """
    if images.ndim != 4:
        raise ValueError(f"images must be (N, C, H, W), but has shape {tuple(images.shape)}")
    if count < 1:
        raise ValueError(f"count must be at least 1, but is {count}")
    size, jump, padding = _field(model, images.shape[1:], layer)
    maps = activations(model, images, layer, batch_size=batch_size, progress=progress)
    if not -maps.shape[1] <= channel < maps.shape[1]:
        raise ValueError(f"{layer} has {maps.shape[1]} channels, but channel is {channel}")
    patches: list[Patch] = []
    for place in strongest_units(maps[:, [channel]], apart(size, jump), count)[0]:
        image, row, column, strength = place
        first = (row * jump[0] - padding[0], column * jump[1] - padding[1])
        pixels = _cut(images[image], first, size)
        patches.append(Patch(image, (row, column), strength, first, size, pixels))
    return patches


def apart(size: tuple[int, int], jump: tuple[int, int]) -> tuple[int, int]:
    """How many (rows, columns) apart units must be, so that they do not show much the same."""
    rows, columns = (
        max(1, -(-length // (2 * step))) for length, step in zip(size, jump, strict=True)
    )
    return rows, columns


def strongest_units(
    maps: Tensor, apart: tuple[int, int], count: int
) -> list[list[tuple[int, int, int, float]]]:
    """Where each channel of (N, C, h, w) is strongest: (image, row, column, activation) each.

    Of two units of one image that are nearer than ``apart`` (rows, columns), the weaker one is left
    out. Gives for each channel at most ``count`` units, the strongest first.
    """
    maps = maps.transpose(0, 1).clone()
    _, _, height, width = maps.shape
    found: list[list] = [[] for _ in maps]
    for _ in range(count):
        strengths, places = maps.flatten(1).max(dim=1)
        for channel, (strength, place) in enumerate(
            zip(strengths.tolist(), places.tolist(), strict=True)
        ):
            if not math.isfinite(strength):  # nothing is left
                continue
            image, place = divmod(place, height * width)
            row, column = divmod(place, width)
            found[channel].append((image, row, column, strength))
            rows = slice(max(0, row - apart[0] + 1), row + apart[0])
            columns = slice(max(0, column - apart[1] + 1), column + apart[1])
            maps[channel, image, rows, columns] = -torch.inf
    return found


def _field(model: nn.Module, shape, layer: str):
    """(size, jump, padding) of a layer's units; of a block of layers, those of its last one."""
    find_layer(model, layer)
    inside = [x for x in sizing.summary(model, shape) if f"{x.name}.".startswith(f"{layer}.")]
    if not inside or inside[-1].jump is None or len(inside[-1].output_shape) != 3:
        raise ValueError(
            f"the receptive fields of {layer}'s units are not known: they see the whole image, or "
            "not the same everywhere"
        )
    return inside[-1].receptive_field, inside[-1].jump, inside[-1].padding


def _cut(image: Tensor, first, size) -> Tensor:
    rows, columns = (
        slice(max(0, start), max(0, start + length))
        for start, length in zip(first, size, strict=True)
    )
    return image[:, rows, columns]
