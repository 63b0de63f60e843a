"""The diagrams of lesson 2: how a gradient goes back through a conv layer and a network."""

from utils.diagrams.drawing import FILTER, GRADIENT, INK, INPUT, MUTED, OUTPUT, Drawing

__all__ = ["gradients_on_a_line", "network", "overlap", "receptive_field"]

BOX = 44


def gradients_on_a_line() -> Drawing:
    """Three outputs of two neighbours each: forward, back to a pixel, and back to a weight."""
    drawing = Drawing(
        760,
        250,
        "Three small networks side by side, each with the inputs x0 to x3 in blue below and the "
        "outputs y0 to y2 in green above. Left, forward: each output is joined to the two inputs "
        "below it, by a solid line for the weight w0 and a dashed one for w1. Middle, back to x1: "
        "two red arrows reach it, from y0 along w1 and from y1 along w0. Right, back to w0: its "
        "three solid lines are red, one from each output.",
    )
    titles = ("forward", "back to the pixel x1", "back to the weight w0")
    for panel, title in enumerate(titles):
        left = 20 + 255 * panel
        drawing.text(left + 105, 18, title, bold=True)
        for place in range(3):
            for tap in range(2):
                below = (left + 22 + 56 * (place + tap), 178)
                above = (left + 50 + 56 * place, 90)
                style = {"dashed": tap == 1, "width": 2}
                if panel == 0:
                    drawing.line(below, above, colour=FILTER, **style)
                elif (panel == 1 and place + tap == 1) or (panel == 2 and tap == 0):
                    drawing.line(
                        above, below, colour=GRADIENT, arrow=True, dashed=tap == 1, width=3
                    )
                else:
                    drawing.line(below, above, colour=MUTED, opacity=0.35, **style)
        for place in range(4):
            strong = panel == 0 or (panel == 1 and place == 1) or (panel == 2 and place < 3)
            x = left + 56 * place
            drawing.rect(x, 180, BOX, 36, INPUT, opacity=0.75 if strong else 0.2, round=8)
            drawing.text(x + BOX / 2, 198, f"x{place}")
        for place in range(3):
            strong = panel != 1 or place < 2
            x = left + 28 + 56 * place
            drawing.rect(x, 52, BOX, 36, OUTPUT, opacity=0.6 if strong else 0.15, round=8)
            drawing.text(x + BOX / 2, 70, f"y{place}" if panel == 0 else f"G{place}")
    drawing.line((30, 236), (60, 236), colour=FILTER, width=2)
    drawing.text(66, 236, "w0", anchor="start")
    drawing.line((110, 236), (140, 236), colour=FILTER, width=2, dashed=True)
    drawing.text(146, 236, "w1", anchor="start")
    drawing.text(380, 236, "G0 · w1  +  G1 · w0", colour=GRADIENT, bold=True)
    return drawing.text(635, 236, "G0 · x0 + G1 · x1 + G2 · x2", colour=GRADIENT, bold=True)


WINDOWS = {"a": (0, 0), "b": (0, 1), "c": (1, 0), "d": (1, 1)}
TINTS = {"a": "#56B4E9", "b": "#F0E442", "c": "#CC79A7", "d": "#D0D3D6"}


def overlap() -> Drawing:
    """col2im on a 3x3 image: four windows of 2x2, their columns, and what each pixel adds up."""
    drawing = Drawing(
        760,
        300,
        "Left, the matrix of columns: four columns a, b, c, d in four colours, one for each window "
        "of 2 by 2 pixels, with the numbers a1 to a4 and so on. In the middle the four windows on "
        "the 3 by 3 image. Right, the image: the corners get one number each, a1, b2, c3, d4; the "
        "middles of the edges two, such as a2 + b1; the middle gets a4 + b3 + c2 + d1.",
    )
    drawing.text(100, 20, "columns (one per window)", bold=True)
    rows = [[f"{name}{k + 1}" for name in WINDOWS] for k in range(4)]
    fills = {(k, j): TINTS[name] for k in range(4) for j, name in enumerate(WINDOWS)}
    drawing.cells(32, 60, rows, size=36, fills=fills)
    drawing.text(330, 20, "where each one came from", bold=True)
    for name, (top, left) in WINDOWS.items():
        x, y = 245 + 95 * left, 50 + 105 * top
        inside = {(top + u, left + v): TINTS[name] for u in range(2) for v in range(2)}
        numbers = [["", "", ""] for _ in range(3)]
        for k in range(4):
            numbers[top + k // 2][left + k % 2] = f"{name}{k + 1}"
        drawing.cells(x, y, numbers, size=26, fills=inside, stroke=MUTED)
    drawing.line((190, 132), (232, 132), arrow=True)
    drawing.line((445, 132), (487, 132), arrow=True)
    drawing.text(615, 20, "image: add up what arrives", bold=True)
    for row in range(3):
        for column in range(3):
            names = [
                f"{name}{2 * (row - top) + column - left + 1}"
                for name, (top, left) in WINDOWS.items()
                if 0 <= row - top < 2 and 0 <= column - left < 2
            ]
            x, y = 500 + 78 * column, 50 + 70 * row
            drawing.rect(x, y, 78, 70, GRADIENT, round=0, opacity=0.12 * len(names))
            lines = [" + ".join(names[:2]), "+ " + " + ".join(names[2:])][: 1 + (len(names) > 2)]
            for k, words in enumerate(lines):
                drawing.text(x + 39, y + 35 + 18 * (k - (len(lines) - 1) / 2), words, size=13)
    return drawing.text(617, 280, "1, 2 or 4 windows reach a pixel", size=12, colour=MUTED)


STEPS = (
    ("images", "1 x 8 x 8", INPUT, 60),
    ("before1", "8 x 8 x 8", OUTPUT, 60),
    ("hidden1", "8 x 8 x 8", OUTPUT, 60),
    ("before2", "32 x 8 x 8", OUTPUT, 60),
    ("hidden2", "32 x 8 x 8", OUTPUT, 60),
    ("means", "32", OUTPUT, 34),
    ("scores", "10", OUTPUT, 20),
)
LAYERS = ("conv", "ReLU", "conv", "ReLU", "mean", "linear")
WEIGHTS = {0: "w1, b1", 2: "w2, b2", 5: "w3, b3"}


def network() -> Drawing:
    """The first network: forward from left to right, the gradient from right to left."""
    drawing = Drawing(
        860,
        260,
        "Seven boxes in a row: images, before1, hidden1, before2, hidden2, means, scores, each "
        "with its shape. Arrows to the right name the layers between them: conv with w1 and b1, "
        "ReLU, conv with w2 and b2, ReLU, mean, linear with w3 and b3. Below, red arrows lead from "
        "the scores back to before1, and where a layer has weights, one leads up to them.",
    )
    step, first = 122, 20
    for place, (name, shape, colour, height) in enumerate(STEPS):
        x = first + step * place
        drawing.rect(x, 110 - height / 2, 62, height, colour, opacity=0.55)
        drawing.text(x + 31, 160, name, size=13, bold=True)
        drawing.text(x + 31, 178, shape, size=11, colour=MUTED)
    for place, layer in enumerate(LAYERS):
        left, right = first + step * place + 64, first + step * (place + 1) - 3
        middle = (left + right) / 2
        drawing.line((left, 110), (right, 110), arrow=True)
        drawing.text(middle, 96, layer, size=12)
        if place in WEIGHTS:
            drawing.rect(middle - 28, 30, 56, 24, FILTER, opacity=0.7)
            drawing.text(middle, 42, WEIGHTS[place], size=12)
            drawing.line((middle, 56), (middle, 84), colour=FILTER)
            drawing.line((middle, 212), (middle, 228), colour=GRADIENT, width=2, arrow=True)
            drawing.text(middle, 240, WEIGHTS[place], size=12, colour=GRADIENT)
        if place > 0:
            drawing.line(
                (right + 30, 205), (left - 28, 205), colour=GRADIENT, width=2.5, arrow=True
            )
    x = first + step * 6 + 31
    drawing.text(x + 6, 230, "probabilities", size=11, colour=GRADIENT)
    return drawing.text(x + 6, 244, "minus targets", size=11, colour=GRADIENT)


def receptive_field() -> Drawing:
    """One unit after two layers of three: it sees three units, and these see five pixels."""
    drawing = Drawing(
        560,
        220,
        "Three rows of seven squares. The coloured square in the top row, after layer 2, is "
        "joined to three in the middle row, after layer 1, and these to five in the image.",
    )
    rows = [("after layer 2", 30, {3}, OUTPUT), ("after layer 1", 95, {2, 3, 4}, OUTPUT)]
    rows += [("the image", 160, {1, 2, 3, 4, 5}, INPUT)]
    for k, (_, y, seen, _) in enumerate(rows[:2]):
        for place in seen:
            for tap in (-1, 0, 1):
                ends = (42 + 56 * place, y + 34), (42 + 56 * (place + tap), rows[k + 1][1])
                drawing.line(*ends, colour=MUTED, opacity=0.8)
    for name, y, seen, colour in rows:
        for place in range(7):
            fill = colour if place in seen else "white"
            drawing.rect(22 + 56 * place, y, 40, 34, fill, INK, opacity=0.7)
        drawing.text(420, y + 17, name, anchor="start")
    return drawing
