"""Lesson 2: the region that a unit sees, through one layer and through several."""

from utils.checks.cases import table
from utils.checks.convolution.cases import PADDING, STRIDE
from utils.checks.core import Case, Exercise, Mistake, Trait, ValueExercise
from utils.checks.mistakes import edit

# --- region-seen --------------------------------------------------------------------------------


def _region(row, col, kernel_size, stride, padding):
    top, left = row * stride - padding, col * stride - padding
    return top, left, top + kernel_size, left + kernel_size


def _off_diagonal(case: Case) -> bool:
    return case.arguments["row"] != case.arguments["col"]


region_seen = Exercise(
    "region-seen",
    reference=_region,
    cases=table(
        "row col kernel_size stride padding",
        [(0, 0, 3, 1, 0), (2, 2, 3, 1, 0), (1, 3, 3, 1, 0), (1, 2, 3, 2, 0), (0, 0, 3, 1, 1)],
        [(2, 2, 2, 1, 1), (4, 1, 5, 2, 2), (3, 5, 2, 3, 1), (0, 7, 11, 4, 2), (6, 2, 1, 2, 0)],
    ),
    traits=(Trait("row and column differ", "row = column", _off_diagonal), STRIDE, PADDING),
    ranges=("stride", "padding"),
    returns=("top", "left", "bottom", "right"),
)

region_seen.mistake(
    "the padding is forgotten",
    "The kernel's first position starts in the padding, above and left of the input's pixel 0.",
    edit("row * stride - padding, col * stride - padding", "row * stride, col * stride"),
)
region_seen.mistake(
    "the padding is added",
    "That gives coordinates further inside the input. With padding the first window starts "
    "*before* pixel 0.",
    edit("row * stride - padding, col * stride -", "row * stride + padding, col * stride +"),
)
region_seen.mistake(
    "the padding is multiplied by the stride",
    "The stride scales the unit's place in the output only; the padding is measured in pixels.",
    edit(
        "row * stride - padding, col * stride - padding",
        "(row - padding) * stride, (col - padding) * stride",
    ),
)
region_seen.mistake(
    "the stride is ignored",
    "Neighbours in the output look at windows that are S pixels apart.",
    edit("row * stride", "row"),
    edit("col * stride", "col"),
)
region_seen.mistake(
    "bottom and right are the last pixel inside",
    "The region is half-open, as in a slice: bottom and right are the first pixel outside, so that "
    "bottom - top is the kernel's size.",
    edit("top + kernel_size, left + kernel_size", "top + kernel_size - 1, left + kernel_size - 1"),
)
region_seen.mistake(
    "rows and columns are swapped",
    "The row decides top and bottom, the column left and right.",
    edit("top, left =", "left, top ="),
)
region_seen.mistake(
    "the numbers come in the order top, bottom, left, right",
    "Return the upper left corner first, then the lower right one.",
    edit("left, top + kernel_size", "top + kernel_size, left"),
)
region_seen.mistake(
    "the region is cut off at the input's edge",
    "A unit at the edge also sees padding. Coordinates may be negative: do not clip them.",
    edit("return top, left", "return max(top, 0), max(left, 0)"),
)
region_seen.mistake(
    "the kernel is placed with its centre on the pixel",
    "Output unit 0 belongs to the first place where the whole kernel fits: its corner, not its "
    "centre, lies at the start of the padded input.",
    edit("    top, left", "    padding = kernel_size // 2\n    top, left"),
)
region_seen.mistake(
    "height and width are returned instead of bottom and right",
    "The last two numbers are coordinates too, of the corner opposite to the first.",
    edit("top + kernel_size, left + kernel_size", "kernel_size, kernel_size"),
)


# --- receptive-field-stack: 3x3/2, 3x3/1, 3x3/1 -------------------------------------------------

receptive_field_stack = ValueExercise(
    "receptive-field-stack",
    reference=11,
    advice="Go from one unit at the top down to the input, layer by layer: how many units of the "
    "layer below does a row of n units see with stride 1, and with stride 2?",
    passed="the region grows through all three layers, stride included.",
    mistakes=[
        Mistake(
            "the stride is ignored",
            "After the layer with stride 2, neighbours are two pixels apart. What does that do to "
            "the steps of the layers above it?",
            7,
        ),
        Mistake(
            "the kernel sizes are multiplied",
            "Neighbouring windows overlap: a layer adds to the region, it does not multiply it.",
            27,
        ),
        Mistake(
            "only the last layer is looked at",
            "Its 3 units each see a region of the layer below, and so on down to the input.",
            3,
        ),
        Mistake(
            "the kernel sizes are added",
            "Neighbouring windows overlap, so a layer adds less than its kernel; and a step of an "
            "upper layer is worth more than one pixel.",
            9,
        ),
        Mistake(
            "a layer's stride already widens its own window",
            "A layer's window is measured in the steps of its *input*; its own stride only spreads "
            "what comes after it.",
            13,
        ),
        Mistake(
            "each layer adds its whole kernel",
            "A window grows by one less than the kernel: its first pixel is already counted.",
            16,
        ),
        Mistake(
            "the area is given instead of the side",
            "The receptive field is given by its side here, as in '7x7'.",
            121,
        ),
        Mistake(
            "the single unit at the start is left out",
            "With no layer at all a unit sees itself: start from 1, not from 0.",
            10,
        ),
    ],
)
