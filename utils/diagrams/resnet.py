"""Diagrams of lesson 7: the blocks, what a shortcut does where sizes change, the paths."""

from itertools import product

from utils.diagrams.drawing import FILTER, GRADIENT, INK, INPUT, MUTED, OUTPUT, Drawing

__all__ = ["blocks", "bottleneck", "options", "orders", "paths", "ways_back"]

NORM, BEND = "#DDE7F3", "#F2F2F2"


def _column(drawing: Drawing, x: float, y: float, layers: list[tuple[str, str]], *, width=110):
    """Draw layers from top to bottom with arrows between; return the lower end."""
    for place, (words, fill) in enumerate(layers):
        drawing.rect(x - width / 2, y, width, 28, fill).text(x, y + 14, words, size=13)
        if place < len(layers) - 1:
            drawing.line((x, y + 28), (x, y + 40), colour=MUTED, arrow=True)
        y += 40
    return y - 12


def _sum(drawing: Drawing, x: float, y: float):
    """Draw the addition."""
    drawing.rect(x - 13, y - 13, 26, 26, OUTPUT, round=13, opacity=0.6)
    drawing.text(x, y, "+", size=18, bold=True)


TWO = [
    ("conv 3x3", FILTER),
    ("batch norm", NORM),
    ("ReLU", BEND),
    ("conv 3x3", FILTER),
    ("batch norm", NORM),
]


def _block(drawing: Drawing, x: float, layers: list[tuple[str, str]], *, shortcut=True, side=100):
    """Draw a block from its input to its output; with or without a shortcut to its right."""
    drawing.rect(x - 20, 34, 40, 24, INPUT).text(x, 46, "x")
    drawing.line((x, 58), (x, 78), colour=MUTED, width=2, arrow=True)
    end = _column(drawing, x, 80, layers)
    if shortcut:
        drawing.line((x + 20, 46), (x + side, 46), (x + side, end + 26), colour=INPUT, width=3)
        drawing.line((x + side, end + 26), (x + 14, end + 26), colour=INPUT, width=3, arrow=True)
        drawing.line((x, end), (x, end + 12), colour=MUTED, arrow=True)
        _sum(drawing, x, end + 26)
        end += 40
    drawing.line((x, end), (x, end + 12), colour=MUTED, arrow=True)
    drawing.rect(x - 55, end + 14, 110, 28, BEND).text(x, end + 28, "ReLU", size=13)
    drawing.line((x, end + 42), (x, end + 58), colour=MUTED, width=2, arrow=True)
    return end + 72


def blocks() -> Drawing:
    """A plain block and a residual one, layer by layer."""
    drawing = Drawing(
        640,
        430,
        "Two blocks side by side. The plain one: x goes through conv 3x3, batch norm, ReLU, conv "
        "3x3, batch norm and ReLU. The residual one has the same layers, but a thick line, the "
        "shortcut, leads from x around the five layers of the branch F to an addition, after which "
        "comes the last ReLU.",
    )
    drawing.text(125, 16, "plain: computes H(x)", bold=True)
    drawing.text(420, 16, "residual: computes F(x) = H(x) − x", bold=True)
    end = _block(drawing, 140, TWO, shortcut=False)
    drawing.text(140, end, "ReLU(H(x))")
    end = _block(drawing, 420, TWO)
    drawing.text(420, end, "ReLU(F(x) + x)")
    drawing.line((357, 80), (349, 80), (349, 268), (357, 268), colour="#8A5A00", width=2)
    drawing.text(333, 174, "F", size=20, colour="#8A5A00", bold=True)
    return drawing.text(530, 180, "shortcut: x", size=13, anchor="start", colour="#1F6FA3")


def ways_back() -> Drawing:
    """The gradient's two ways through a block."""
    drawing = Drawing(
        700,
        190,
        "A residual block lying on its side: x, the branch F above, a sum, a ReLU, the output. Red "
        "arrows lead back from the output through the ReLU to the sum, where the gradient "
        "divides: one copy goes through F, the other straight to x, and there they are added.",
    )
    drawing.rect(30, 110, 50, 34, INPUT).text(55, 127, "x")
    drawing.rect(210, 26, 200, 38, FILTER, opacity=0.7)
    drawing.text(310, 45, "F: conv, norm, ReLU, conv, norm", size=11.5)
    _sum(drawing, 480, 127)
    drawing.rect(530, 110, 60, 34, BEND).text(560, 127, "ReLU", size=13)
    drawing.rect(630, 110, 50, 34, OUTPUT, opacity=0.6).text(655, 127, "y")
    for points in (
        ((82, 121), (464, 121)),
        ((55, 108), (55, 38), (208, 38)),
        ((412, 38), (480, 38), (480, 112)),
        ((494, 122), (528, 122)),
        ((592, 122), (628, 122)),
    ):
        drawing.line(*points, colour=MUTED, width=1.5, arrow=True)
    for points in (
        ((628, 134), (594, 134)),
        ((528, 134), (496, 134)),
        ((464, 134), (84, 134)),
        ((470, 112), (470, 52), (414, 52)),
        ((206, 52), (68, 52), (68, 106)),
    ):
        drawing.line(*points, colour=GRADIENT, width=2.5, arrow=True)
    return drawing.text(
        350, 172, "grey: forward · red: the gradient, a copy on each way, added up at x", size=12
    )


def options() -> Drawing:
    """What stands on the shortcut where a block halves the map and doubles the channels."""
    drawing = Drawing(
        720,
        250,
        "Three shortcuts from a volume of C channels on 4 by 4 pixels to one of 2 C channels on 2 "
        "by 2. Option A keeps every second pixel, four of sixteen, and adds C channels of zeros. "
        "Options B and C look at the same four pixels with a 1x1 conv layer and a batch norm. B "
        "does so where the shape changes, C in every block.",
    )
    for left, title in ((20, "A: thin out, fill with zeros"), (380, "B, C: project, 1x1 conv")):
        drawing.text(left + 150, 18, title, bold=True)
        for row, column in product(range(4), range(4)):
            kept = row % 2 == 0 and column % 2 == 0
            fill = INPUT if kept else "#EEF5FA"
            drawing.rect(left + 26 * column, 60 + 26 * row, 26, 26, fill, MUTED, round=0)
        drawing.text(left + 52, 184, "C channels, 4 x 4", size=12)
        drawing.line((left + 114, 112), (left + 186, 112), colour=MUTED, width=2, arrow=True)
    drawing.volume(231, 77, 40, 40, 30, "#FFFFFF")  # behind the channels that are kept
    drawing.volume(216, 92, 40, 40, 30, INPUT)
    drawing.text(306, 100, "zeros", size=12)
    drawing.text(240, 184, "2 C channels, 2 x 2", size=12)
    drawing.rect(495, 96, 66, 32, FILTER).text(528, 112, "1x1, /2", size=12)
    drawing.volume(590, 92, 40, 40, 60, OUTPUT)
    drawing.text(625, 184, "2 C channels, 2 x 2", size=12)
    drawing.text(150, 222, "no weights", size=12, colour=INK)
    return drawing.text(530, 222, "B: only where the shape changes · C: in every block", size=12)


def bottleneck() -> Drawing:
    """A block of two 3x3 layers beside a bottleneck; the width of a layer is its channels."""
    drawing = Drawing(
        680,
        330,
        "Left, the basic block on 64 channels: two layers of 3x3, 64 filters each, 73,728 weights. "
        "Right, the bottleneck on 256 channels: 1x1 down to 64, 3x3 on 64, 1x1 up to 256, 69,632 "
        "weights. The layers are drawn as wide as they have filters; in the bottleneck the middle "
        "is narrow.",
    )
    drawing.text(130, 18, "basic block, 64 channels", bold=True)
    drawing.text(460, 18, "bottleneck, 256 channels", bold=True)
    for x, inside, layers in (
        (130, 70, [(70, "3x3, 64"), (70, "3x3, 64")]),
        (460, 280, [(70, "1x1, 64"), (70, "3x3, 64"), (280, "1x1, 256")]),
    ):
        drawing.rect(x - inside / 2, 36, inside, 16, INPUT, round=0)
        y = 76
        for width, words in layers:
            drawing.line((x, y - 22), (x, y - 2), colour=MUTED, arrow=True)
            drawing.rect(x - width / 2, y, width, 28, FILTER).text(x, y + 14, words, size=12.5)
            y += 54
        side = x + inside / 2 + 26
        drawing.line((x + inside / 2, 44), (side, 44), (side, y + 6), colour=INPUT, width=3)
        drawing.line((side, y + 6), (x + 14, y + 6), colour=INPUT, width=3, arrow=True)
        drawing.line((x, y - 24), (x, y - 8), colour=MUTED, arrow=True)
        _sum(drawing, x, y + 6)
    drawing.text(130, 270, "73,728 weights", size=13)
    return drawing.text(460, 296, "69,632 weights", size=13)


def paths() -> Drawing:
    """Three residual blocks, and the eight paths through them."""
    drawing = Drawing(
        720,
        330,
        "Above, three residual blocks h, g and f in a row, each with a shortcut. Below, the eight "
        "paths from x to y: one through none of the branches, three through one, three through "
        "two, and one through all three.",
    )
    for place, name in enumerate("hgf"):
        left = 90 + 190 * place
        drawing.line((left - 50, 60), (left + 140, 60), colour=INPUT, width=3)
        drawing.line((left, 60), (left, 26), (left + 22, 26), colour=MUTED, arrow=True)
        drawing.rect(left + 24, 12, 50, 28, FILTER).text(left + 49, 26, name)
        drawing.line((left + 76, 26), (left + 100, 26), (left + 100, 46), colour=MUTED, arrow=True)
        _sum(drawing, left + 100, 60)
    drawing.text(24, 60, "x").text(640, 60, "y")
    for length, ways in enumerate(((0,), (1, 2, 4), (3, 5, 6), (7,))):
        y = 120 + 52 * length
        word = f"{length} branch{'es' * (length != 1)}"
        drawing.text(20, y, word, size=12.5, anchor="start")
        for column, way in enumerate(ways):
            left = 130 + 190 * column
            drawing.line((left, y), (left + 160, y), colour=INPUT, width=3)
            for place, name in enumerate("hgf"):
                if way >> place & 1:
                    drawing.rect(left + 12 + 50 * place, y - 12, 36, 24, FILTER)
                    drawing.text(left + 30 + 50 * place, y, name, size=13)
    return drawing


def orders() -> Drawing:
    """The block of 2015 and that of 2016, which keeps the shortcut's way free."""
    drawing = Drawing(
        640,
        430,
        "Two blocks. Left, of December 2015: conv, batch norm, ReLU, conv, batch norm in the "
        "branch and a ReLU after the addition, which stands in the shortcut's way too. Right, of "
        "March 2016: batch norm, ReLU, conv, batch norm, ReLU, conv in the branch, and nothing "
        "after the addition.",
    )
    drawing.text(150, 16, "December 2015", bold=True)
    drawing.text(440, 16, "March 2016: pre-activation", bold=True)
    end = _block(drawing, 150, TWO)
    drawing.text(150, end, "ReLU(F(x) + x)")
    drawing.rect(420, 34, 40, 24, INPUT).text(440, 46, "x")
    drawing.line((440, 58), (440, 78), colour=MUTED, width=2, arrow=True)
    first = [("batch norm", NORM), ("ReLU", BEND), ("conv 3x3", FILTER)]
    end = _column(drawing, 440, 80, [*first, *first])
    drawing.line((460, 46), (540, 46), (540, end + 26), colour=INPUT, width=3)
    drawing.line((540, end + 26), (454, end + 26), colour=INPUT, width=3, arrow=True)
    drawing.line((440, end), (440, end + 12), colour=MUTED, arrow=True)
    _sum(drawing, 440, end + 26)
    drawing.line((440, end + 40), (440, end + 62), colour=MUTED, width=2, arrow=True)
    return drawing.text(440, end + 76, "F(x) + x")
