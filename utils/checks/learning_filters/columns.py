"""Lesson 2: col2im, which adds the columns of im2col back onto their windows."""

import torch
import torch.nn.functional as F

from utils.checks.convolution import cases
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit


def _library(columns, output_size, kernel_size, stride=1, padding=0):
    return F.fold(columns, output_size, kernel_size, padding=padding, stride=stride)


def _by_tap(columns, output_size, kernel_size, stride=1, padding=0):
    (height, width), size = output_size, kernel_size
    rows = (height + 2 * padding - size) // stride + 1
    cols = (width + 2 * padding - size) // stride + 1
    parts = columns.reshape(len(columns), -1, size, size, rows, cols)
    image = columns.new_zeros(*parts.shape[:2], height + 2 * padding, width + 2 * padding)
    for u in range(size):
        for v in range(size):
            down = slice(u, u + rows * stride, stride)
            right = slice(v, v + cols * stride, stride)
            image[:, :, down, right] += parts[:, :, u, v]
    return image[:, :, padding : padding + height, padding : padding + width]


# What the filter (1, 2; 3, 0) sends back for the gradients 1, 10, 100, 1000: each digit of a
# result says which window it comes from.
_HAND = Case(
    {
        "columns": torch.tensor([1.0, 2, 3, 0])[:, None] * torch.tensor([[[1.0, 10, 100, 1000]]]),
        "output_size": (3, 3),
        "kernel_size": 2,
    }
)


def _arguments(layer: cases.Layer, seed: int) -> dict:
    (images, _, rows, cols), size = layer.output_shape, layer.kernel
    shape = (images, layer.channels * size**2, rows * cols)
    return {
        "columns": cases.whole_numbers(*shape, seed=seed),
        "output_size": layer.size,
        "kernel_size": size,
    }


_cases = cases.layer_cases(_arguments)


def _channels(case: Case) -> int:
    return case.arguments["columns"].shape[1] // case.arguments["kernel_size"] ** 2


def _sides(case: Case) -> int:
    return len(set(case.arguments["output_size"]))


col2im = Exercise(
    "col2im",
    reference=_library,
    written=_by_tap,
    cases=[_HAND, *_cases, *cases.in_double(_cases[-3:])],
    traits=(
        Trait("several images", "one image", lambda case: len(case.arguments["columns"]) > 1),
        Trait("several channels", "one channel", lambda case: _channels(case) > 1),
        Trait("H different from W", "square images", lambda case: _sides(case) > 1),
        cases.PADDING,
        cases.STRIDE,
        cases.DOUBLE,
    ),
    ranges=("kernel_size", "stride", "padding"),
    forbidden=(*cases.LIBRARY, *cases.DERIVATIVES, "torch.col2im"),
    instead="Make an image of zeros, and add each number of a column to the pixel it came from.",
    every_device=True,
    part="col2im",
)

col2im.mistake(
    "overlapping contributions overwrite each other",
    "A pixel lies in several windows, and each of them brings a number back: they add up. Is it "
    "`=` or `+=`?",
    edit("right] += parts", "right] = parts"),
)
col2im.mistake(
    "the padding is not cut off",
    "The ring of zeros was never part of the image: what arrives there is dropped.",
    edit("[:, :, padding : padding + height, padding : padding + width]"),
)
col2im.mistake(
    "the padding is cut off on the bottom and right only",
    "The ring lies on all four sides, so the image begins P pixels inside.",
    edit("padding : padding + height, padding : padding + width", ":height, :width"),
)
col2im.mistake(
    "the stride is forgotten",
    "The windows of neighbouring columns lie S pixels apart, and so do the pixels they reach.",
    edit("slice(u, u + rows * stride, stride)", "slice(u, u + rows)"),
    edit("slice(v, v + cols * stride, stride)", "slice(v, v + cols)"),
)
col2im.mistake(
    "the rows and columns of each window are swapped",
    "A column lists its window row by row: after the channel comes the row u, then the column v.",
    edit("parts[:, :, u, v]", "parts[:, :, v, u]"),
)
col2im.mistake(
    "the windows are numbered column by column",
    "im2col goes through the windows as one reads: the first row of windows from left to right, "
    "then the second. So the last axis counts rows of windows first.",
    edit("size, size, rows, cols)", "size, size, cols, rows).mT"),
)
col2im.mistake(
    "the channels are taken for the last axis of a column",
    "A column holds all of channel 0's window, then all of channel 1's: the channel comes first.",
    edit("-1, size, size, rows, cols)", "size, size, -1, rows, cols).movedim(3, 1)"),
)
col2im.mistake(
    "the filter is turned by half a turn",
    "The number of a column at (u, v) came from row u and column v of its window, and goes back "
    "there. Nothing is flipped.",
    edit("parts[:, :, u, v]", "parts[:, :, size - 1 - u, size - 1 - v]"),
)
col2im.mistake(
    "the contributions to a pixel are averaged",
    "A pixel in four windows gets four numbers, and their sum is what counts.",
    edit("    for u in", "    count = torch.zeros_like(image)\n    for u in"),
    edit(
        "+= parts[:, :, u, v]",
        "+= parts[:, :, u, v]\n            count[:, :, down, right] += 1",
    ),
    edit("return image", "return (image / count.clamp(min=1))"),
)
col2im.mistake(
    "pixels that no window reaches are left out",
    "When the stride leaves a rest, the last rows and columns are in no window. They stay 0, but "
    "they are there: the result is as large as `output_size` says.",
    edit(
        "    return",
        "    height, width = (\n"
        "        (x - 1) * stride + size - 2 * padding for x in (rows, cols)\n"
        "    )\n    return",
    ),
)
col2im.mistake(
    "a library adds the columns up",
    "The point is where each number goes: write that down, and compare with `F.fold` afterwards.",
)(_library)
