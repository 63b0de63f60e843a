"""Diagrams of lesson 4: AlexNet's two towers, a layer cut into groups, and the small AlexNet."""

from utils.diagrams.drawing import FILTER, INK, INPUT, MUTED, OUTPUT, Drawing

__all__ = ["grouped_layer", "small_network", "towers"]

# Of each conv layer: its name, the side of its map, the filters of one tower, and whether it sees
# both towers.
CONV = (
    ("conv 1", 55, 48, False),
    ("conv 2", 27, 128, False),
    ("conv 3", 13, 192, True),
    ("conv 4", 13, 192, False),
    ("conv 5", 13, 128, False),
)
POOLED = ("conv 1", "conv 2", "conv 5")  # followed by a pooling layer


def towers() -> Drawing:
    """AlexNet's volumes, one tower above the other, and where the towers meet."""
    drawing = Drawing(
        880,
        370,
        "AlexNet as two rows of blocks, one for each GPU. The image of 227 by 227 pixels goes into "
        "both. Conv 1 gives 55 by 55 places with 48 channels in each row, conv 2 27 by 27 with "
        "128, conv 3 and 4 13 by 13 with 192, conv 5 13 by 13 with 128. Max pooling follows "
        "conv 1, 2 and 5. Lines cross between the rows before conv 3 and before each of the three "
        "fully connected layers, of 2048 units in each row and 1000 in the last.",
    )
    drawing.volume(20, 135, 90, 90, 12, INPUT, "227 x 227, 3 colours")
    xs = (175, 285, 385, 475, 565)
    middles = (95, 275)
    ends: list[tuple[float, float]] = [(118, 175), (118, 185)]
    for x, (name, side, filters, both) in zip(xs, CONV, strict=True):
        extent = 20 + 0.9 * side
        depth = filters / 6
        drawing.text(x + extent / 2, 16, name, bold=True)
        starts = ends
        ends = []
        for tower, middle in enumerate(middles):
            for number, start in enumerate(starts):
                if number == tower or both:
                    drawing.line(start, (x - 3, middle), colour=INK, width=1.3, arrow=True)
            top = middle - extent / 2
            label = f"{side} x {side}, {filters}"
            drawing.volume(x, top, extent, extent, depth, OUTPUT, label)
            ends.append((x + extent + depth / 2 + 2, middle))
        if name in POOLED:
            drawing.text(x + extent / 2, 352, "then pooled", size=12, colour=MUTED)
    starts = ends
    for x, name, units in ((680, "fc 6", 2048), (745, "fc 7", 2048), (815, "fc 8", 1000)):
        drawing.text(x + 8, 16, name, bold=True)
        places = middles if units > 1000 else (185,)
        for middle in places:
            for start in starts:
                drawing.line(start, (x - 2, middle), colour=INK, width=1.3, arrow=True)
        for middle in places:
            drawing.rect(x, middle - 50, 16, 100, OUTPUT, round=2, opacity=0.85)
            drawing.text(x + 8, middle + 64, units, size=12)
        starts = [(x + 18, middle) for middle in places]
    drawing.text(20, 60, "GPU 1", anchor="start", colour=MUTED)
    return drawing.text(20, 310, "GPU 2", anchor="start", colour=MUTED)


def grouped_layer() -> Drawing:
    """Four channels to four filters: all joined, and cut into two groups."""
    drawing = Drawing(
        640,
        220,
        "Two layers of four input channels, blue, and four output channels, green. On the left "
        "each output is joined to all four inputs, 16 lines. On the right the layer has two "
        "groups: the first two outputs are joined to the first two inputs only, and the last two "
        "to the last two, 8 lines; a dashed line separates the groups.",
    )
    for left, title, groups in (
        (20, "one group: 16 slices of filters", 1),
        (350, "two groups: 8", 2),
    ):
        drawing.text(left + 125, 16, title, bold=True)
        for k in range(4):
            for c in range(4):
                if k * groups // 4 == c * groups // 4:
                    drawing.line(
                        (left + 64, 52 + 46 * c), (left + 186, 52 + 46 * k), colour=FILTER, width=2
                    )
        for place in range(4):
            for x, colour, name in ((left, INPUT, "in"), (left + 186, OUTPUT, "out")):
                drawing.rect(x, 36 + 46 * place, 64, 32, colour, opacity=0.75)
                drawing.text(x + 32, 52 + 46 * place, f"{name} {place + 1}")
        if groups == 2:
            drawing.line((left - 10, 121), (left + 260, 121), colour=MUTED, dashed=True)
    return drawing


SMALL = (
    ("images", "3 x 24 x 24", ("augmentation",)),
    ("conv 1", "16 x 12 x 12", ("ReLU", "response norm")),
    ("conv 2", "32 x 5 x 5", ("groups", "ReLU", "response norm")),
    ("conv 3", "48 x 2 x 2", ("ReLU",)),
    ("conv 4", "48 x 2 x 2", ("groups", "ReLU")),
    ("conv 5", "32 x 2 x 2", ("groups", "ReLU")),
    ("fc 6", "192", ("dropout", "ReLU")),
    ("fc 7", "192", ("dropout", "ReLU")),
    ("fc 8", "10", ()),
)
#: The colours of the tricks that have a place in the network.
TRICK = {
    "augmentation": INPUT,
    "ReLU": "#D0D3D6",
    "response norm": "#F0E442",
    "groups": FILTER,
    "dropout": "#CC79A7",
}


def small_network() -> Drawing:
    """The small AlexNet, layer by layer, with the trick that each layer has."""
    drawing = Drawing(
        900,
        210,
        "The small AlexNet from left to right: images, five conv layers, three fully connected "
        "layers, with the shape after each. Below each layer stand its tricks in coloured boxes: "
        "augmentation at the images; ReLU after every layer but the last; response norm after "
        "conv 1 and 2; groups in conv 2, 4 and 5; dropout before fc 6 and 7. A line below says "
        "that momentum belongs to the training step.",
    )
    for place, (name, shape, tricks) in enumerate(SMALL):
        x = 10 + 99 * place
        colour = INPUT if place == 0 else OUTPUT
        drawing.rect(x, 14, 80, 44, colour, opacity=0.75)
        drawing.text(x + 40, 28, name, bold=True)
        drawing.text(x + 40, 46, shape, size=11)
        if place < len(SMALL) - 1:
            drawing.line((x + 80, 36), (x + 97, 36), arrow=True)
        for row, trick in enumerate(tricks):
            drawing.rect(x - 4, 70 + 30 * row, 90, 24, TRICK[trick], "none", round=10, opacity=0.6)
            drawing.text(x + 41, 82 + 30 * row, trick, size=11)
    drawing.text(450, 186, "in every step of training: momentum", size=13, colour=MUTED)
    return drawing
