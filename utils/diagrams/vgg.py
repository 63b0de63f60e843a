"""Diagrams of lesson 5: one large filter or three small ones, and VGG's six columns to scale."""

from itertools import pairwise

from utils.diagrams.drawing import FILTER, INK, INPUT, MUTED, OUTPUT, Drawing

__all__ = ["columns", "one_or_three", "sliding_head", "two_scales"]


def one_or_three() -> Drawing:
    """One filter of 7 and three of 3, along one axis: both look at seven pixels."""
    drawing = Drawing(
        660,
        230,
        "Along one axis, seven pixels below. On the left one unit above them is joined to all "
        "seven by one filter. On the right three layers of filters of three: the unit at the top "
        "is joined to three units, these to five, and these to the same seven pixels.",
    )
    for left, name, rows in (
        (20, "one filter of 7", (1, 7)),
        (350, "three filters of 3", (1, 3, 5, 7)),
    ):
        drawing.text(left + 140, 16, name, bold=True)
        step = 156 / (len(rows) - 1)
        for place, (above, below) in enumerate(pairwise(rows)):
            y, reach = 42 + place * step, below - above
            for unit in range(above):
                x = left + 140 + 40 * (unit - (above - 1) / 2)
                for tap in range(reach + 1):
                    end = left + 140 + 40 * (unit + tap - (below - 1) / 2)
                    drawing.line((x, y), (end, y + step), colour=FILTER, width=1.5)
        for place, count in enumerate(rows):
            y, colour = 42 + place * step, INPUT if count == 7 else OUTPUT
            for unit in range(count):
                x = left + 140 + 40 * (unit - (count - 1) / 2)
                drawing.rect(x - 12, y - 12, 24, 24, colour)
    return drawing


def two_scales() -> Drawing:
    """What one 7x7 layer and three 3x3 layers cost, D channels in and out, as bars to scale."""
    drawing = Drawing(
        660,
        210,
        "Bars to scale for one 7 by 7 layer and three 3 by 3 layers of depth D. Weights: 49 and 27 "
        "D squared. Multiply-adds at each pixel: 49 and 27 D squared too. Outputs to keep at each "
        "pixel: D and 3 D. The small filters win the first two, the large one wins the last.",
    )
    rows = (
        ("weights", 49, 27, "49 D²", "27 D²"),
        ("multiply-adds a pixel", 49, 27, "49 D²", "27 D²"),
        ("outputs kept a pixel", 16.3, 49, "D", "3 D"),
    )
    for place, (name, large, small, one, three) in enumerate(rows):
        y = 20 + 56 * place
        drawing.text(170, y + 20, name, anchor="end", size=13)
        for offset, size, label, colour in ((0, large, one, FILTER), (20, small, three, OUTPUT)):
            drawing.rect(186, y + offset, 7 * size, 17, colour, round=0)
            drawing.text(194 + 7 * size, y + offset + 9, label, size=12, anchor="start")
    drawing.rect(186, 188, 14, 14, FILTER, round=0).text(
        206, 195, "one 7x7", size=12, anchor="start"
    )
    drawing.rect(290, 188, 14, 14, OUTPUT, round=0)
    return drawing.text(310, 195, "three 3x3", size=12, anchor="start")


def columns(configurations: dict, notes: dict | None = None) -> Drawing:
    """The conv layers of networks as columns of blocks, all to one scale.

    A block is as wide as the layer's map, and as high as it has filters.

    Args:
        configurations: name -> items (kernel size, filters) or "M", for images of 224 pixels.
        notes: name -> short lines that are written below the column.
    """
    notes, width = notes or {}, 132
    filters = {name: [x[1] for x in items if x != "M"] for name, items in configurations.items()}
    heights = {name: sum(x) / 14 + 2 * len(x) + 30 for name, x in filters.items()}
    lines = max((len(x) for x in notes.values()), default=0)
    lowest = 40 + max(heights.values())
    said = "; ".join(f"{name} has {len(x)}" for name, x in filters.items())
    drawing = Drawing(
        width * len(configurations) + 10,
        lowest + 18 * lines + 14,
        "The conv layers of VGG's configurations as columns of blocks, from the image at the top. "
        "A block is as wide as its map and as high as it has filters: wide and flat at the top, "
        f"narrow and high at the bottom. Number of conv layers: {said}. The 1 by 1 layers of C "
        "stand out in another colour.",
    )
    for place, (name, items) in enumerate(configurations.items()):
        middle, y, side = 5 + width * (place + 0.5), 40.0, 224
        drawing.text(middle, 18, name, bold=True)
        for item in items:
            if item == "M":
                side, y = side // 2, y + 6
                continue
            kernel, count = item
            wide = max(side * 0.46, 3)
            colour = OUTPUT if kernel == 3 else FILTER
            drawing.rect(middle - wide / 2, y, wide, count / 14, colour, INK, round=0)
            y += count / 14 + 2
        for number, line in enumerate(notes.get(name, ())):
            drawing.text(middle, lowest + 10 + 18 * number, line, size=12, colour=INK)
    return drawing


def sliding_head() -> Drawing:
    """A fully connected layer as a filter that fits once, and on a larger map several times."""
    drawing = Drawing(
        660,
        190,
        "On the left a map of 7 by 7: a filter of 7 by 7 covers it wholly and gives one score. On "
        "the right a map of 12 by 9: the same filter fits in 6 by 3 positions and gives a map of "
        "6 by 3 scores. Its first and last positions are framed.",
    )
    for left, wide, high in ((20, 7, 7), (300, 12, 9)):
        side = 14
        drawing.cells(left, 30, [[""] * wide] * high, size=side, fill=INPUT, stroke="#FFFFFF")
        drawing.rect(left, 30, 7 * side, 7 * side, FILTER, FILTER, round=0, opacity=0.45)
        if wide > 7:
            x, y = left + (wide - 7) * side, 30 + (high - 7) * side
            drawing.rect(x, y, 7 * side, 7 * side, "none", FILTER, round=0)
        drawing.text(left + wide * side / 2, 172, f"map of {wide} x {high}", size=12)
        start = left + wide * side
        drawing.line((start + 12, 80), (start + 44, 80), colour=MUTED, width=2, arrow=True)
        scores = [[""] * (wide - 6)] * (high - 6)
        drawing.cells(start + 54, 80 - 7 * len(scores), scores, size=side, fill=OUTPUT)
        count = "one score" if wide == 7 else f"{wide - 6} x {high - 6} scores"
        drawing.text(start + 58 + 7 * (wide - 6), 80 + 7 * len(scores) + 16, count, size=12)
    return drawing
