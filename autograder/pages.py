"""Turns Markdown into HTML for the pages of nbgrader, without what could act in a browser.

nbconvert's own setting, `sanitize_html`, does not reach the templates that nbgrader uses. Nor does
its address of MathJax: formulas become MathML here, and a page needs neither script nor network.
"""

import re
import secrets

import bleach
from jinja2 import pass_context
from mistune import HTMLRenderer
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.formulas import mathml
from autograder.pictures import FORMATS, pictures, with_pictures

__all__ = ["clean_html", "markdown_filter", "markdown_to_html"]

TAGS = {
    *bleach.ALLOWED_TAGS,
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "div", "span", "pre", "hr", "br", "img"),
    *("table", "thead", "tbody", "tr", "th", "td", "caption", "details", "summary"),
    *("del", "sub", "sup", "kbd", "dl", "dt", "dd"),
}
FREE = {"class", "id", "title", "align", "alt", "width", "height", "colspan", "rowspan", "start"}


def _allowed(tag: str, name: str, value: str) -> bool:
    if name == "href":
        return tag == "a" and not value.lower().lstrip().startswith("data:")
    if name == "src":  # nothing is fetched from elsewhere: that would tell who reads, and when
        # The last is the mark of a picture that was put aside; see outputs.py.
        raster = (*(f"data:{kind};base64," for kind in FORMATS), "data:image/picture-")
        return tag == "img" and (value.startswith(raster) or not re.search(r"//|^\s*data:", value))
    return name in FREE


class _Renderer(IPythonRenderer):
    """Puts a mark where a formula is to stand: an element, so that no heading's id holds it."""

    def __init__(self):
        super().__init__(escape=False)
        self.formulas: list[str] = []
        self.mark = f"formula-{secrets.token_hex(16)}-"  # nobody can write such a mark beforehand

    def inline_math(self, body: str) -> str:
        return self._keep(mathml(body))

    def block_math(self, body: str) -> str:
        return self._keep(mathml(body, display=True))

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return HTMLRenderer.image(self, text, url, title)  # attachments are put in afterwards

    def _keep(self, formula: str) -> str:
        self.formulas.append(formula)
        return f'<br id="{self.mark}{len(self.formulas) - 1}" />'


@pass_context
def markdown_filter(context, source: str) -> str:
    """Convert a cell's Markdown, with the pictures pasted into it, for nbconvert's templates."""
    return markdown_to_html(source, context.get("cell", {}).get("attachments", {}))


def markdown_to_html(source: str, attachments: dict | None = None) -> str:
    """Convert Markdown to HTML without scripts, forms, styles or remote pictures.

    Formulas become MathML, put in after the rest was cleaned: a cleaner of HTML knows no MathML.

    Args:
        source: the Markdown.
        attachments: the cell's pictures, as :func:`~autograder.pictures.pictures` returns them.
    """
    renderer = _Renderer()
    page = MarkdownWithMath(renderer=renderer).render(source)
    page = clean_html(with_pictures(page, pictures(attachments)))
    mark = re.compile(rf'<br id="{renderer.mark}(\d+)">')
    return mark.sub(lambda match: renderer.formulas[int(match[1])], page)


def clean_html(html: str) -> str:
    """Keep texts, tables and pictures that are in the page itself; escape all else."""
    protocols = {*bleach.ALLOWED_PROTOCOLS, "data"}
    return bleach.clean(html, tags=TAGS, attributes=_allowed, protocols=protocols)
