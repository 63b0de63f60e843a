"""Lesson 1: the windows of images as columns of a matrix."""

import torch  # noqa: F401  (a mistake uses it)
import torch.nn.functional as F

from utils.checks.convolution import cases
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit


def _case(layer: cases.Layer, seed: int) -> Case:
    image = cases.whole_numbers(*layer.input_shape, seed=seed)
    # Defaults are left out, so that they are tried as well.
    options = {"stride": layer.stride} if layer.stride > 1 else {}
    options |= {"padding": layer.padding} if layer.padding else {}
    return Case({"input": image, "kernel_size": layer.kernel, **options})


def _shape(case: Case) -> tuple[int, int, int, int]:
    return case.arguments["input"].shape


_LAYERS = (
    cases.Layer((3, 3), 2),
    cases.Layer((3, 3), 2, channels=2),
    cases.Layer((3, 3), 2, images=2),
    cases.Layer((2, 2), 2, padding=1),
    cases.Layer((5, 5), 3, stride=2),
    cases.Layer((3, 4), 2),
    cases.Layer((4, 3), 2),
    cases.Layer((3, 2), 1, channels=3, stride=2),
    cases.Layer((6, 5), 3, channels=2, stride=2, padding=1),
    cases.Layer((4, 7), 3, images=2, channels=3, stride=3, padding=2),
)
_CASES = [
    Case({"input": cases.HAND_IMAGE[None, None], "kernel_size": 2}),
    *(_case(layer, 50 * place) for place, layer in enumerate(_LAYERS)),
]


def _library(input, kernel_size, stride=1, padding=0):
    return F.unfold(input, kernel_size, padding=padding, stride=stride)


def _copies(input, kernel_size, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    rows, cols = ((side - kernel_size) // stride + 1 for side in padded.shape[2:])
    patches = input.new_empty(*input.shape[:2], kernel_size, kernel_size, rows, cols)
    for u in range(kernel_size):
        for v in range(kernel_size):
            seen = padded[:, :, u:, v:][:, :, ::stride, ::stride]
            patches[:, :, u, v] = seen[:, :, :rows, :cols]
    return patches.reshape(len(input), -1, rows * cols)


im2col = Exercise(
    "im2col",
    reference=_library,
    written=_copies,
    cases=[*_CASES, *cases.in_double(_CASES[-2:])],
    traits=(
        Trait("several images", "one image", lambda case: _shape(case)[0] > 1),
        Trait("several input channels", "one input channel", lambda case: _shape(case)[1] > 1),
        Trait("H different from W", "square inputs", lambda c: _shape(c)[2] != _shape(c)[3]),
        cases.PADDING,
        cases.STRIDE,
        cases.DOUBLE,
    ),
    ranges=("kernel_size", "stride", "padding"),
    forbidden=(*cases.LIBRARY, "torch.im2col"),
    instead="F.unfold and conv layers do the whole exercise. Copy the numbers yourself: which ones "
    "does the filter's weight in row u and column v meet, over all windows?",
    every_device=True,
    part="im2col",
)

im2col.mistake(
    "the windows are written as rows",
    "Here each window is a *column*, so that the filters, as rows, can be multiplied from the "
    "left.",
    edit("rows * cols)", "rows * cols).mT"),
)
im2col.mistake(
    "the axes are reshaped before they are put in order",
    "`reshape` never moves a number, it only cuts one long row differently. Bring the axes in the "
    "order image, channel, row and column in the window, then row and column of the window "
    "(`permute`), and reshape after that.",
    edit("patches.reshape", "patches.permute(0, 1, 4, 5, 2, 3).reshape"),
)
im2col.mistake(
    "the channels run fastest in a column",
    "A column lists the first channel's window, then the second's, because `weight.reshape(K, -1)` "
    "lists a filter so.",
    edit("patches.reshape", "patches.movedim(1, 3).reshape"),
)
im2col.mistake(
    "each window is written out column by column",
    "Write a window as one reads it: its first row from left to right, then the second.",
    edit("patches.reshape", "patches.transpose(2, 3).reshape"),
)
im2col.mistake(
    "the windows are numbered column by column",
    "The second window lies to the right of the first, not below it, because the output is filled "
    "row by row.",
    edit("patches.reshape", "patches.mT.reshape"),
)
im2col.mistake(
    "the padding is forgotten",
    "With padding P the windows slide over a larger image: P rows and columns of zeros on each "
    "side.",
    edit("F.pad(input, (padding,) * 4)", "input"),
)
im2col.mistake(
    "the padding is put on the top and left side only",
    "P zeros go on each of the four sides, so height and width grow by twice that.",
    edit("(padding,) * 4", "(padding, 0, padding, 0)"),
)
im2col.mistake(
    "the stride is ignored",
    "With stride S the window moves S pixels at a time, so there are fewer windows, and fewer "
    "columns.",
    edit(" // stride"),
    edit("[:, :, ::stride, ::stride]"),
)
im2col.mistake(
    "the stride decides how many windows there are but not where they lie",
    "The next window does not begin at the next pixel, but S pixels further.",
    edit("[:, :, ::stride, ::stride]"),
)
im2col.mistake(
    "only the first channel is copied",
    "A window goes through all channels of the input, so a column has C F F numbers.",
    edit("patches.reshape", "patches[:, :1].reshape"),
)
im2col.mistake(
    "the windows of all images are put into one matrix",
    "Each image has a matrix of its own: the first axis of the result counts the images.",
    edit(
        "patches.reshape(len(input), -1, rows * cols)",
        "patches.movedim(0, 3).reshape(1, -1, len(input) * rows * cols)",
    ),
)
im2col.mistake(
    "a new tensor is made without the input's dtype (and device)",
    "torch.empty(...) makes float32 on the CPU. `input.new_empty(...)` follows the input.",
    edit("input.new_empty", "torch.empty"),
)
im2col.mistake(
    "a library does the copying",
    "The task is to lay the windows out yourself, so that you see where each number goes.",
)(_library)
