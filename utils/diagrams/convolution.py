"""Diagrams of lesson 1: a layer on a line, the window and its sum, sizes, volumes, im2col."""

from utils import sizing
from utils.diagrams.drawing import FILTER, INK, INPUT, MUTED, OUTPUT, Drawing

__all__ = [
    "channels",
    "dilation",
    "filter_and_volume",
    "flip",
    "groups",
    "im2col",
    "line_layers",
    "looks",
    "positions",
    "window",
]

#: Light colours of four windows, which black letters stand on; the letters tell them apart too.
TINTS = ("#BFE3F7", "#F9DDA8", "#B5E3D3", "#EFC6DD")
LETTERS = "abcd"
LIGHT_INPUT, LIGHT_FILTER, LIGHT_OUTPUT = "#D6EDF9", "#FBE7C2", "#CFEBE1"
UNREAD = "#E3E3E6"


def line_layers() -> Drawing:
    """Three layers from four pixels to three outputs: all weights, those near by, and tied ones."""
    drawing = Drawing(
        620,
        500,
        "Three layers from four pixels to three outputs, each as a net of lines and as a matrix of "
        "3 rows and 4 columns. Fully connected: twelve lines, twelve different weights. "
        "Local: each "
        "output keeps the two pixels below it, so six weights are left and the other "
        "six are 0. The "
        "same everywhere: the two weights w0 and w1 repeat in every row, one place further right.",
    )
    layers = (
        ("fully connected", "12 weights", lambda i, j: f"w{_low(i)}{_low(j)}"),
        ("local: far weights struck out", "6 weights", lambda i, j: f"w{_low(i)}{_low(j)}"),
        ("local and the same everywhere", "2 weights", lambda i, j: f"w{_low(j - i)}"),
    )
    for place, (title, count, name) in enumerate(layers):
        top = 10 + 164 * place
        drawing.text(20, top + 12, title, anchor="start", bold=True)
        drawing.text(600, top + 12, count, anchor="end", colour="#9A5B00", bold=True)
        across = [50 + 64 * j for j in range(4)]
        up, down = top + 48, top + 122
        fills = {}
        for i in range(3):
            for j in range(4):
                near = j in (i, i + 1)
                if place == 0 or near:
                    second = place == 2 and j == i + 1
                    ends = ((across[j], down - 15), (across[i] + 32, up + 15))
                    drawing.line(*ends, colour="#B36B00", width=2, dashed=second)
                    fills[i, j] = FILTER if second else LIGHT_FILTER
        for j, x in enumerate(across):
            drawing.rect(x - 17, down - 15, 34, 30, INPUT).text(x, down, f"x{_low(j)}")
        for i in range(3):
            drawing.rect(across[i] + 15, up - 15, 34, 30, OUTPUT, opacity=0.55)
            drawing.text(across[i] + 32, up, f"y{_low(i)}")
        numbers = [[name(i, j) if (i, j) in fills else "0" for j in range(4)] for i in range(3)]
        drawing.text(330, top + 86, "matrix", size=12, colour=INK)
        drawing.cells(380, top + 32, numbers, size=36, fills=fills)
    return drawing


def window(image, kernel, corner=(0, 0)) -> Drawing:
    """One window of a grey image, the filter on it, and the output that its sum fills.

    Args:
        image: rows of whole numbers.
        kernel: square rows of whole numbers.
        corner: row and column of the window.
    """
    size, (top, left) = len(kernel), corner
    rows, columns = len(image) - size + 1, len(image[0]) - size + 1
    output = [
        [
            sum(kernel[u][v] * image[i + u][j + v] for u in range(size) for v in range(size))
            for j in range(columns)
        ]
        for i in range(rows)
    ]
    cell = 34
    wide = cell * (len(image[0]) + size + columns) + 150
    drawing = Drawing(
        wide,
        cell * len(image) + 66,
        f"An image of {len(image)} by {len(image[0])} numbers, a {size} by {size} filter and the "
        f"{rows} by {columns} output. The window at row {top}, column {left} is coloured; the sum "
        f"of its products with the filter is {output[top][left]}, the number that is coloured in "
        f"the output. The output's rows: {'; '.join(' '.join(map(str, x)) for x in output)}.",
    )
    seen = {(top + u, left + v): INPUT for u in range(size) for v in range(size)}
    x, y = 20, 36
    drawing.text(x + cell * len(image[0]) / 2, 16, "image")
    drawing.cells(x, y, image, size=cell, fill=LIGHT_INPUT, fills=seen)
    drawing.rect(x + left * cell, y + top * cell, size * cell, size * cell, "none", round=0)
    x += cell * len(image[0])
    middle = y + cell * len(image) / 2
    drawing.text(x + 25, middle, "·", size=26)
    x += 50
    drawing.text(x + cell * size / 2, 16, "filter")
    drawing.cells(x, middle - cell * size / 2, kernel, size=cell, fill=FILTER)
    x += cell * size
    drawing.text(x + 25, middle, "=", size=22)
    x += 50
    drawing.text(x + cell * columns / 2, 16, "output")
    done = {(i, j): LIGHT_OUTPUT for i in range(rows) for j in range(columns)}
    done[corner] = OUTPUT
    drawing.cells(x, middle - cell * rows / 2, output, size=cell, fills=done)
    return drawing


def positions(size: int, kernel: int, stride: int = 1, padding: int = 0) -> Drawing:
    """A line of pixels and, below it, every position of the window; unread pixels are greyed."""
    count = sizing.conv_output_size(size, kernel, stride, padding)
    padded, cell = size + 2 * padding, 40
    read = (count - 1) * stride + kernel
    last = f"The last {padded - read} of the line are read by no window." if read < padded else ""
    drawing = Drawing(
        cell * padded + 170,
        96 + 26 * count,
        f"A line of {size} pixels with {padding} zeros at each end. Below it are {count} positions "
        f"of a window of {kernel}, each {stride} further right than the one before. {last}",
    )
    x, y = 20, 14
    for place in range(padded):
        inside = padding <= place < size + padding
        words = f"x{_low(place - padding)}" if inside else "0"
        fill = (INPUT if inside else "white") if place < read else UNREAD
        drawing.rect(x + cell * place, y, cell, cell, fill, round=0)
        drawing.text(x + cell * place + cell / 2, y + cell / 2, words)
    for place in range(count):
        left, height = x + place * stride * cell, y + cell + 20 + 26 * place
        drawing.rect(left + 3, height - 8, kernel * cell - 6, 16, FILTER, "none")
        drawing.text(left + kernel * cell + 8, height, f"gives y{_low(place)}", anchor="start")
    if read < padded:
        middle = x + cell * (read + padded) / 2
        drawing.text(middle, y + cell + 14, "never read", size=12, colour="#A84300")
    bottom = y + cell + 20 + 26 * count
    span = padded - kernel
    drawing.line((x + kernel * cell, bottom), (x + padded * cell, bottom), arrow=True)
    drawing.line((x + kernel * cell, bottom - 6), (x + kernel * cell, bottom + 6))
    drawing.text(x + cell * kernel / 2, bottom, "the first window", size=12)
    drawing.text(
        x + cell * padded + 8, bottom, f"{span} pixels to move over", size=12, anchor="start"
    )
    return drawing


def looks(size: int = 6, kernel: int = 3) -> Drawing:
    """How many windows look at each pixel, without padding and with one ring of zeros."""
    cell, wide = 36, 36 * (size + 2)
    drawing = Drawing(
        2 * wide + 90,
        wide + 64,
        f"Two images of {size} by {size} pixels, each pixel with the number of {kernel} "
        f"by {kernel} "
        "windows that look at it. Without padding a corner is looked at once, a pixel "
        "of the middle "
        "nine times. With one ring of zeros around the image a corner is looked at four times.",
    )
    for place, padding in enumerate((0, 1)):
        x, y = 20 + place * (wide + 50), 40
        padded = size + 2 * padding
        along = [
            sum(first <= at < first + kernel for first in range(padded - kernel + 1))
            for at in range(padded)
        ]
        inset = cell * (1 - padding)
        count = padded - kernel + 1
        title = f"padding {padding}: {count} x {count} outputs"
        drawing.text(x + wide / 2, 16, title, bold=True)
        for i, down in enumerate(along):
            for j, across in enumerate(along):
                left, top = x + inset + j * cell, y + inset + i * cell
                inside = padding <= min(i, j) and max(i, j) < size + padding
                share = 0.12 + 0.88 * down * across / kernel**4 * kernel**2
                drawing.rect(
                    left, top, cell, cell, INPUT if inside else "white", round=0, opacity=share
                )
                words, colour = (down * across, INK) if inside else ("0", MUTED)
                drawing.text(left + cell / 2, top + cell / 2, words, colour=colour)
    return drawing


def filter_and_volume(count: int = 4) -> Drawing:
    """A window through all three channels, one number for each filter, slices that are stacked."""
    drawing = Drawing(
        600,
        306,
        "Left, three sheets one behind the other: the red, green and blue channel of the input, "
        f"with a window that goes through all three. In the middle {count} filters, "
        "each a block of "
        f"three sheets. Right, {count} sheets, the output: an arrow leads from the first filter to "
        "one number on the first sheet, as each filter fills one sheet.",
    )
    for sheet in reversed(range(3)):
        x, y = 16 + 20 * sheet, 110 - 20 * sheet
        drawing.rect(x, y, 130, 130, LIGHT_INPUT)
        drawing.rect(x + 34, y + 44, 42, 42, INPUT)
        drawing.text(x + 122, y + 120, "RGB"[sheet], size=13, anchor="end")
    drawing.text(100, 264, "input: depth 3", bold=True)
    drawing.text(100, 286, "one window goes through it", size=13)
    for k in range(count):
        for sheet in reversed(range(3)):
            drawing.rect(254 + 8 * sheet, 38 + 58 * k - 8 * sheet, 38, 38, FILTER, opacity=0.9)
        drawing.text(273, 57 + 58 * k, f"{k + 1}", bold=True)
    drawing.line((190, 120), (246, 58), colour=INK, arrow=True)
    drawing.text(284, 264, f"{count} filters", bold=True).text(284, 286, "each 3 deep", size=13)
    for sheet in reversed(range(count)):
        x, y = 400 + 20 * sheet, 130 - 20 * sheet
        drawing.rect(x, y, 110, 110, LIGHT_OUTPUT)
        drawing.text(x + 104, y + 100, f"{sheet + 1}", size=13, anchor="end")
    drawing.rect(430, 166, 15, 15, OUTPUT)
    drawing.line((314, 44), (372, 44), (428, 168), colour=INK, arrow=True)
    drawing.text(352, 26, "sum + bias", size=13)
    drawing.text(490, 264, f"output: depth {count}", bold=True)
    drawing.text(490, 286, "a slice for each filter", size=13)
    return drawing


def channels(labels: list[str], values: list[list[int]], weights: list[list[int]]) -> Drawing:
    """A line with several channels: each channel's products, and one sum of all of them.

    Args:
        labels: the names of the channels.
        values: of each channel, the pixels under the window.
        weights: of each channel, the filter's weights.
    """
    sums = [
        sum(a * b for a, b in zip(*pair, strict=True)) for pair in zip(values, weights, strict=True)
    ]
    cell, wide = 36, 36 * len(values[0])
    drawing = Drawing(
        2 * wide + 300,
        54 * len(labels) + 44,
        "One window on a line with the channels "
        + ", ".join(labels)
        + ". Each channel has weights of its own; their sums of products are "
        + ", ".join(map(str, sums))
        + f", and all of them are added up to a single output, {sum(sums)}.",
    )
    x = 80
    drawing.text(x + wide / 2, 14, "window").text(x + wide + 40 + wide / 2, 14, "filter")
    for place, label in enumerate(labels):
        y = 32 + 54 * place
        drawing.text(70, y + cell / 2, label, anchor="end")
        drawing.cells(x, y, [values[place]], size=cell, fill=INPUT)
        drawing.text(x + wide + 20, y + cell / 2, "·", size=22)
        drawing.cells(x + wide + 40, y, [weights[place]], size=cell, fill=FILTER)
        drawing.text(x + 2 * wide + 60, y + cell / 2, f"= {sums[place]}", anchor="start")
        end = (x + 2 * wide + 158, 32 + 27 * len(labels) - 9)
        drawing.line((x + 2 * wide + 104, y + cell / 2), end, colour=INK, arrow=True)
    top = 32 + 27 * len(labels) - 9 - cell / 2
    drawing.cells(x + 2 * wide + 162, top, [[sum(sums)]], size=cell, fill=OUTPUT)
    return drawing


def im2col(image, kernel) -> Drawing:
    """Four windows as the columns of a matrix, the filter as a row, their product as an image.

    Args:
        image: 3 rows of 3 whole numbers.
        kernel: 2 rows of 2 whole numbers.
    """
    corners = [(i, j) for i in range(2) for j in range(2)]
    windows = [[image[i + u][j + v] for u in range(2) for v in range(2)] for i, j in corners]
    row = [weight for line in kernel for weight in line]
    products = [sum(w * x for w, x in zip(row, column, strict=True)) for column in windows]
    drawing = Drawing(
        640,
        420,
        "Above, a 3 by 3 image four times, each time with another 2 by 2 window in another colour, "
        "called a, b, c and d. Below, a matrix whose four columns are these windows, each in its "
        "colour: "
        + "; ".join(f"{n}: {' '.join(map(str, w))}" for n, w in zip(LETTERS, windows, strict=True))
        + f". The filter stands left of it as the row {' '.join(map(str, row))}; row times "
        "matrix is "
        f"the row {' '.join(map(str, products))}, which is folded to a 2 by 2 output.",
    )
    for place, (i, j) in enumerate(corners):
        x = 20 + 155 * place
        seen = {(i + u, j + v): TINTS[place] for u in range(2) for v in range(2)}
        drawing.text(x + 60, 16, f"window {LETTERS[place]}", bold=True)
        drawing.cells(x, 32, image, size=40, fills=seen)
        drawing.rect(x + 40 * j, 32 + 40 * i, 80, 80, "none", round=0)
    size, y = 38, 224
    drawing.text(96, y + 58, "filter, as a row", size=13)
    drawing.cells(20, y + 76, [row], size=size, fill=FILTER)
    drawing.text(192, y + 95, "·", size=26)
    fills = {(r, c): TINTS[c] for r in range(4) for c in range(4)}
    turned = [[windows[c][r] for c in range(4)] for r in range(4)]
    for place in range(4):
        middle = 212 + size * place + size / 2
        drawing.line((80 + 155 * place, 158), (middle, y - 24), colour=MUTED, arrow=True)
        drawing.text(middle, y - 12, LETTERS[place], bold=True)
    drawing.cells(212, y, turned, size=size, fills=fills)
    drawing.text(288, y + 170, "windows, as columns", size=13)
    drawing.text(382, y + 95, "=", size=22)
    drawing.cells(400, y + 76, [products], size=size, fills={(0, c): TINTS[c] for c in range(4)})
    drawing.text(476, y + 58, "output, as a row", size=13)
    drawing.line((476, y + 120), (560, y + 146), colour=INK, arrow=True)
    drawing.text(490, y + 150, "reshape", size=12)
    folded = [products[:2], products[2:]]
    drawing.cells(
        564,
        y + 116,
        folded,
        size=34,
        fills={(i, j): TINTS[2 * i + j] for i in (0, 1) for j in (0, 1)},
    )
    return drawing


def flip() -> Drawing:
    """One bright pixel under a filter: cross-correlation gives it turned, convolution upright."""
    kernel = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    image = [[int((i, j) == (2, 2)) for j in range(5)] for i in range(5)]
    turned = [line[::-1] for line in kernel[::-1]]
    drawing = Drawing(
        620,
        240,
        "An image of 5 by 5 pixels, all 0 but a 1 in the middle, and a filter with the "
        "numbers 1 to "
        "9. Their cross-correlation has the numbers 9 to 1, the filter turned by half a "
        "turn. Their "
        "convolution has the numbers 1 to 9 in order.",
    )
    drawing.text(105, 16, "one bright pixel")
    drawing.cells(20, 36, image, size=34, fill=LIGHT_INPUT, fills={(2, 2): INPUT})
    for x, title, matrix, fill in (
        (215, "filter", kernel, FILTER),
        (355, "cross-correlation", turned, OUTPUT),
        (495, "convolution", kernel, OUTPUT),
    ):
        drawing.text(x + 51, 52, title, size=13)
        drawing.cells(x, 70, matrix, size=34, fill=fill)
    drawing.text(406, 192, "turned round", size=12).text(546, 192, "upright", size=12)
    return drawing


def dilation() -> Drawing:
    """The pixels that a 3x3 filter looks at, with dilation 1 and with dilation 2."""
    drawing = Drawing(
        480,
        250,
        "Two images of 7 by 7 pixels. With dilation 1 the nine pixels under a 3 by 3 filter lie "
        "side by side. With dilation 2 there is a gap of one pixel between any two of "
        "them, so they "
        "spread over 5 by 5 pixels.",
    )
    for place, step in enumerate((1, 2)):
        x = 20 + 240 * place
        cells = {(3 + step * u, 3 + step * v): FILTER for u in (-1, 0, 1) for v in (-1, 0, 1)}
        names = [["w" if (i, j) in cells else "" for j in range(7)] for i in range(7)]
        drawing.text(x + 98, 16, f"dilation {step}", bold=True)
        drawing.cells(x, 34, names, size=28, fill=LIGHT_INPUT, fills=cells)
        edge = 28 * (2 * step + 1)
        drawing.rect(x + 28 * (3 - step), 34 + 28 * (3 - step), edge, edge, "none", round=0)
    return drawing


def groups() -> Drawing:
    """Which input channels an output channel is computed from: all, or those of its group."""
    drawing = Drawing(
        520,
        240,
        "Two layers from four input channels to four output channels. In one group every output is "
        "joined to all four inputs, sixteen lines. In two groups the first two outputs "
        "are joined to "
        "the first two inputs and the last two to the last two, eight lines.",
    )
    for place, count in enumerate((1, 2)):
        x, per = 20 + 260 * place, 4 // count
        drawing.text(x + 110, 16, f"groups {count}: {16 // count} slices of weights", bold=True)
        for i in range(4):
            for j in range(4):
                if i // per == j // per:
                    ends = ((x + 25 + 56 * j, 170), (x + 25 + 56 * i, 80))
                    drawing.line(*ends, colour="#B36B00", width=2)
        for j in range(4):
            drawing.rect(x + 5 + 56 * j, 50, 40, 30, OUTPUT).text(
                x + 25 + 56 * j, 65, f"out {j}", size=12
            )
            drawing.rect(x + 5 + 56 * j, 170, 40, 30, INPUT).text(
                x + 25 + 56 * j, 185, f"in {j}", size=12
            )
    return drawing


def _low(number: int) -> str:
    """A number as a subscript."""
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
