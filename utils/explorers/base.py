"""What all explorers share: one ES module for JupyterLab and for a page without a kernel."""

import base64
import hashlib
import io
import json
from pathlib import Path

import anywidget
import torch
from matplotlib.figure import Figure
from traitlets import List, TraitType, Unicode, validate

from utils import plots
from utils._common.pages import PageWidget

__all__ = ["Explorer", "Numbers", "as_address"]

FRONT = Path(__file__).parent / "front"


class Explorer(PageWidget):
    """Base of the explorers: what they show is computed in the browser, from their traits.

    In JupyterLab the traits are those of the Python object: set one, and the picture follows; move
    something in the picture, and the trait has the new value. Where there is no kernel, in a saved
    page, the same module works on a copy of the traits.

    Args:
        without: names of controls and read-outs to leave out, such as what a lesson has not
            introduced yet; the class's `PARTS` are what it has.

    A subclass names its file in `front/`, and says how it looks where no script runs:
    :meth:`picture` draws it, :meth:`alt` tells it.
    """

    PARTS: tuple[str, ...] = ()
    without = List(Unicode()).tag(sync=True)

    @validate("without")
    def _has_these_parts(self, proposal):
        unknown = [name for name in proposal["value"] if name not in self.PARTS]
        if unknown:
            raise ValueError(
                f"{type(self).__name__} has no part {', '.join(unknown)}; it has "
                f"{', '.join(self.PARTS)}"
            )
        return proposal["value"]

    def __init_subclass__(cls, script: str = "", **more):
        if script:
            shared, own = [(FRONT / name).read_text("utf-8") for name in ("common.js", script)]
            cls._esm = f"{shared}\n{own}"
            cls._css = (FRONT / "common.css").read_text("utf-8")
        super().__init_subclass__(**more)

    def __init__(self, **traits):
        known = sorted(mine(type(self)))
        if unknown := [name for name in traits if name not in known]:
            raise TypeError(
                f"{type(self).__name__} has no {', '.join(unknown)}; it has {', '.join(known)}"
            )
        super().__init__(**traits)

    def picture(self) -> Figure:
        """Draw the explorer as it now is."""
        raise NotImplementedError

    def alt(self) -> str:
        """Say in a few sentences what :meth:`picture` shows."""
        raise NotImplementedError

    def values(self) -> dict:
        """The explorer's own traits, as JSON has them."""
        return {name: getattr(self, name) for name in sorted(mine(type(self)))}

    def as_html(self) -> str:
        """Return the explorer as a piece of a page; until its script runs, it is a picture."""
        state = json.dumps(self.values(), allow_nan=False).replace("</", r"<\/")
        # Two of the same on one page have the same key: each script wakes the next that sleeps.
        key = hashlib.sha256(f"{type(self).__name__} {state}".encode()).hexdigest()[:12]
        picture = plots.as_html(self.picture(), self.alt())
        place = f'<div class="explorer-place" data-explorer="{key}">{picture}</div>'
        return self._piece(place, f"wake({json.dumps(key)}, {state}, render);")

    def __repr__(self) -> str:
        return f"[{type(self).__name__} explorer: {self.alt()}]"


def mine(explorer: type[Explorer]) -> set[str]:
    """The names of an explorer's own traits, without those that every widget has."""
    found = set(explorer.class_trait_names(sync=True))
    found -= set(anywidget.AnyWidget.class_trait_names(sync=True))
    return {name for name in found if not name.startswith("_")}  # anywidget adds its own later


def as_address(picture: torch.Tensor, kind: str, quality: int) -> str:
    """Return a picture as an address that holds it, for a page.

    Args:
        picture: (3, H, W) or (H, W), in [0, 1].
        kind: "jpeg" or "webp".
        quality: from 0 to 100.
    """
    from PIL import Image  # most explorers draw in the browser

    pixels = (picture * 255).round().clamp(0, 255).byte()
    pixels = pixels.permute(1, 2, 0) if pixels.ndim == 3 else pixels
    buffer = io.BytesIO()
    Image.fromarray(pixels.contiguous().numpy()).save(buffer, kind, quality=quality)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


class Numbers(TraitType):
    """A trait that takes a tensor, an array or nested lists of numbers, and holds nested lists.

    Args:
        axes: what its axes are called, such as ``"C, H, W"``.
        most: the largest size of each axis that can be shown.
        allow_none: whether it may also hold None.

    Raises:
        TypeError: what it is set to are no real numbers.
        ValueError: the shape is another, too large or empty, or a number is NaN or infinite.
    """

    def __init__(self, axes: str, most: tuple[int, ...], default, allow_none: bool = False):
        super().__init__(default, allow_none=allow_none)
        self.axes, self.most = axes, most
        self.tag(sync=True)

    def validate(self, owner, value) -> list:
        """Return the value as nested lists of floats."""
        name, most = self.name, self.most
        own = None if hasattr(value, "dtype") else torch.float64  # lists' floats have 64 bits
        try:
            tensor = torch.as_tensor(value, dtype=own).detach().cpu()
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(
                f"{name} must be a tensor, an array or nested lists of numbers, all rows equally "
                f"long, but is {type(value).__name__}"
            ) from None
        if tensor.is_complex():
            raise TypeError(f"{name} must hold real numbers, but holds complex ones")
        shape = tuple(tensor.shape)
        if len(shape) != len(most):
            raise ValueError(f"{name} must have the axes ({self.axes}), but its shape is {shape}")
        if 0 in shape:
            raise ValueError(f"{name} is empty: its shape is {shape}")
        if any(size > limit for size, limit in zip(shape, most, strict=True)):
            raise ValueError(
                f"{name} of shape {shape} is too large for its numbers to be read: at most {most} "
                f"for ({self.axes}); cut out a part"
            )
        if not tensor.double().isfinite().all():
            raise ValueError(f"{name} holds NaN or infinity; only finite numbers can be shown")
        return tensor.double().tolist()
