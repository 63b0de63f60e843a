"""The contest's pictures: a shape cut out of one photograph, laid upon another."""

import math
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from utils.data import SHAPES, photographs
from utils.data.generated import outlines

__all__ = ["CLASSES", "SIZE", "Pictures", "pictures", "standardised", "turned"]

CLASSES = SHAPES
SIZE = 32
PHOTOGRAPH = 256  # pixels of a photograph's side before pieces of 32 are taken from it
RADIUS = (0.45, 0.75)  # of the shape, in half heights of the picture
CONTRAST = 0.4  # by which the shape is at least brighter than the background, on average
CHUNK = 500


class Pictures(NamedTuple):
    """Images (n, 3, 32, 32), float32 in [0, 1], and labels (n,), int64, counted in CLASSES."""

    images: Tensor
    labels: Tensor


def pictures(n: int, seed: int) -> Pictures:
    """Draw n pictures, each class equally often, shuffled; the same seed gives the same ones.

    Shape and background are pieces of two different photographs, so that neither a colour nor a
    texture gives the shape away, and edges are everywhere: only the outline is left.
    """
    generator = Generator().manual_seed(seed)
    labels = torch.arange(n) % len(CLASSES)
    labels = labels[torch.randperm(n, generator=generator)]

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(n, *shape, generator=generator)

    behind = torch.randint(len(_photographs()), (n,), generator=generator)
    other = torch.randint(1, len(_photographs()), (n,), generator=generator)
    background = _pieces(behind, generator)
    shape = _pieces((behind + other) % len(_photographs()), generator)
    radius, angle = uniform(*RADIUS), uniform(-math.pi, math.pi)
    centre = uniform(-1, 1, 2) * (1 - radius)[:, None]
    background, shape = _apart(background, shape)
    images = torch.empty(n, 3, SIZE, SIZE)
    for part in torch.arange(n).split(CHUNK):
        cover = outlines(labels[part], centre[part], radius[part], angle[part], SIZE)
        images[part] = background[part].lerp(shape[part], cover[:, None]).clamp(0, 1)
    return Pictures(images, labels)


def standardised(images: Tensor) -> Tensor:
    """What networks get: mean about 0, standard deviation about 1."""
    return (images - 0.45) / 0.25


def turned(images: Tensor) -> Tensor:
    """Turn a batch by a random number of right angles, and mirror it or not: it stays a shape."""
    if torch.rand(()) < 0.5:
        images = images.flip(3)
    return torch.rot90(images, int(torch.randint(4, ())), (2, 3))


@cache
def _photographs() -> Tensor:
    """The middle squares of the course's photographs, shrunk, (n, 3, 256, 256)."""
    found = []
    for photograph in photographs().values():
        height, width = photograph.image.shape[1:]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = photograph.image[None, :, top : top + side, left : left + side]
        size = (PHOTOGRAPH, PHOTOGRAPH)
        found.append(F.interpolate(square, size, mode="bilinear", antialias=True))
    return torch.cat(found)


def _pieces(which: Tensor, generator: Generator) -> Tensor:
    """A random piece of each of these photographs, (n, 3, 32, 32), mirrored or not."""
    n, room = len(which), PHOTOGRAPH - SIZE + 1
    top, left = (torch.randint(room, (n, 1), generator=generator) for _ in range(2))
    rows, columns = top + torch.arange(SIZE), left + torch.arange(SIZE)
    mirrored = torch.rand(n, 1, generator=generator) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    pieces = _photographs()[which[:, None, None], :, rows[:, :, None], columns[:, None]]
    return pieces.permute(0, 3, 1, 2)


def _apart(background: Tensor, shape: Tensor) -> tuple[Tensor, Tensor]:
    """Darken the background and lighten the shape until it is brighter on average, by CONTRAST."""
    missing = CONTRAST - (shape - background).mean((1, 2, 3), keepdim=True)
    missing = missing.clamp(min=0) / 2
    return background - missing, shape + missing
