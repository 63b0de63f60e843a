"""A drawing in SVG, made of a few shapes, with a text alternative."""

import html

__all__ = ["FILTER", "GRADIENT", "INK", "INPUT", "MUTED", "OUTPUT", "Drawing"]

#: What a colour means, in every diagram of the course (Okabe and Ito, 2008).
INPUT, FILTER, OUTPUT, GRADIENT = "#56B4E9", "#E69F00", "#009E73", "#D55E00"
INK, MUTED = "#222222", "#8A8F98"


class Drawing:
    """Shapes on a white page; as the last line of a cell it is shown.

    Coordinates are in pixels, from the top left corner. Each method returns the drawing, so that
    calls can be chained.

    Args:
        width: of the page.
        height: of the page.
        alt: what is to be seen, in a sentence or two, for those who cannot see it.

    Raises:
        ValueError: ``alt`` is empty.
    """

    def __init__(self, width: float, height: float, alt: str):
        if not alt.strip():
            raise ValueError("alt is empty: say in a sentence what is to be seen in the diagram")
        self.width, self.height, self.alt = width, height, " ".join(alt.split())
        self._shapes: list[str] = []

    def rect(self, x, y, width, height, fill="white", stroke=INK, *, round=3, opacity=1.0):
        """Draw a rectangle; ``fill`` or ``stroke`` may be "none"."""
        return self._add(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round}" '
            f'fill="{fill}" fill-opacity="{opacity:g}" stroke="{stroke}"/>'
        )

    def text(self, x, y, words, *, size=14, anchor="middle", colour=INK, bold=False):
        """Write words; (x, y) is their middle, or their start with ``anchor="start"``."""
        weight = ' font-weight="600"' if bold else ""
        return self._add(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" '
            f'fill="{colour}"{weight}>{html.escape(str(words))}</text>'
        )

    def line(self, *points, colour=INK, width=1.5, dashed=False, arrow=False, opacity=1.0):
        """Draw a line through points (x, y), with a head at its end if ``arrow``."""
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
        dashes = ' stroke-dasharray="4 3"' if dashed else ""
        self._add(
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashes} '
            f'stroke-opacity="{opacity:g}"/>'
        )
        *_, before, end = points
        return self._head(before, end, colour) if arrow else self

    def cells(self, x, y, rows, *, size=34, fill="white", fills=None, stroke=INK):
        """Draw a matrix as squares with their values written in them.

        Args:
            x: left edge.
            y: upper edge.
            rows: lists of what to write; "" leaves a square empty.
            size: of a square.
            fill: colour of every square.
            fills: {(row, column): colour} for some of them.
            stroke: colour of the squares' edges.
        """
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                left, upper = x + column * size, y + row * size
                colour = (fills or {}).get((row, column), fill)
                self.rect(left, upper, size, size, colour, stroke, round=0)
                self.text(left + size / 2, upper + size / 2, value, size=min(14, 0.45 * size))
        return self

    def volume(self, x, y, width, height, depth, colour=INPUT, label="", *, slant=0.5):
        """Draw a block of numbers (channels, height, width), its channels to the back.

        Args:
            x: left edge of the face in front.
            y: upper edge of the face in front.
            width: of that face.
            height: of that face.
            depth: how far it goes to the back.
            colour: of all its faces.
            label: written below it.
            slant: how much of the depth is seen.
        """
        dx, dy = depth * slant, depth * slant
        top = f"M{x:g} {y:g}l{dx:g} {-dy:g}h{width:g}l{-dx:g} {dy:g}z"
        side = f"M{x + width:g} {y:g}l{dx:g} {-dy:g}v{height:g}l{-dx:g} {dy:g}z"
        for path, opacity in ((top, 0.35), (side, 0.6)):
            self._add(f'<path d="{path}" fill="{colour}" fill-opacity="{opacity}" stroke="{INK}"/>')
        self.rect(x, y, width, height, colour, round=0, opacity=0.85)
        return self.text(x + width / 2, y + height + 16, label, size=12) if label else self

    def _head(self, before, end, colour):
        (x0, y0), (x, y) = before, end
        length = max(((x - x0) ** 2 + (y - y0) ** 2) ** 0.5, 1e-9)
        u, v = (x - x0) / length, (y - y0) / length
        left, right = (x - 8 * u - 4 * v, y - 8 * v + 4 * u), (x - 8 * u + 4 * v, y - 8 * v - 4 * u)
        return self._add(
            f'<path d="M{x:g} {y:g}L{left[0]:g} {left[1]:g}L{right[0]:g} {right[1]:g}z" '
            f'fill="{colour}"/>'
        )

    def _add(self, shape: str):
        self._shapes.append(shape)
        return self

    def _repr_html_(self) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}" height="{self.height:g}" role="img" '
            f'aria-label="{html.escape(self.alt, quote=True)}" '
            'style="max-width: 100%; height: auto; background: white; border-radius: 6px" '
            'font-family="system-ui, sans-serif" dominant-baseline="central">'
            f"{''.join(self._shapes)}</svg>"
        )

    def __repr__(self) -> str:
        return f"[Diagram: {self.alt}]"
