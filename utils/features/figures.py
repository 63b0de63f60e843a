"""Figures of what a network sees: frames around patches, maps over photographs."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from utils.features.patches import Patch
from utils.plots import OKABE_ITO

__all__ = ["overlay_map", "patch_figure"]


def patch_figure(
    pictures: Tensor, patches: Sequence[Patch], *, columns: int = 3, size: float = 2.2
) -> Figure:
    """Draw each patch's photograph with its receptive field framed, and the strength above.

    Args:
        pictures: (N, 3, H, W) in [0, 1]: the images that the patches were found in, to be looked
            at, such as :func:`utils.data.imagenet_picture` makes them.
        patches: from :func:`strongest_patches`.
        columns: photographs in a row.
        size: width of a photograph, in inches.

    Returns:
        The figure; hand it to :func:`utils.plots.show`.

    Raises:
        ValueError: there are no patches.
    """
    if not patches:
        raise ValueError("there are no patches to draw")
    columns = min(columns, len(patches))
    rows = -(-len(patches) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(size * columns, (size + 0.25) * rows), squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, patch in zip(axes.flat, patches, strict=False):
        picture = pictures[patch.image]
        axis.imshow(_pixels(picture))
        top, left = patch.first
        bottom, right = top + patch.size[0], left + patch.size[1]
        # What lies outside of the photograph cannot be shown: the frame ends at its edge.
        height, width = picture.shape[-2:]
        top, left, bottom, right = max(0, top), max(0, left), min(height, bottom), min(width, right)
        corner = (left - 0.5, top - 0.5)
        for colour, line in [("white", 4), (OKABE_ITO["vermillion"], 2)]:
            frame = Rectangle(corner, right - left, bottom - top, fill=False, clip_on=False)
            frame.set(edgecolor=colour, linewidth=line)
            axis.add_patch(frame)
        axis.set_title(f"{patch.activation:.3g}", fontsize=9)
    return figure


def overlay_map(axis: Axes, picture: Tensor, map: Tensor, *, strength: float = 0.6) -> None:
    """Draw a photograph, and a map over it: yellow where it is high, nothing where it is low.

    Args:
        axis: the matplotlib axes to draw on.
        picture: (3, H, W) in [0, 1].
        map: (h, w), over the whole photograph; it is made as large by interpolation. What is
            negative counts as zero.
        strength: how much the highest place covers, from 0 to 1.

    Raises:
        ValueError: the map is not (h, w).
    """
    if map.ndim != 2:
        raise ValueError(f"map must be (h, w), but has shape {tuple(map.shape)}")
    large = torch.nn.functional.interpolate(
        map.detach().float().cpu()[None, None],
        size=picture.shape[-2:],
        mode="bilinear",
        align_corners=False,
    )[0, 0].clamp(min=0)
    heat = (large / large.max().clamp(min=1e-12)).numpy()
    axis.imshow(_pixels(picture))
    axis.imshow(heat, cmap="inferno", alpha=strength * heat, vmin=0, vmax=1)
    axis.axis("off")


def _pixels(picture: Tensor):
    return picture.detach().cpu().permute(1, 2, 0).clamp(0, 1).numpy()
