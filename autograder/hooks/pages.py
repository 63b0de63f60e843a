"""Turns Markdown into HTML for the pages of nbgrader, without what could act in a browser.

nbconvert's own setting, `sanitize_html`, does not reach the templates that nbgrader uses. Nor does
its address of MathJax: formulas become MathML here, and a page needs neither script nor network.
"""

import re
import secrets

from jinja2 import pass_context
from mistune import HTMLRenderer
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.judge.html import clean_html
from autograder.judge.pictures import pictures, with_pictures
from utils._common.formulas import mathml

__all__ = ["markdown_filter", "markdown_to_html"]


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
        attachments: the cell's pictures, as :func:`pictures` returns them.
    """
    renderer = _Renderer()
    page = MarkdownWithMath(renderer=renderer).render(source)
    page = clean_html(with_pictures(page, pictures(attachments)))
    mark = re.compile(rf'<br id="{renderer.mark}(\d+)">')
    return mark.sub(lambda match: renderer.formulas[int(match[1])], page)
