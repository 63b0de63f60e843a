"""Drawn shapes to tell apart, as easy or hard as one likes: a data set that needs no download."""

import math
from functools import cache
from typing import NamedTuple

import torch
from torch import Generator, Tensor

__all__ = ["SHAPES", "Shapes", "outlines", "shapes"]

SHAPES = (
    "circle",
    "ring",
    "crescent",
    "triangle",
    "square",
    "frame",
    "bar",
    "cross",
    "star",
    "heart",
)
CHUNK = 512  # images drawn at a time, so that 50,000 take no more memory than they must


class Shapes(NamedTuple):
    """Images (n, 3, size, size), float32 in [0, 1], and labels (n,), int64, counted in SHAPES."""

    images: Tensor
    labels: Tensor


def shapes(
    n: int,
    *,
    difficulty: float = 0.5,
    seed: int = 0,
    classes: tuple[str, ...] = SHAPES,
    size: int = 32,
) -> Shapes:
    """Draw n colour images of one shape each, in equal numbers of each class, shuffled.

    From difficulty 0 to 1, the shapes leave the centre, turn, shrink and lose contrast, light on
    dark becomes dark on light in half of the images, the background gets a gradient and
    strokes, one of which may cross the shape, and noise grows.

    Args:
        n: how many images.
        difficulty: from 0 (large, bright, upright, alone) to 1.
        seed: of everything drawn. The same one gives the same images; take another for the test.
        classes: names out of ``SHAPES``; labels count in this order.
        size: height and width in pixels.

    Raises:
        TypeError: ``n``, ``seed`` or ``size`` is not a whole number.
        ValueError: a number is out of range, a class is unknown or twice there.
    """
    _check(n, difficulty, seed, classes, size)
    generator = Generator().manual_seed(seed)
    labels = torch.arange(n) % len(classes)
    labels = labels[torch.randperm(n, generator=generator)]
    scenes = _draw_scenes(n, difficulty, generator)
    kinds = torch.tensor([SHAPES.index(name) for name in classes])[labels]
    images = torch.empty(n, 3, size, size)
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        images[part] = _render(_Scenes(*(values[part] for values in scenes)), kinds[part], size)
    noise = 0.01 + 0.14 * difficulty
    for part in images.split(CHUNK):
        part.add_(torch.randn(part.shape, generator=generator), alpha=noise).clamp_(0, 1)
    return Shapes(images, labels)


class _Scenes(NamedTuple):
    """What is to be drawn; n first. Lengths are in half heights of the image."""

    centre: Tensor  # (n, 2), x to the right and y down from the middle
    radius: Tensor  # (n,)
    angle: Tensor  # (n,)
    colours: Tensor  # (n, 2, 3): background, shape
    slope: Tensor  # (n, 3, 2): of the background's colour, along x and y
    strokes: Tensor  # (n, k, 2, 2): two ends each; the last lies above the shape
    widths: Tensor  # (n, k)
    inks: Tensor  # (n, k, 3)
    shown: Tensor  # (n, k): 1 where the stroke is there, else 0


def _draw_scenes(n: int, difficulty: float, generator: Generator, strokes: int = 6) -> _Scenes:
    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(n, *shape, generator=generator)

    radius = uniform(0.62 - 0.32 * difficulty, 0.72 - 0.04 * difficulty)
    # As far from the middle as the shape stays within the image at full difficulty.
    room = (0.04 + 0.96 * difficulty) * (1 - radius).clamp(min=0)
    centre = uniform(-1, 1, 2) * room[:, None]
    angle = uniform(-1, 1) * math.pi * (0.03 + 0.97 * difficulty)
    colours = _draw_colours(n, difficulty, generator)
    slope = uniform(-1, 1, 3, 2) * 0.15 * difficulty
    ends = uniform(-1.1, 1.1, strokes, 1, 2) + uniform(-0.7, 0.7, strokes, 2, 2)
    widths = uniform(0.02, 0.08, strokes)
    inks = uniform(0, 1, strokes, 3)
    # Strokes below the shape are common; the one above would hide too much if it always was.
    chance = torch.tensor([0.8] * (strokes - 1) + [0.5]) * difficulty
    shown = (uniform(0, 1, strokes) < chance).float()
    return _Scenes(centre, radius, angle, colours, slope, ends, widths, inks, shown)


def _draw_colours(n: int, difficulty: float, generator: Generator) -> Tensor:
    contrast = 0.75 - 0.5 * difficulty
    # Grey of background and shape, `contrast` apart, then a tint for each.
    low = torch.rand(n, generator=generator) * (1 - contrast)
    grey = torch.stack([low, low + contrast], 1)
    swap = torch.rand(n, generator=generator) < 0.5 * difficulty
    grey = torch.where(swap[:, None], grey.flip(1), grey)
    tint = torch.rand(n, 2, 3, generator=generator) - 0.5
    # A tint without brightness of its own (ITU-R BT.601), so that the contrast stays as drawn.
    tint -= (tint @ torch.tensor([0.299, 0.587, 0.114]))[..., None]
    return (grey[..., None] + 0.5 * tint).clamp(0, 1)


def _render(scenes: _Scenes, kinds: Tensor, size: int) -> Tensor:
    y, x = _middles(size)
    slope = scenes.slope[..., None, None]
    background = scenes.colours[:, 0, :, None, None]
    images = background + slope[:, :, 0] * x + slope[:, :, 1] * y
    covers = _strokes(x, y, scenes, size)
    below, above = covers.split([covers.shape[1] - 1, 1], 1)
    for k in range(below.shape[1]):
        images = images.lerp(scenes.inks[:, k, :, None, None], below[:, k, None])
    shape = outlines(kinds, scenes.centre, scenes.radius, scenes.angle, size)
    images = images.lerp(scenes.colours[:, 1, :, None, None], shape[:, None])
    return images.lerp(scenes.inks[:, -1, :, None, None], above)


def outlines(kinds: Tensor, centre: Tensor, radius: Tensor, angle: Tensor, size: int) -> Tensor:
    """How much of each pixel a shape covers, (n, size, size), from 0 to 1.

    Args:
        kinds: places in ``SHAPES``, (n,).
        centre: (n, 2), x to the right and y down from the middle, in half heights of the image.
        radius: (n,), in half heights of the image.
        angle: (n,), in radians.
        size: height and width in pixels.
    """
    y, x = _middles(size)
    pixels = _place(x, y, centre, radius, angle)
    cover = torch.empty_like(pixels[0])
    for kind, name in enumerate(SHAPES):
        chosen = kinds == kind
        if chosen.any():
            distance = _distance(name, pixels[0][chosen], pixels[1][chosen])
            in_pixels = distance * radius[chosen, None, None] * (size / 2)
            cover[chosen] = (0.5 - in_pixels).clamp(0, 1)
    return cover


def _middles(size: int) -> tuple[Tensor, ...]:
    """Rows and columns of the middles of the pixels, each (size, size)."""
    axis = (torch.arange(size) + 0.5) * (2 / size) - 1
    return torch.meshgrid(axis, axis, indexing="ij")


def _place(x: Tensor, y: Tensor, centre: Tensor, radius: Tensor, angle: Tensor):
    """Coordinates of the pixels as the shape sees them, in its radius: each (n, size, size)."""
    across = (x - centre[:, 0, None, None]) / radius[:, None, None]
    down = (y - centre[:, 1, None, None]) / radius[:, None, None]
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    return cosine * across + sine * down, cosine * down - sine * across


def _strokes(x: Tensor, y: Tensor, scenes: _Scenes, size: int) -> Tensor:
    """How much of each pixel each stroke covers, (n, k, size, size)."""
    start, end = (scenes.strokes[:, :, i, :, None, None] for i in (0, 1))
    distance = _segment_distance(x, y, start, end)
    edge = (scenes.widths[..., None, None] - distance) * (size / 2)
    return (0.5 + edge).clamp(0, 1) * scenes.shown[..., None, None]


def _segment_distance(x: Tensor, y: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Distance of the points to segments whose ends have x and y in dimension -3."""
    (x0, y0), (x1, y1) = start.unbind(-3), end.unbind(-3)
    dx, dy = x1 - x0, y1 - y0
    along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy).clamp(min=1e-9)
    along = along.clamp(0, 1)
    return torch.hypot(x - x0 - along * dx, y - y0 - along * dy)


# Shapes, by their signed distance: negative inside, 0 on the edge. The radius is about 1.


def _distance(name: str, x: Tensor, y: Tensor) -> Tensor:
    if name == "circle":
        return torch.hypot(x, y) - 0.85
    if name == "ring":
        return (torch.hypot(x, y) - 0.7).abs() - 0.2
    if name == "crescent":
        bite = torch.hypot(x - 0.5, y) - 0.72
        return torch.maximum(torch.hypot(x, y) - 0.95, -bite)
    if name == "frame":
        return (_polygon_distance(x, y, _corners("square")) + 0.17).abs() - 0.17
    return _polygon_distance(x, y, _corners(name))


def _polygon_distance(x: Tensor, y: Tensor, corners: Tensor) -> Tensor:
    """Signed distance of points (any shape) to a polygon with corners (c, 2)."""
    distance = torch.full_like(x, math.inf)
    inside = torch.zeros_like(x, dtype=torch.bool)
    for start, end in zip(corners, corners.roll(-1, 0), strict=True):
        ends = (start[:, None, None], end[:, None, None])
        distance = torch.minimum(distance, _segment_distance(x, y, *ends))
        # A ray to the right leaves the polygon through an odd number of sides.
        (x0, y0), (x1, y1) = start.tolist(), end.tolist()
        if y0 != y1:
            crossing = x0 + (y - y0) * ((x1 - x0) / (y1 - y0))
            inside ^= ((y0 > y) != (y1 > y)) & (x < crossing)
    return torch.where(inside, -distance, distance)


@cache
def _corners(name: str) -> Tensor:
    if name == "square":
        return torch.tensor([[-0.75, -0.75], [0.75, -0.75], [0.75, 0.75], [-0.75, 0.75]])
    if name == "bar":
        return torch.tensor([[-1.0, -0.28], [1.0, -0.28], [1.0, 0.28], [-1.0, 0.28]])
    if name == "triangle":
        return _polar([1.0] * 3)
    if name == "star":
        return _polar([1.05, 0.45] * 5)
    if name == "cross":
        arm, end = 0.28, 0.95
        corner = [[-arm, -end], [arm, -end], [arm, -arm]]
        turns = [corner]
        for _ in range(3):  # a quarter to the right: (x, y) becomes (-y, x)
            turns.append([[-y, x] for x, y in turns[-1]])
        return torch.tensor([point for turn in turns for point in turn])
    if name == "heart":
        t = torch.arange(24) * (2 * math.pi / 24)
        wave = 13 * t.cos() - 5 * (2 * t).cos() - 2 * (3 * t).cos() - (4 * t).cos()
        return torch.stack([16 * t.sin() ** 3, -2.5 - wave], 1) / 17
    raise ValueError(f"no shape is called {name!r}")


def _polar(radii: list[float]) -> Tensor:
    """Corners at these distances from the middle, at equal angles, the first one on top."""
    angle = torch.arange(len(radii)) * (2 * math.pi / len(radii))
    return torch.tensor(radii)[:, None] * torch.stack([angle.sin(), -angle.cos()], 1)


def _check(n: int, difficulty: float, seed: int, classes: tuple[str, ...], size: int) -> None:
    for name, value, least in (("n", n, 1), ("seed", seed, 0), ("size", size, 8)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be a whole number, but is {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, but is {value}")
    if not 0 <= difficulty <= 1:
        raise ValueError(f"difficulty must be from 0 to 1, but is {difficulty}")
    unknown = [name for name in classes if name not in SHAPES]
    if unknown or not classes or len(set(classes)) != len(classes):
        raise ValueError(
            f"classes must be different names out of {', '.join(SHAPES)}, but is {classes!r}"
        )
