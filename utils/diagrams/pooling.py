"""Diagrams of lesson 3: what a pooling window gives, and where its gradient goes."""

from utils.diagrams.drawing import GRADIENT, INPUT, MUTED, OUTPUT, Drawing

__all__ = ["gradient_ways", "summaries", "three_reductions"]

SLIDE = [[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]
CORNER = "#F5D9A8"  # the filter's colour, pale: the window that is spoken of


def summaries() -> Drawing:
    """The lecture's example: a 4x4 slice, its 2x2 maxima and its 2x2 means."""
    drawing = Drawing(
        560,
        190,
        "A slice of 4 by 4 numbers, rows 1 1 2 4, 5 6 7 8, 3 2 1 0, 1 2 3 4, cut into four windows "
        "of 2 by 2. The largest number of each: 6, 8, 3, 4. The mean of each: 3.25, 5.25, 2, 2. "
        "The upper left window, 1 1 5 6, is marked, and so are its maximum 6 and its mean 3.25.",
    )
    fills = {(row, column): CORNER for row in (0, 1) for column in (0, 1)}
    drawing.text(90, 16, "one slice", bold=True).cells(20, 32, SLIDE, fills=fills)
    drawing.line((88, 32), (88, 168), colour=INPUT, width=3)
    drawing.line((20, 100), (156, 100), colour=INPUT, width=3)
    for x, name, rows in (
        (240, "largest", [[6, 8], [3, 4]]),
        (430, "mean", [[3.25, 5.25], [2, 2]]),
    ):
        drawing.line((x - 62, 100), (x - 8, 100), colour=MUTED, width=2, arrow=True)
        drawing.text(x + 46, 40, name, bold=True)
        drawing.cells(x, 54, rows, size=46, fills={(0, 0): CORNER})
    return drawing


def gradient_ways() -> Drawing:
    """Where a window's gradient goes: to the winner, or in equal shares."""
    drawing = Drawing(
        560,
        190,
        "A window with the numbers 1, 1, 5, 6. On the left its maximum, 6: the gradient g of the "
        "output goes to the 6, and the other three get 0. On the right its mean, 3.25: each of the "
        "four numbers gets a quarter of g.",
    )
    ways = (
        (20, "max pooling", [["0", "0"], ["0", "g"]]),
        (310, "average pooling", [["g/4"] * 2] * 2),
    )
    for x, name, shares in ways:
        drawing.text(x + 110, 16, name, bold=True)
        drawing.cells(x, 40, [[1, 1], [5, 6]], size=50, fill=INPUT)
        drawing.text(x + 50, 158, "the window", size=12)
        drawing.cells(x + 130, 40, shares, size=50, fill="#F6C6A8", stroke=GRADIENT)
        drawing.text(x + 180, 158, "its gradient", size=12)
    return drawing


def three_reductions() -> Drawing:
    """A line of pixels halved in three ways, before and after a shift by one pixel."""
    drawing = Drawing(
        620,
        270,
        "A line of eight pixels, one of them 9 and the others 0, and the same line shifted by one. "
        "Every second pixel: the 9 is kept before the shift and lost after it. The largest of each "
        "pair: 9 stands in the second place, before the shift and after it. Blurred, then every "
        "second pixel: 4.5 in the second place before, and 2.25 in the second and third after.",
    )
    for x, name, place in ((20, "before", 2), (330, "shifted by one", 3)):
        line = [9 if i == place else 0 for i in range(8)]
        blurred = [round(9 * {0: 0.5, 1: 0.25}.get(abs(place - i), 0), 2) for i in range(0, 8, 2)]
        rows: list[tuple[str, list]] = [
            ("every second", line[::2]),
            ("largest of two", [max(line[i : i + 2]) for i in range(0, 8, 2)]),
            ("blurred", blurred),
        ]
        drawing.text(x + 136, 16, name, bold=True)
        drawing.cells(x, 34, [line], fills={(0, place): INPUT})
        for number, (what, values) in enumerate(rows):
            y = 100 + 56 * number
            fills = {(0, i): OUTPUT for i, value in enumerate(values) if value}
            drawing.text(x + 58, y + 17, what, size=13)
            drawing.cells(x + 136, y, [[f"{value:g}" for value in values]], fills=fills)
    return drawing
