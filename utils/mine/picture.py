"""The network as a drawing whose parts fill with colour as they become the student's own.

It needs nothing but Python itself, and imports nothing of the course: `utils/home/page.py` runs it
to draw the course home before torch is loaded.
"""

from html import escape

__all__ = ["draw", "next_part", "words"]

COLUMNS = 7  # layers in a row
WIDTH, GAP, LEFT, TOP = 118, 16, 60, 14  # of a column, between two, of the margins
CELL, TITLE = 26, 24  # heights
OWN = {"forward": "#0072B2", "gradient": "#A84300"}
STYLE = (
    'font-family="system-ui, sans-serif" font-size="12.5" text-anchor="middle" '
    'dominant-baseline="central"'
)


def next_part(parts: dict, own: set[str]) -> str | None:
    """Return the first part, in the order of the lessons, that is not the student's own yet."""
    return next((name for name in parts if name not in own), None)


def words(parts: dict, own: set[str]) -> str:
    """Say in words what the drawing shows."""
    yours = [name for name in parts if name in own]
    coming = next_part(parts, own)
    if coming is None:
        return f"Your network: all {len(parts)} parts are your own."
    text = f"Your network: {len(yours)} of {len(parts)} parts are your own"
    text += f" ({', '.join(yours)}), the others on loan." if yours else "; all are on loan."
    return f"{text} Next: {coming}, in the lesson {parts[coming].lesson}."


def draw(parts: dict, layers: tuple[str, ...], own: set[str]) -> str:
    """Return the drawing, as SVG.

    Args:
        parts: name -> `Part`, in the order of the lessons.
        layers: in the order of the drawing.
        own: names of the parts that are the student's own.
    """
    width = 2 * LEFT + COLUMNS * (WIDTH + GAP) - GAP
    drawn, y = [], TOP
    for first in range(0, len(layers), COLUMNS):
        row = layers[first : first + COLUMNS]
        drawn.append(_flow(row, y + TITLE + CELL / 2, first == 0, row[-1] == layers[-1]))
        drawn += [
            _layer(parts, layer, own, LEFT + place * (WIDTH + GAP), y)
            for place, layer in enumerate(row)
        ]
        tallest = max(sum(part.layer == layer for part in parts.values()) for layer in row)
        y += TITLE + tallest * (CELL + 4) + 20
    total = y + 22
    count = sum(name in own for name in parts)
    coming = next_part(parts, own)
    legend = f"✓ your own: {count} of {len(parts)} · dashed: on loan"
    legend += f" · next: {coming} (lesson {parts[coming].lesson})" if coming else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {total}" role="img" '
        f'width="{width}" height="{total}" style="max-width: 100%; height: auto" '
        f'aria-label="{escape(words(parts, own))}">'
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{total - 1}" rx="8" fill="white" '
        f'stroke="#ccc"/><g {STYLE} fill="#222">{"".join(drawn)}'
        f'<text x="{width / 2}" y="{total - 18}">{escape(legend)}</text></g></svg>\n'
    )


def _layer(parts: dict, layer: str, own: set[str], x: float, y: float) -> str:
    """A column: the layer's name, and below it its parts."""
    text = f'<text x="{x + WIDTH / 2}" y="{y + 10}" font-weight="600">{escape(layer)}</text>'
    of_layer = [name for name, part in parts.items() if part.layer == layer]
    for place, name in enumerate(of_layer):
        text += _cell(parts, name, own, x, y + TITLE + place * (CELL + 4))
    return text


def _cell(parts: dict, name: str, own: set[str], x: float, y: float) -> str:
    """A part: filled if it is the student's own, dashed if not, framed if it comes next."""
    label = parts[name].label
    kind = "gradient" if "gradient" in label else "forward"
    if name in own:
        look, ink, label = f'fill="{OWN[kind]}"', "white", f"✓ {label}"
    elif name == next_part(parts, own):
        look, ink, label = (
            'fill="#fff7e0" stroke="#8a5a00" stroke-width="2.5"',
            "#222",
            f"▸ {label}",
        )
    else:
        look, ink = 'fill="white" stroke="#777" stroke-dasharray="4 3"', "#555"
    return (
        f'<g><title>{escape(name)}</title><rect x="{x}" y="{y}" width="{WIDTH}" height="{CELL}" '
        f'rx="5" {look}/><text x="{x + WIDTH / 2}" y="{y + CELL / 2}" fill="{ink}">'
        f"{escape(label)}</text></g>"
    )


def _flow(row: tuple[str, ...], y: float, first: bool, last: bool) -> str:
    """The arrows between the layers of a row, from the image or to the classes."""
    ends = [LEFT + place * (WIDTH + GAP) for place in range(len(row))]
    arrows = [f"M{x - GAP + 2} {y}h{GAP - 5}m-4 -4l4 4l-4 4" for x in ends]
    if last:
        arrows.append(f"M{ends[-1] + WIDTH + 2} {y}h{GAP - 5}m-4 -4l4 4l-4 4")
    text = f'<path d="{"".join(arrows)}" fill="none" stroke="#444" stroke-width="1.5"/>'
    if first:
        text += f'<text x="{LEFT - GAP - 20}" y="{y}">image</text>'
    if last:
        text += f'<text x="{ends[-1] + WIDTH + GAP + 26}" y="{y}">classes</text>'
    return text
