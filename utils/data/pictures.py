"""Reads a photograph of one's own, as cameras, phones and browsers leave it."""

import io
import math
import warnings
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

__all__ = ["PhotographError", "photograph"]

# The names of formats in which phones save, after the bytes "ftyp".
HEIC = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}


class PhotographError(ValueError):
    """A file is no photograph that can be read; the message says why, and what to do."""


def photograph(source, *, longest: int = 2048) -> Tensor:
    """Read a photograph: JPEG, PNG, WebP, TIFF, GIF and what else Pillow reads.

    It is turned upright as its EXIF orientation says; grey levels, palettes and CMYK become red,
    green and blue, and what is transparent becomes white. Of several pictures in a file the first
    is taken.

    Args:
        source: a path, the file's bytes, an open file, or the value of ipywidgets' ``FileUpload``.
        longest: a picture with a longer side, in pixels, is made smaller, to this size.

    Returns:
        (3, H, W), float32 in [0, 1].

    Raises:
        FileNotFoundError: there is no file at that path.
        PhotographError: it is not a picture, or a broken or too large one, or in the format HEIC.
        TypeError: ``source`` is none of these.
        ValueError: ``longest`` is below 1.
    """
    if isinstance(longest, bool) or not isinstance(longest, int) or longest < 1:
        raise ValueError(f"longest must be an integer of at least 1, but is {longest!r}")
    content, name = _content(source)
    if not content:
        raise PhotographError(f"{name} is empty")
    if content[4:8] == b"ftyp" and content[8:12] in HEIC:
        raise PhotographError(
            f"{name} is in the format HEIC, which cannot be read here: save it as JPEG first. (On "
            "an iPhone: Settings, Camera, Formats, Most Compatible.)"
        )
    return _as_tensor(_decoded(content, name, longest))


def _content(source) -> tuple[bytes, str]:
    """The bytes, and what to call them in a message."""
    if isinstance(source, str | PathLike):
        return Path(source).read_bytes(), fspath(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), "the picture"
    if isinstance(source, Mapping):
        if "content" in source:  # one file of a FileUpload
            return bytes(source["content"]), str(source.get("name", "the picture"))
        source = tuple(source.values())  # name -> file, in ipywidgets 7
    if isinstance(source, tuple | list):
        if len(source) != 1:
            raise PhotographError(f"one picture is wanted, but {len(source)} were uploaded")
        return _content(source[0])
    if hasattr(source, "read"):
        content = source.read()
        if isinstance(content, bytes):
            return content, str(getattr(source, "name", "the picture"))
    raise TypeError(
        "source must be a path, the bytes of a file, a file opened in binary mode, or an upload, "
        f"but is {type(source).__name__}"
    )


def _decoded(content: bytes, name: str, longest: int):
    """A Pillow image in red, green and blue, upright and no longer than wanted."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Pillow warns from 90 and refuses from 180 million pixels on; odd metadata is no harm.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(content))
            scale = min(1, longest / max(image.size))
            # A large JPEG is decoded at a smaller size, but not below what is wanted.
            width, height = (math.ceil(side * scale) for side in image.size)
            image.draft("RGB", (width, height))
            image.load()
            image = _rgb(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise PhotographError(
            f"{name} is not a picture in a format that can be read; it begins with "
            f"{content[:12]!r}. Save it as JPEG or PNG"
        ) from None
    except Image.DecompressionBombError as error:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6
        raise PhotographError(
            f"{name} is too large: it has more than {most} million pixels. Make it smaller first"
        ) from error
    # Pillow raises many kinds for a file that is damaged.
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError) as error:
        raise PhotographError(f"{name} is damaged, and cannot be read: {error}") from error
    if max(image.size) > longest:
        image.thumbnail((longest, longest), Image.Resampling.BICUBIC)
    return image


def _rgb(image):
    """Any of Pillow's modes as red, green and blue."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):  # grey levels of 16 bits, integers or floats
        levels = np.asarray(image, dtype=np.float64)
        low, high = (0, 65535) if image.mode.startswith("I;16") else (levels.min(), levels.max())
        levels = (levels - low) / max(high - low, 1e-12) * 255
        return Image.fromarray(levels.round().astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _as_tensor(image) -> Tensor:
    return torch.tensor(np.asarray(image)).permute(2, 0, 1).float() / 255
