"""Diagrams of lesson 8: the blocks that came with and after ResNet, and EfficientNet-Lite0."""

from utils.diagrams.drawing import FILTER, INK, INPUT, MUTED, OUTPUT, Drawing
from utils.models.efficientnet import CONFIGURATION, HEAD_FILTERS, STEM_FILTERS

__all__ = [
    "convnext_block",
    "dense_block",
    "inception",
    "inverted_residual",
    "lite0",
    "residual_stream",
    "resnext_block",
    "scaling",
    "separable",
    "squeeze_excitation",
    "uneven_padding",
]

PALE = "#F5D9A8"  # the filter's colour, pale
HIGH = 30  # of a box


def _box(drawing: Drawing, x, y, words, width=96, fill=PALE):
    """Write words in a box whose left side has its middle at (x, y)."""
    drawing.rect(x, y - HIGH / 2, width, HIGH, fill)
    drawing.text(x + width / 2, y, words, size=13)


def _arrow(drawing: Drawing, *points):
    drawing.line(*points, colour=MUTED, width=2, arrow=True)


def _plus(drawing: Drawing, x, y, sign="+"):
    drawing.rect(x - 11, y - 11, 22, 22, OUTPUT, round=11, opacity=0.35)
    drawing.text(x, y, sign, size=16, bold=True)


def _chain(drawing: Drawing, x, y, boxes, gap=22):
    """Draw boxes (words, width) from left to right with arrows between; return where they end."""
    for place, (words, width) in enumerate(boxes):
        if place:
            _arrow(drawing, (x - gap, y), (x, y))
        _box(drawing, x, y, words, width)
        x += width + gap
    return x - gap


def inception() -> Drawing:
    """GoogLeNet's block 3a: four branches side by side, joined along the channels."""
    drawing = Drawing(
        700,
        262,
        "An input of 192 channels goes into four branches. The first is a 1x1 conv layer of 64 "
        "filters. The second reduces to 96 channels by 1x1, then 128 filters of 3x3. The third "
        "reduces to 16 channels by 1x1, then 32 filters of 5x5. The fourth is 3x3 max pooling, "
        "then 32 filters of 1x1. Their outputs are joined along the channels: "
        "64 + 128 + 32 + 32 = 256.",
    )
    branches = (
        (None, "1x1, 64", 64),
        ("1x1, 96", "3x3, 128", 128),
        ("1x1, 16", "5x5, 32", 32),
        ("3x3 max pool", "1x1, 32", 32),
    )
    drawing.rect(14, 95, 92, 60, INPUT, opacity=0.6).text(60, 117, "input")
    drawing.text(60, 136, "192 channels", size=12)
    top = 20.0
    for place, (first, second, filters) in enumerate(branches):
        y = 35 + 60 * place
        start = 170 if first else 320
        _arrow(drawing, (106, 125), (140, y), (start, y))
        if first:
            _box(drawing, 170, y, first, 110, "white" if "max" in first else PALE)
            _arrow(drawing, (280, y), (320, y))
        _box(drawing, 320, y, second, 110)
        _arrow(drawing, (430, y), (500, y), (536, top + filters * 0.41))
        drawing.rect(540, top, 60, filters * 0.82, OUTPUT, opacity=0.35 + 0.15 * place)
        drawing.text(612, top + filters * 0.41, filters, size=12, anchor="start")
        top += filters * 0.82
    return drawing.text(570, 246, "256 channels", size=13, bold=True)


def separable() -> Drawing:
    """A 3x3 conv layer beside a depthwise and a pointwise one, each with its filters."""
    drawing = Drawing(
        660,
        250,
        "On the left an ordinary conv layer: 3 channels, 4 filters of 3 by 3 by 3, so 108 weights. "
        "On the right its separable stand-in: first a depthwise layer, one filter of 3 by 3 for "
        "each of the 3 channels, 27 weights; then a pointwise layer, 4 filters of 1 by 1 by 3, 12 "
        "weights.",
    )
    drawing.text(125, 18, "ordinary", bold=True).text(460, 18, "separable", bold=True)
    drawing.volume(18, 100, 54, 54, 30, INPUT, "3 channels")
    _arrow(drawing, (96, 127), (116, 127))
    for place in range(4):
        drawing.volume(124, 52 + 48 * place, 27, 27, 30, FILTER)
    drawing.text(150, 240, "4 filters of 3x3x3: 108 weights", size=12)
    for place in range(3):
        y = 50 + 64 * place
        drawing.rect(310, y, 44, 44, INPUT, round=0, opacity=0.8)
        _arrow(drawing, (356, y + 22), (378, y + 22))
        drawing.rect(382, y + 9, 27, 27, FILTER, round=0)
        _arrow(drawing, (412, y + 22), (434, y + 22))
        drawing.rect(438, y, 44, 44, OUTPUT, round=0, opacity=0.4)
    _arrow(drawing, (490, 136), (524, 136))
    for place in range(4):
        drawing.volume(534, 70 + 40 * place, 9, 9, 30, FILTER)
    drawing.text(396, 240, "depthwise: 27 weights", size=12)
    return drawing.text(580, 240, "pointwise: 12 weights", size=12)


def inverted_residual() -> Drawing:
    """ResNet's bottleneck above, the inverted residual block below; widths to scale."""
    drawing = Drawing(
        700,
        340,
        "Two blocks with their channels as heights. Above, ResNet's bottleneck: 256 channels, "
        "reduced to 64 by 1x1, a 3x3 layer on 64, back to 256 by 1x1; the shortcut joins the wide "
        "ends. Below, the inverted residual block: 24 channels, widened to 144 by 1x1, a "
        "depthwise 3x3 layer on 144, back to 24 by 1x1; the shortcut joins the narrow ends.",
    )
    blocks = (
        (85, "bottleneck (ResNet)", (256, 64, 64, 256), ("1x1", "3x3", "1x1"), 0.4),
        (
            256,
            "inverted residual (MobileNetV2)",
            (24, 144, 144, 24),
            ("1x1, ReLU6", "depthwise, ReLU6", "1x1, linear"),
            0.7,
        ),
    )
    for y, name, channels, layers, scale in blocks:
        drawing.text(14, y - 66, name, anchor="start", bold=True)
        for place, count in enumerate(channels):
            x, height = 40 + 170 * place, count * scale
            end = place in (0, 3)
            drawing.rect(x, y - height / 2, 34, height, INPUT if end else OUTPUT, opacity=0.6)
            drawing.text(x + 17, y + height / 2 + 12, count, size=12)
            if place < 3:
                _arrow(drawing, (x + 38, y), (x + 164, y))
                drawing.text(x + 101, y - 13, layers[place], size=12)
        _arrow(drawing, (588, y), (620, y))
        _plus(drawing, 634, y)
        edge = y + channels[0] * scale / 2
        low = y + 78
        drawing.line((57, edge + 22), (57, low), (634, low), colour=MUTED, width=2)
        _arrow(drawing, (634, low), (634, y + 13))
    return drawing


def uneven_padding() -> Drawing:
    """Eight pixels, windows of three, stride 2: padded evenly, and as TensorFlow does."""
    drawing = Drawing(
        640,
        200,
        "A line of 8 pixels, windows of 3 and stride 2. Padded evenly by 1, the windows stand over "
        "pixels 0 to 2, 2 to 4, 4 to 6 and 6 to 8 of the padded line, and the last zero is not "
        "reached. Padded by TensorFlow's rule, none before and one after, they stand over pixels 1 "
        "to 3, 3 to 5, 5 to 7 and 7 to 8 with the zero after them: one pixel further right.",
    )
    for y, name, before, after in ((30, "even: 1 and 1", 1, 1), (120, "SAME: 0 and 1", 0, 1)):
        drawing.text(20, y + 15, name, anchor="start", size=13)
        left = 210 - 34 * before
        line = [0] * before + list("abcdefgh") + [0] * after
        fills = {(0, i): INPUT for i in range(before, before + 8)}
        drawing.cells(left, y, [line], fills=fills)
        for place in range(4):
            start = left + 68 * place + 5
            height = y + 42 + 9 * (place % 2)
            drawing.line((start, height), (start + 92, height), colour=FILTER, width=4)
            drawing.text(start + 46, y + 66, place + 1, size=12)
    return drawing


def lite0() -> Drawing:
    """EfficientNet-Lite0, stage by stage: heights are the maps' sides, widths their channels."""
    rows = [("conv 3x3", STEM_FILTERS, 112)]
    side = 112
    for expansion, size, stride, filters, count in CONFIGURATION:
        side //= stride
        rows.append((f"{count} x {size}x{size}, x{expansion}", filters, side))
    rows.append(("conv 1x1", HEAD_FILTERS, side))
    said = ", ".join(f"{name} to {filters} channels of {s} x {s}" for name, filters, s in rows)
    drawing = Drawing(
        760,
        250,
        f"EfficientNet-Lite0 as a row of columns, as high as the maps and as wide as the root of "
        f"their channels: {said}. Then a global average and a linear layer give 1000 scores.",
    )
    x = 20
    for place, (name, filters, side) in enumerate(rows):
        width = 2.6 * filters**0.5
        step = max(width + 18, 74)
        middle = x + step / 2
        fill = FILTER if place in (0, len(rows) - 1) else OUTPUT
        drawing.rect(middle - width / 2, 150 - side, width, side, fill, opacity=0.55)
        drawing.text(middle, 164, f"{side} x {side}", size=11)
        drawing.text(middle, 180, filters, size=12, bold=True)
        for line, words in enumerate(name.split(", ")):
            drawing.text(middle, 200 + 16 * line, words, size=11)
        x += step
    return drawing


def dense_block() -> Drawing:
    """DenseNet: each layer gets the outputs of all before it, joined."""
    drawing = Drawing(
        620,
        150,
        "Three conv layers in a row. The input is joined to the output of each of them, and so are "
        "the outputs of the layers before: the channels grow, 64, 96, 128, 160.",
    )
    x = 20
    for place, count in enumerate((64, 96, 128, 160)):
        drawing.rect(x, 80 - count / 4, 26, count / 2, INPUT, opacity=0.7)
        drawing.text(x + 13, 135, count, size=12)
        if place < 3:
            _arrow(drawing, (x + 30, 80), (x + 62, 80))
            _box(drawing, x + 66, 80, "3x3, 32", 66)
            _arrow(drawing, (x + 134, 80), (x + 172, 80))
            drawing.line((x + 13, 78 - count / 4), (x + 13, 14), (x + 190, 14), colour=MUTED)
            _arrow(drawing, (x + 190, 14), (x + 190, 76 - count / 4 - 12))
        x += 182
    return drawing


def resnext_block() -> Drawing:
    """ResNeXt: a bottleneck whose middle layer works in groups."""
    drawing = Drawing(
        620,
        190,
        "A bottleneck whose middle is split: 256 channels go into 32 narrow paths of 4 channels, "
        "each 1x1, 3x3, 1x1. The paths and the shortcut are added. Three of the paths are drawn.",
    )
    drawing.rect(20, 65, 40, 60, INPUT, opacity=0.7).text(40, 140, 256, size=12)
    for place, y in enumerate((30, 80, 150)):
        _arrow(drawing, (60, 95), (100, y), (130, y))
        end = _chain(drawing, 130, y, [("1x1, 4", 76), ("3x3, 4", 76), ("1x1, 256", 84)])
        _arrow(drawing, (end, y), (500, y), (536, 95 + 6 * (place - 1)))
    drawing.text(250, 115, "…  32 paths  …", size=13)
    _plus(drawing, 550, 95)
    drawing.line((40, 64), (40, 8), (550, 8), colour=MUTED, width=2)
    _arrow(drawing, (550, 8), (550, 82))
    return drawing


def squeeze_excitation() -> Drawing:
    """SE: a number for each channel, computed from all of them, turns it up or down."""
    drawing = Drawing(
        640,
        150,
        "A feature map goes two ways. One averages each channel over its places, sends these "
        "numbers through two small linear layers and a sigmoid, and so gets a weight from 0 to 1 "
        "for each channel. The other is the map itself, which is multiplied by these weights.",
    )
    drawing.volume(20, 60, 44, 44, 40, INPUT, "C channels")
    _arrow(drawing, (86, 50), (120, 36))
    boxes = [("average", 84), ("linear, C/16", 100), ("linear, C", 86), ("sigmoid", 76)]
    end = _chain(drawing, 122, 32, boxes, 20)
    _arrow(drawing, (end, 32), (556, 32), (556, 76))
    _arrow(drawing, (92, 88), (543, 88))
    _plus(drawing, 556, 88, "x")
    _arrow(drawing, (569, 88), (610, 88))
    return drawing


def scaling() -> Drawing:
    """EfficientNet: depth, width and image size grow together."""
    drawing = Drawing(
        620,
        190,
        "Five small networks as rows of blocks: the starting point; a deeper one, with more "
        "blocks; a wider one, with thicker blocks; one for larger images, with taller blocks; and "
        "one in which depth, width and image size have all grown a little.",
    )
    kinds = (
        ("B0", 3, 12, 60),
        ("deeper", 6, 12, 60),
        ("wider", 3, 26, 60),
        ("larger images", 3, 12, 120),
        ("all three", 4, 17, 80),
    )
    x = 20
    for name, count, width, height in kinds:
        start = x
        for _ in range(count):
            drawing.rect(x, 80 - height / 2, width, height, OUTPUT, opacity=0.5)
            x += width + 4
        drawing.text((start + x - 4) / 2, 165, name, size=12)
        x += 34
    return drawing


def convnext_block() -> Drawing:
    """ConvNeXt: depthwise 7x7, then an inverted bottleneck, with one activation function."""
    drawing = Drawing(
        680,
        120,
        "96 channels go through a depthwise 7x7 layer, layer norm, a 1x1 layer to 384 channels, "
        "GELU, and a 1x1 layer back to 96; the shortcut leads around all of it.",
    )
    drawing.text(24, 75, 96, size=13)
    _arrow(drawing, (38, 75), (60, 75))
    boxes = [("depthwise 7x7", 112), ("layer norm", 86), ("1x1, 384", 78), ("GELU", 56)]
    end = _chain(drawing, 62, 75, [*boxes, ("1x1, 96", 72)], 20)
    _arrow(drawing, (end, 75), (end + 40, 75))
    _plus(drawing, end + 54, 75)
    drawing.line((48, 75), (48, 22), (end + 54, 22), colour=MUTED, width=2)
    _arrow(drawing, (end + 54, 22), (end + 54, 62))
    return drawing


def residual_stream() -> Drawing:
    """A Transformer: blocks that read from a stream and add to it."""
    drawing = Drawing(
        640,
        170,
        "A thick line runs from the embeddings to the prediction, the residual stream. Four times "
        "a branch leaves it, goes through a layer norm and through attention or a small network, "
        "and is added to it again.",
    )
    drawing.line((40, 120), (600, 120), colour=INPUT, width=8)
    drawing.text(40, 145, "embeddings", size=12, anchor="start")
    drawing.text(600, 145, "prediction", size=12, anchor="end")
    for place, name in enumerate(("attention", "MLP", "attention", "MLP")):
        x = 64 + 132 * place
        _arrow(drawing, (x, 116), (x, 62))
        _box(drawing, x - 8, 45, name, 80, PALE)
        _arrow(drawing, (x + 72, 45), (x + 96, 45), (x + 96, 106))
        _plus(drawing, x + 96, 120)
    return drawing.line((40, 120), (41, 120), colour=INK, width=1)
