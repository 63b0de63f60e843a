"""Lesson 1: the layer forward, naive and vectorised."""

import numpy as np
import torch
import torch.nn.functional as F

from utils.checks.convolution import cases
from utils.checks.core import Case, Exercise
from utils.checks.mistakes import edit


def _arguments(layer: cases.Layer, seed: int) -> dict:
    arguments = {
        "input": cases.whole_numbers(*layer.input_shape, seed=seed),
        "weight": cases.whole_numbers(*layer.weight_shape, seed=seed + 1),
    }
    if layer.bias:
        arguments["bias"] = 10 * cases.whole_numbers(layer.filters, seed=seed + 2)
    return arguments


_CASES = [
    Case({"input": cases.HAND_IMAGE[None, None], "weight": cases.HAND_KERNEL[None, None]}),
    *cases.layer_cases(_arguments),
]


def _library(input, weight, bias=None, stride=1, padding=0):
    return F.conv2d(input, weight, bias, stride, padding)


def _patches(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding,) * 4)
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    out = torch.einsum("nchwij,kcij->nkhw", patches, weight)
    return out if bias is None else out + bias[:, None, None]


def _loops(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding,) * 4)
    rows, cols = ((side - size) // stride + 1 for side in padded.shape[2:])
    out = input.new_zeros(len(input), len(weight), rows, cols)
    for n, k, i, j in np.ndindex(*out.shape):
        top, left = i * stride, j * stride
        for c in range(input.shape[1]):
            patch = padded[n, c, top : top + size, left : left + size]
            out[n, k, i, j] += (patch * weight[k, c]).sum()
        if bias is not None:
            out[n, k, i, j] += bias[k]
    return out


conv2d_naive = Exercise(
    "conv2d-naive",
    reference=_library,
    written=_loops,
    cases=_CASES,
    traits=(*cases.LAYER_TRAITS, cases.BIAS),
    ranges=("stride", "padding"),
    forbidden=cases.LIBRARY,
    instead="Write the sum out yourself, with loops.",
)
conv2d_vectorised = Exercise(
    "conv2d-vectorised",
    reference=_library,
    written=_patches,
    cases=[*_CASES, *cases.in_double(_CASES[-3:])],
    traits=(*cases.LAYER_TRAITS, cases.BIAS, cases.DOUBLE),
    ranges=("stride", "padding"),
    forbidden=cases.LAYERS_ONLY,
    instead="`mine.im2col` gives the windows as columns: multiply them with the filters as rows.",
    every_device=True,
    part="conv2d",
)


def _in_both(name, hint, *edits, of=_patches):
    """Add a mistake that people make in the naive and in the vectorised convolution."""
    for exercise in (conv2d_naive, conv2d_vectorised):
        exercise.mistake(name, hint, *edits, of=of)


_in_both(
    "the kernel is flipped",
    "A conv layer lays the kernel on the image as it is: the upper left weight meets the upper "
    "left pixel of the patch. (Mathematicians call that a cross-correlation.)",
    edit("patches, weight", "patches, weight.flip(2, 3)"),
)
_in_both(
    "the kernel's rows and columns are swapped",
    "The third axis of the weight runs down the patch, the fourth to the right. Check the order of "
    "your two innermost indices.",
    edit("kcij", "kcji"),
)
_in_both(
    "the padding is forgotten",
    "With padding P the kernel slides over a larger image: P rows and columns of zeros on each "
    "side.",
    edit("F.pad(input, (padding,) * 4)", "input"),
)
_in_both(
    "the padding is put on the top and left side only",
    "P zeros go on each of the four sides, so height and width grow by twice that.",
    edit("(padding,) * 4", "(padding, 0, padding, 0)"),
)
_in_both(
    "the stride is ignored",
    "With stride S the kernel moves S pixels at a time, so that there are fewer positions.",
    edit("size, stride).unfold(3, size, stride)", "size, 1).unfold(3, size, 1)"),
)
_in_both(
    "the stride decides the output's size but not where the patches lie",
    "Output row i does not look at rows i, i+1, ... of the input. Where does its patch start when "
    "each step is S pixels long?",
    edit("i * stride, j * stride", "i, j"),
    of=_loops,
)
_in_both(
    "the bias is forgotten",
    "Each filter's output is offset by that filter's bias, when there is one.",
    edit(" if bias is None else out + bias[:, None, None]"),
)
_in_both(
    "the bias is added once for each input channel",
    "First sum over all channels, then add the bias once to the sum.",
    edit("+ bias", "+ input.shape[1] * bias"),
)
_in_both(
    "the bias is added to every product",
    "The bias belongs to the finished sum of products. Does your line that adds it stand inside "
    "the innermost loop?",
    edit("+ bias", "+ weight[0].numel() * bias"),
)
_in_both(
    "only the first input channel is used",
    "A filter is as deep as its input: every channel meets its own slice of the filter.",
    edit("patches, weight", "patches[:, :1], weight[:, :1]"),
)
_in_both(
    "the channels are averaged",
    "The products are summed, over the kernel's rows, its columns *and* the channels.",
    edit("patches, weight)", "patches, weight) / input.shape[1]"),
)
_in_both(
    "the rows and columns of the output are swapped",
    "The third axis is the height, the fourth the width, in the output as in the input.",
    edit("->nkhw", "->nkwh"),
)

conv2d_naive.mistake(
    "a channel's sum replaces the sum so far",
    "Inside the loop over channels, is it `=` or `+=`? As it stands, only the last channel counts.",
    edit("+= (patch", "= (patch"),
)
conv2d_naive.mistake(
    "the output is given the same height as width",
    "Work out the output's height from H and its width from W: they need not be equal.",
    edit("rows, cols)", "rows, rows)"),
)
conv2d_naive.mistake(
    "only the first image of the batch is convolved",
    "The first axis of the input counts images. Each of them has its own output.",
    edit("np.ndindex(*out.shape)", "np.ndindex(1, *out.shape[1:])"),
)

for _exercise in (conv2d_naive, conv2d_vectorised):
    _exercise.mistake(
        "a library does the convolution",
        "The task is to write the layer itself, so that you see what a library does inside.",
    )(_library)

conv2d_vectorised.mistake(
    "the product is reshaped to images before its axes are put in order",
    "`reshape` never moves numbers, it only cuts one long row differently. Which axis counts the "
    "filters and which the positions in your product? Bring them in order (transpose) first.",
    edit(
        '->nkhw", patches, weight)',
        '->nhwk", patches, weight).reshape(len(input), len(weight), *patches.shape[2:4])',
    ),
)
conv2d_vectorised.mistake(
    "the positions are laid out column by column",
    "im2col numbers the positions row by row: the last axis of the output is the width.",
    edit("weight)", "weight).flatten(2).unflatten(2, (patches.shape[3], patches.shape[2])).mT"),
)
conv2d_vectorised.mistake(
    "a new tensor is made without the input's dtype (and device)",
    "torch.zeros(...) makes float32 on the CPU. Tell it dtype=input.dtype and device=input.device, "
    "or let the new tensor follow from the input (`input.new_zeros`, F.pad).",
    edit("input.new_zeros", "torch.zeros"),
    of=_loops,
)
