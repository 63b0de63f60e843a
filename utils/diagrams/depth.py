"""Diagrams of lesson 6: padding on small maps, batch norm and its gradient, a copied network."""

from utils.diagrams.drawing import FILTER, GRADIENT, INPUT, MUTED, OUTPUT, Drawing

__all__ = ["copied_network", "normalised_channel", "padded_windows", "ways_back"]


def padded_windows() -> Drawing:
    """The same window of 3x3 on maps of 8x8, 4x4 and 2x2: how much of it lies in the padding."""
    drawing = Drawing(
        720,
        312,
        "Three maps with a ring of padded zeros around them: 8 by 8, 4 by 4 and 2 by 2 pixels. A "
        "window of 3 by 3 stands in the upper left corner of each, where it sees 4 pixels and 5 "
        "zeros. On the 8 by 8 map 28 of 64 windows touch the padding, on the 4 by 4 map 12 of 16, "
        "on the 2 by 2 map all 4.",
    )
    for left, size, said in (
        (20, 8, "28 of 64 windows reach it"),
        (310, 4, "12 of 16"),
        (510, 2, "all 4, and each sees 5 zeros"),
    ):
        side = 24
        top = 40 + (10 - size - 2) * side / 2
        for row in range(size + 2):
            for column in range(size + 2):
                inside = 0 < row <= size and 0 < column <= size
                x, y = left + column * side, top + row * side
                drawing.rect(x, y, side, side, INPUT if inside else "#EEEEEE", MUTED, round=0)
                if not inside:
                    drawing.text(x + side / 2, y + side / 2, "0", size=11, colour=MUTED)
        drawing.rect(left, top, 3 * side, 3 * side, FILTER, FILTER, round=0, opacity=0.35)
        middle = left + (size + 2) * side / 2
        drawing.text(max(middle, left + 60), 20, f"{size} x {size} pixels", bold=True)
        drawing.text(middle + (40 if size == 2 else 0), top + (size + 2) * side + 16, said, size=12)
    return drawing


def normalised_channel() -> Drawing:
    """Which numbers of a batch share a mean: one channel of all images."""
    drawing = Drawing(
        680,
        230,
        "Three images of a batch, each a stack of four channels. The second channel is filled with "
        "colour in all three images: its pixels together have one mean and one standard deviation. "
        "An arrow leads to the four pairs of numbers of the layer, of which the second is "
        "filled too.",
    )
    for image in range(3):
        left = 30 + 130 * image
        drawing.text(left + 50, 20, f"image {image + 1}")
        for channel in (3, 2, 1, 0):
            fill = OUTPUT if channel == 1 else "#F2F2F2"
            drawing.rect(left + 14 * channel, 84 - 14 * channel, 60, 60, fill, round=0)
    drawing.text(215, 185, "one channel of all images: m = N · H · W numbers", colour="#006B4F")
    drawing.line((425, 100), (475, 100), colour=MUTED, width=2, arrow=True)
    drawing.text(580, 20, "for each channel")
    for channel in range(4):
        fill = OUTPUT if channel == 1 else "#F2F2F2"
        drawing.rect(490, 40 + 34 * channel, 180, 28, fill, opacity=0.8)
        drawing.text(580, 54 + 34 * channel, "mean, variance; γ, β", size=13)
    return drawing


def ways_back() -> Drawing:
    """How one input reaches the outputs of its channel: by itself, by the mean, by the spread."""
    drawing = Drawing(
        700,
        240,
        "On the left an input x_j, on the right the normalised outputs. Three ways lead from one "
        "to the other. The upper one goes straight to the output of the same place. The middle one "
        "goes by the mean to all outputs, the lower one by the standard deviation to all outputs. "
        "Red arrows show that the gradient comes back on all three.",
    )
    drawing.rect(30, 95, 90, 44, INPUT).text(75, 117, "x_j")
    for y, name in ((50, "x_j − μ"), (117, "mean μ"), (184, "deviation s")):
        drawing.rect(250, y - 20, 130, 40, "#F7F0E2").text(315, y, name)
        drawing.line((122, 110), (246, y - 6), colour=MUTED, width=2, arrow=True)
        drawing.line((246, y + 8), (126, 124), colour=GRADIENT, width=2, arrow=True)
    for y, name in ((50, "output at j"), (150, "all other outputs")):
        drawing.rect(520, y - 22, 150, 44, OUTPUT, opacity=0.6).text(595, y, name)
    for start, ends in ((50, (50,)), (117, (60, 140)), (184, (68, 160))):
        for end in ends:
            drawing.line((384, start - 5), (516, end - 6), colour=MUTED, arrow=True)
            drawing.line((516, end + 6), (386, start + 6), colour=GRADIENT, width=2, arrow=True)
    return drawing.text(350, 228, "grey: forward · red: the gradient, back by all three", size=12)


def copied_network() -> Drawing:
    """A shallow network, and a deeper one: its copy with layers between that do nothing."""
    drawing = Drawing(
        720,
        180,
        "Above, a network of four layers. Below, one of eight: the same four layers, copied, each "
        "followed by a layer that hands on what it gets. Both give the same output.",
    )
    drawing.text(20, 24, "the shallow network", anchor="start", bold=True)
    drawing.text(20, 106, "a deeper one that does the same", anchor="start", bold=True)
    for place in range(8):
        left, copied = 60 + 80 * place, place % 2 == 0
        if copied:
            drawing.rect(left, 40, 56, 34, FILTER).text(left + 28, 57, "conv")
            end = 160 if place < 6 else 76
            drawing.line((left + 58, 57), (left + end - 2, 57), colour=MUTED, arrow=True)
        drawing.rect(left, 122, 56, 34, FILTER if copied else "#F2F2F2", MUTED)
        drawing.text(left + 28, 139, "conv" if copied else "x → x", size=13)
        drawing.line((left + 58, 139), (left + 78, 139), colour=MUTED, arrow=True)
    return drawing
