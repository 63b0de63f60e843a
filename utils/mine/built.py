"""The page at the end of the course: what you built, and what it said of ten photographs."""

import base64
import io
from collections.abc import Iterable
from datetime import date
from html import escape

import torch
from PIL import Image
from torch import Tensor

from utils.atomic import write_atomic
from utils.mine import library, switch
from utils.mine.parts import PARTS

__all__ = ["Page", "built"]

PAGE = "what_i_built.html"
SIDE = 160  # pixels of a photograph on the page
STYLE = """\
.built { font: 15px/1.45 system-ui, sans-serif; color: #222; background: white; max-width: 940px }
.built figure { display: inline-block; width: 164px; margin: 6px; vertical-align: top;
  break-inside: avoid; text-align: center }
.built img { display: block; margin: auto } .built figcaption { font-size: 13px }
.built svg { break-inside: avoid } .built .part { break-after: avoid; font-size: 1.15em }
.built table { border-collapse: collapse; font-size: 13px }
.built td, .built th { padding: 1px 14px 1px 0; text-align: left !important }
.built tr { break-inside: avoid }"""
# On paper five photographs stand in a row, so that they fit on a page with the drawing.
PRINTED = """\
@page { size: A4; margin: 15mm }
@media print {
  body .built figure { width: 116px; margin: 4px }
  body .built img { width: 112px; height: 112px }
  body .built figcaption { font-size: 11px }
}"""


class Page:
    """The page, for a cell and for a file; as text, what it says."""

    def __init__(self, body: str, words: str):
        self.body, self.words = body, words

    def _repr_html_(self) -> str:
        return f'<style>{STYLE}</style><div class="built">{self.body}</div>'

    def __repr__(self) -> str:
        return self.words

    def document(self) -> str:
        """The page as a file of its own, in which its headings are the highest."""
        page = self._repr_html_()
        for within, alone in (("h3", "h1"), ("h4", "h2")):
            page = page.replace(f"<{within}", f"<{alone}").replace(f"</{within}>", f"</{alone}>")
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>What I built'
            f"</title><style>{PRINTED}</style></head><body>{page}</body></html>\n"
        )


def built(photographs: Iterable = ()) -> Page:
    """Build EfficientNet-Lite0 of your parts, let it name photographs, and put all on a page.

    Where somebody works at the kernel, the page is also written beside the lessons, as
    ``what_i_built.html``, which a browser prints.

    Args:
        photographs: your own, each as :func:`utils.data.photograph` takes it: a path, bytes, an
            open file. The ten of the course follow.

    Raises:
        PhotographError, FileNotFoundError, TypeError: a photograph cannot be read.
    """
    from utils import data, mine, models  # they take a second, and are wanted once

    if isinstance(photographs, str | bytes):
        raise TypeError("photographs must be a list: mine.built(['holiday.jpg'])")
    network = models.efficientnet_lite0(weights="imagenet", parts=mine)
    images = [("your photograph", data.photograph(x)) for x in photographs]
    images += [(x.title, x.image) for x in data.photographs().values()]
    named = [_named(network, data.imagenet_input(image)) for _, image in images]
    drawing = library.drawing()
    # What nobody works at is built again and again, and should be the same each time.
    today = f" {date.today():%d %B %Y}." if switch.live() else ""
    count, rest = (
        f"{len(drawing.own)} of its {len(PARTS)} parts are my own",
        "; the others are on loan",
    )
    if len(drawing.own) == len(PARTS):
        count, rest = f"All of its {len(PARTS)} parts are my own", ""
    figures = "".join(
        f'<figure><img src="{_thumbnail(image)}" width="{SIDE}" height="{SIDE}" '
        f'alt="{escape(title, quote=True)}"><figcaption><b>{escape(name)}</b> {value:.2f}'
        "</figcaption></figure>"
        for (title, image), (name, value) in zip(images, named, strict=True)
    )
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(lesson)}</td><td>{escape(since)}</td></tr>"
        for name, whose, since, lesson in library.rows()
        if whose.startswith("yours")
    )
    head = '<tr><th scope="col">part</th><th scope="col">lesson</th><th scope="col">since</th></tr>'
    table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    body = (
        f"<h3>What I built</h3><p>A convolutional network, from nothing. {count}{rest}.{today}</p>"
        f"{drawing._repr_html_()}"
        '<h4 class="part">What it says of photographs</h4>'
        "<p>EfficientNet-Lite0 with its published ImageNet weights, built of these parts: the most "
        f"probable of a thousand classes.</p>{figures}"
        '<h4 class="part">My library</h4>'
        f"{table if rows else '<p>Nothing yet: all parts are on loan.</p>'}"
    )
    words = "; ".join(
        f"{title}: {name} {value:.2f}"
        for (title, _), (name, value) in zip(images, named, strict=True)
    )
    page = Page(body, f"What I built: {count}. {words}.")
    _keep(page)
    return page


def _named(network: torch.nn.Module, image: Tensor) -> tuple[str, float]:
    """The network's word for an image, and its probability."""
    from utils import data

    with torch.no_grad():
        value, label = network(image[None]).softmax(dim=1)[0].max(dim=0)
    return data.imagenet_classes()[int(label)], value.item()


def _thumbnail(image: Tensor) -> str:
    """The middle of a photograph (3, H, W), as the address of a small JPEG."""
    height, width = image.shape[1:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = (255 * image[:, top : top + side, left : left + side]).round().to(torch.uint8)
    small = Image.fromarray(middle.permute(1, 2, 0).numpy()).resize((2 * SIDE, 2 * SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _keep(page: Page) -> None:
    """Write the page beside the lessons, where somebody works at the kernel."""
    home = switch.folder() if switch.live() else None
    if home is None:
        return
    path = home.with_name(PAGE)
    try:
        with write_atomic(path) as file:
            file.write(page.document().encode())
        print(f"Written to {path.name}, beside the lessons: open it in a browser to print it.")
    except OSError as error:
        print(f"{path} cannot be written ({error.strerror or error}); the page is below.")
