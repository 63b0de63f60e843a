"""Pictures that were pasted into a Markdown cell, which a notebook keeps as attachments."""

import base64
import binascii
import html
import re
from io import BytesIO
from urllib.parse import unquote

from PIL import Image, UnidentifiedImageError

__all__ = ["pictures", "with_pictures"]

#: Raster formats that every browser shows. Not SVG, which can hold scripts and links.
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
LARGEST = 8_000_000  # bytes of a picture
MOST_PIXELS = 50_000_000
MOST = 20  # pictures of a cell


def pictures(attachments) -> dict[str, dict[str, str]]:
    """Return those of a cell's attachments that are pictures, and show at most what they say.

    Args:
        attachments: what a submission has there, whatever it is; a notebook maps names to
            dictionaries from a MIME type to base64.
    """
    kept: dict[str, dict[str, str]] = {}
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        if not isinstance(name, str) or not isinstance(kinds, dict) or len(kept) == MOST:
            continue
        for kind, data in kinds.items():
            text = (
                "".join(x for x in data if isinstance(x, str)) if isinstance(data, list) else data
            )
            if kind in FORMATS and _is_picture(kind, text):
                kept[name] = {kind: "".join(text.split())}
                break
    return kept


def _is_picture(kind: str, text) -> bool:
    """Whether base64 holds a picture of a kind, of a size that a browser can show."""
    if not isinstance(text, str) or len(text) > LARGEST * 3 / 2:
        return False
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
        with Image.open(BytesIO(data), formats=[FORMATS[kind]]) as picture:  # reads its head alone
            return len(data) <= LARGEST and picture.width * picture.height <= MOST_PIXELS
    except (binascii.Error, UnidentifiedImageError, Image.DecompressionBombError, OSError):
        return False
    except (ValueError, SyntaxError, IndexError, KeyError, TypeError):  # of a damaged head
        return False


def with_pictures(page: str, attachments: dict[str, dict[str, str]]) -> str:
    """Put a cell's pictures into its HTML, where it names them: `<img src="attachment:name">`.

    Where it names none that is there, the page says so.
    """

    def shown(match: re.Match) -> str:
        name = unquote(html.unescape(match["name"]))
        for kind, data in attachments.get(name, {}).items():
            return f"{match['before']}data:{kind};base64,{data}{match['after']}"
        return f"<em>[the picture {html.escape(name)} is missing]</em>"

    tag = r"""(?P<before><img\b[^>]*?\bsrc=(?P<quote>["']))attachment:(?P<name>[^"'>]*)"""
    return re.sub(tag + r"(?P<after>(?P=quote)[^>]*>)", shown, page)
