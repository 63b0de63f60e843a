"""What the pages are made of: cards of the lessons, the front picture, explorers, the notebooks."""

import base64
import html
import io
import re
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from autograder.build import pack
from utils import data, explorers, functional
from utils.explorers import sheets

ROOT = Path(__file__).resolve().parent.parent.parent
ZIP = f"{pack.FOLDER}-student.zip"
#: A row of the course home's table: number, name, folder, what is built, time.
ROW = re.compile(r"^\| (\d) \| \[(.+?)\]\((\w+)/.*?\).*? \| (.+?) \| (.+?) \|$", re.M)


class Lessons(SphinxDirective):
    """A card for each lesson, from the table of the course home, utils/home/home.md."""

    def run(self) -> list[nodes.Node]:
        """Return the cards."""
        home = ROOT / "utils" / "home" / "home.md"
        self.env.note_dependency(str(home))
        cards = "\n".join(self.card(*row) for row in ROW.findall(home.read_text("utf-8")))
        grid = f"::::{{grid}} 1 2 2 3\n:gutter: 3\n:class-container: lessons\n\n{cards}\n::::\n"
        return self.parse_text_to_nodes(grid)

    def card(self, number: str, name: str, folder: str, built: str, time: str) -> str:
        """Return a card in MyST's notation."""
        picture = f"utils/home/{folder}.svg"
        image = f":img-top: /../{picture}\n:img-alt:\n" if (ROOT / picture).is_file() else ""
        return (
            f":::{{grid-item-card}} {name}\n:link: /lessons/{folder}\n:link-type: doc\n"
            f":link-alt: Lesson {number}: {name}\n{image}\n"
            f"```{{card-header}}\nLesson {number}\n```\n"
            f"You build {built}.\n\n```{{card-footer}}\n{time}\n```\n:::\n"
        )


class Explorer(SphinxDirective):
    """An explorer of `utils.explorers`, named by its class, as it is at first."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the explorer, alive without a kernel."""
        explorer = getattr(explorers, self.arguments[0])()
        return [nodes.raw("", explorer.as_html(), format="html")]


class Picture(SphinxDirective):
    """A convolution, drawn: a filter that slides over a portrait, and what comes out."""

    def run(self) -> list[nodes.Node]:
        """Return the drawing."""
        return [nodes.raw("", drawing(), format="html")]


#: Pixels of the drawing's images, along a side.
SIDE = 40
DRAWING = """\
<figure class="convolution">
<svg viewBox="0 0 720 244" role="img" aria-label="A coarse portrait of Grace Hopper, a filter of 3
  by 3 weights, -1 on its left, 0 in its middle and 1 on its right, and what the filter makes of the
  portrait: its upright edges, in red where it gets brighter to the right, in blue where darker.">
  <image href="{image}" x="2" y="2" width="240" height="240"/>
  <image class="output" href="{output}" x="484" y="8" width="228" height="228"/>
  <g transform="translate(2 2)"><g class="down"><g class="across">
    <rect class="frame" width="18" height="18"/></g></g></g>
  <g transform="translate(478 2)"><g class="down"><g class="across">
    <rect class="frame" x="6" y="6" width="6" height="6"/></g></g></g>
  <g class="filter" transform="translate(300 62)">{filter}</g>
  <path d="M252 122h30m-9-7l9 7l-9 7M438 122h30m-9-7l9 7l-9 7"/>
</svg>
<figcaption>One filter slides over the whole image, and asks everywhere: is there an edge here?
</figcaption>
</figure>"""


def drawing() -> str:
    """Return the drawing as SVG; its output is computed by the course's own layer."""
    portrait = data.hopper()[:, 20:470, 30:480].mean(0, keepdim=True)
    image = functional.adaptive_avg_pool2d(portrait, SIDE)
    edges = torch.tensor([[-1.0, 0, 1]] * 3)
    output = functional.conv2d(image, edges[None, None])[0]
    high = float(output.abs().max())
    squares = "".join(
        f'<rect x="{40 * column}" y="{40 * row}" width="38" height="38" rx="4"/>'
        f'<text x="{40 * column + 19}" y="{40 * row + 19}">{weight:.0f}</text>'
        for row, weights in enumerate(edges.tolist())
        for column, weight in enumerate(weights)
    )
    return DRAWING.format(
        image=png(image[0], "gray", 0, 1),
        output=png(output, "RdBu_r", -high, high),
        filter=squares,
    )


def png(values: torch.Tensor, colours: str, low: float, high: float) -> str:
    """Return a matrix as the address of a picture, each number five pixels wide and high."""
    buffer = io.BytesIO()
    pixels = values.repeat_interleave(5, 0).repeat_interleave(5, 1)
    plt.imsave(buffer, pixels.numpy(), cmap=colours, vmin=low, vmax=high, format="png")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def describe(app, pagename, templatename, context, doctree) -> None:
    """Give a page its first paragraph as its description, unless it has one."""
    if doctree is None or 'name="description"' in context["metatags"]:
        return
    paragraphs = (
        x for x in doctree.findall(nodes.paragraph) if isinstance(x.parent, nodes.section)
    )
    text = " ".join(next(paragraphs).astext().split())
    context["metatags"] += f'\n<meta name="description" content="{html.escape(text)}">'


def add_notebooks(app, exception) -> None:
    """Put the students' zip into the site, to take home."""
    if exception is None:
        pack.pack(Path(app.outdir) / ZIP)


def add_feature_maps(app, exception) -> None:
    """Put beside the pages what the explorer of features shows, for all pages that have it."""
    if exception is None:
        sheets.write(Path(app.outdir) / "_static" / "features")


def setup(app):
    """Register with Sphinx."""
    app.add_directive("lessons", Lessons)
    app.add_directive("explorer", Explorer)
    app.add_directive("convolution-picture", Picture)
    app.connect("html-page-context", describe)
    app.connect("build-finished", add_notebooks)
    app.connect("build-finished", add_feature_maps)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
