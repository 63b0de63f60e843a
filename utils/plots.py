"""Figures that can be told apart without colour, and read without eyes.

The colours are those of Okabe & Ito (2008), "Color universal design", which people with any colour
vision can tell apart; each also has its own marker and line style.
"""

import base64
import html
import io

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from cycler import cycler
from IPython.display import display
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

__all__ = ["OKABE_ITO", "as_html", "draw_matrix", "image_grid", "show", "use_style"]

OKABE_ITO = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "orange": "#E69F00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "black": "#000000",
    "yellow": "#F0E442",
}
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
LINES = ["-", "--", "-.", ":"] * 2


def use_style() -> None:
    """Set the course's look for all figures that follow."""
    mpl.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=OKABE_ITO.values())
            + cycler(marker=MARKERS)
            + cycler(linestyle=LINES),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.constrained_layout.use": True,
            "figure.dpi": 96,
            "font.size": 11,
            "image.cmap": "gray",
            "image.interpolation": "nearest",
        }
    )


class _Picture:
    def __init__(self, png: bytes, alt: str, width: int, is_chart: bool):
        self.png, self.alt, self.width, self.is_chart = png, alt, width, is_chart

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode()
        kind = ' class="chart"' * self.is_chart
        return (
            f'<img{kind} src="data:image/png;base64,{data}" '
            f'alt="{html.escape(self.alt, quote=True)}" width="{self.width}" '
            f'style="max-width: 100%; height: auto; background: white">'
        )

    def __repr__(self) -> str:
        return f"[Figure: {self.alt}]"


def show(figure: Figure, alt: str) -> None:
    """Show a figure in the notebook with a text alternative, and close it.

    Args:
        figure: what to show.
        alt: what is to be seen, for those who cannot see it; also read where pictures are not
            shown.

    Raises:
        TypeError: ``figure`` is not a matplotlib figure.
        ValueError: ``alt`` is empty.
    """
    display(_picture(figure, alt))


def as_html(figure: Figure, alt: str) -> str:
    """Return a figure as an HTML image with a text alternative, and close it.

    Arguments and errors are those of :func:`show`.
    """
    return _picture(figure, alt)._repr_html_()


def _picture(figure: Figure, alt: str) -> _Picture:
    if not isinstance(figure, Figure):
        raise TypeError(f"figure must be a matplotlib Figure, but is {type(figure).__name__}")
    if not alt.strip():
        raise ValueError("alt is empty: say in a sentence what is to be seen in the figure")
    # A chart may be shown in inverted colours on a dark page: no brightness in it is a datum.
    is_chart = all(axis.axison for axis in figure.axes) and not any(
        axis.images or axis.findobj(QuadMesh) for axis in figure.axes
    )
    buffer = io.BytesIO()
    # Without the library's version in it, the same figure gives the same bytes.
    figure.savefig(buffer, format="png", bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    png = buffer.getvalue()
    width = int.from_bytes(png[16:20], "big")  # from PNG's header
    return _Picture(png, " ".join(alt.split()), width, is_chart)


def image_grid(
    images, titles=None, columns: int = 8, size: float = 1.2, cmap="gray", limits=None
) -> Figure:
    """Draw small images side by side.

    Args:
        images: a sequence of (H, W) or (3, H, W) tensors.
        titles: one for each image, or None.
        columns: images in a row.
        size: width of an image, in inches.
        cmap: colours for (H, W) images; ``"RdBu_r"`` puts zero at white and is then symmetric.
        limits: (lowest, highest) value for (H, W) images, or None to fit each image.

    Returns:
        The figure; hand it to :func:`show`.

    Raises:
        ValueError: there are no images, or not one title for each.
    """
    images = [torch.as_tensor(image).detach().cpu().numpy() for image in images]
    if not images:
        raise ValueError("there are no images to draw")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"there are {len(images)} images, but {len(titles)} titles")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = size * images[0].shape[-2] / images[0].shape[-1] + (0.25 if titles else 0)
    figure, axes = plt.subplots(
        rows, columns, figsize=(size * columns, height * rows), squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for place, (image, axis) in enumerate(zip(images, axes.flat, strict=False)):
        if image.ndim == 3:
            axis.imshow(image.transpose(1, 2, 0).clip(0, 1))
        else:
            low, high = limits or (image.min(), image.max())
            if cmap == "RdBu_r":
                high = max(abs(float(low)), abs(float(high)))
                low = -high
            axis.imshow(image, cmap=cmap, vmin=float(low), vmax=float(high))
        if titles is not None:
            axis.set_title(titles[place], fontsize=9)
    return figure


def draw_matrix(axis, matrix, title: str = "", windows=(), cmap="gray", limits=None) -> None:
    """Draw a small matrix as a grid of squares with its numbers written in them.

    As in an image, the larger number is the brighter one.

    Args:
        axis: the matplotlib axes to draw on.
        matrix: (H, W) numbers; NaN leaves a square empty.
        title: written above.
        windows: ``(top, left, height, width)`` of regions to frame, the first in vermillion, the
            second in blue and dashed.
        cmap: colours from the lowest to the highest number.
        limits: these (lowest, highest) numbers, or None to fit the matrix.
    """
    matrix = np.asarray(matrix, dtype=float)
    finite = matrix[np.isfinite(matrix)]
    low, high = limits or ((finite.min(), finite.max()) if finite.size else (0, 0))
    span = max(high - low, 1)
    # Half of the scale is never reached, so that black numbers stay readable.
    axis.imshow(matrix, cmap=cmap, vmin=high - 2.2 * span, vmax=high)
    for (row, column), number in np.ndenumerate(matrix):
        if np.isfinite(number):
            axis.text(column, row, f"{number:.4g}", ha="center", va="center")
    for window, (colour, line) in zip(windows, [("vermillion", "-"), ("blue", "--")], strict=False):
        top, left, height, width = window
        axis.add_patch(
            mpl.patches.Rectangle(
                (left - 0.5, top - 0.5),
                width,
                height,
                fill=False,
                edgecolor=OKABE_ITO[colour],
                linestyle=line,
                linewidth=3,
                clip_on=False,
            )
        )
    axis.set_xticks(np.arange(matrix.shape[1] + 1) - 0.5, [])
    axis.set_yticks(np.arange(matrix.shape[0] + 1) - 0.5, [])
    axis.tick_params(length=0)
    axis.spines[:].set(visible=True, color="0.6", linewidth=0.8)
    axis.grid(color="0.6", linewidth=0.8, marker="", linestyle="-")
    axis.set_title(title, fontsize=11)
