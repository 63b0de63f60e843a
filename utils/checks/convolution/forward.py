"""Lesson 1: the layer forward, naive and vectorised.

The wrong functions use only the names of the lesson's first cell (math, torch, np, F, sizing,
functional), so that the source of each can be submitted as a solution cell.
"""

import torch
import torch.nn.functional as F

from utils.checks.convolution.cases import (
    BIAS,
    DOUBLE,
    HAND_IMAGE,
    HAND_KERNEL,
    LAYER_TRAITS,
    LIBRARY,
    Layer,
    in_double,
    layer_cases,
    whole_numbers,
)
from utils.checks.core import Case, Exercise


def _arguments(layer: Layer, seed: int) -> dict:
    arguments = {
        "input": whole_numbers(*layer.input_shape, seed=seed),
        "weight": whole_numbers(*layer.weight_shape, seed=seed + 1),
    }
    if layer.bias:
        arguments["bias"] = 10 * whole_numbers(layer.filters, seed=seed + 2)
    return arguments


_CASES = [
    Case({"input": HAND_IMAGE[None, None], "weight": HAND_KERNEL[None, None]}),
    *layer_cases(_arguments),
]


def _conv2d(input, weight, bias=None, stride=1, padding=0):
    return F.conv2d(input, weight, bias, stride, padding)


conv2d_naive = Exercise(
    "conv2d-naive",
    reference=_conv2d,
    cases=_CASES,
    traits=(*LAYER_TRAITS, BIAS),
    ranges=("stride", "padding"),
    forbidden=LIBRARY,
    instead="Write the sum out yourself, with loops.",
)
conv2d_vectorised = Exercise(
    "conv2d-vectorised",
    reference=_conv2d,
    cases=[*_CASES, *in_double(_CASES[-3:])],
    traits=(*LAYER_TRAITS, BIAS, DOUBLE),
    ranges=("stride", "padding"),
    forbidden=LIBRARY,
    instead="Cut the padded input into patches, and multiply them with the filters as matrices.",
    every_device=True,
    part="conv2d",
)


def _in_both(name: str, hint: str):
    """Register a mistake that people make in the naive and in the vectorised convolution."""

    def register(function):
        conv2d_naive.misconception(name, hint)(function)
        return conv2d_vectorised.misconception(name, hint)(function)

    return register


@_in_both(
    "the kernel is flipped",
    "A conv layer lays the kernel on the image as it is: the upper left weight meets the upper "
    "left pixel of the patch. (Mathematicians call that a cross-correlation.)",
)
def _flipped(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    out = torch.einsum("nchwij,kcij->nkhw", patches, weight.flip(2, 3))
    return out if bias is None else out + bias[:, None, None]


@_in_both(
    "the kernel's rows and columns are swapped",
    "The third axis of the weight runs down the patch, the fourth to the right. Check the order of "
    "your two innermost indices.",
)
def _kernel_transposed(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    out = torch.einsum("nchwij,kcji->nkhw", patches, weight)
    return out if bias is None else out + bias[:, None, None]


@_in_both(
    "the padding is forgotten",
    "With padding P the kernel slides over a larger image: P rows and columns of zeros on each "
    "side.",
)
def _padding_forgotten(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    patches = input.unfold(2, size, stride).unfold(3, size, stride)
    out = torch.einsum("nchwij,kcij->nkhw", patches, weight)
    return out if bias is None else out + bias[:, None, None]


@_in_both(
    "the padding is put on the top and left side only",
    "P zeros go on each of the four sides, so height and width grow by twice that.",
)
def _padding_one_side(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, 0, padding, 0))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    out = torch.einsum("nchwij,kcij->nkhw", patches, weight)
    return out if bias is None else out + bias[:, None, None]


@_in_both(
    "the stride is ignored",
    "With stride S the kernel moves S pixels at a time, so that there are fewer positions.",
)
def _stride_ignored(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, 1).unfold(3, size, 1)
    out = torch.einsum("nchwij,kcij->nkhw", patches, weight)
    return out if bias is None else out + bias[:, None, None]


@_in_both(
    "the stride decides the output's size but not where the patches lie",
    "Output row i does not look at rows i, i+1, ... of the input. Where does its patch start when "
    "each step is S pixels long?",
)
def _stride_in_size_only(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    rows, cols = ((side - size) // stride + 1 for side in padded.shape[2:])
    patches = padded.unfold(2, size, 1).unfold(3, size, 1)[:, :, :rows, :cols]
    out = torch.einsum("nchwij,kcij->nkhw", patches, weight)
    return out if bias is None else out + bias[:, None, None]


@_in_both(
    "the bias is forgotten",
    "Each filter's output is offset by that filter's bias, when there is one.",
)
def _bias_forgotten(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    return torch.einsum("nchwij,kcij->nkhw", patches, weight)


@_in_both(
    "the bias is added once for each input channel",
    "First sum over all channels, then add the bias once to the sum.",
)
def _bias_per_channel(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    out = torch.einsum("nchwij,kcij->nkhw", patches, weight)
    return out if bias is None else out + input.shape[1] * bias[:, None, None]


@_in_both(
    "the bias is added to every product",
    "The bias belongs to the finished sum of products. Does your line that adds it stand inside "
    "the innermost loop?",
)
def _bias_per_product(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    out = torch.einsum("nchwij,kcij->nkhw", patches, weight)
    return out if bias is None else out + weight[0].numel() * bias[:, None, None]


@_in_both(
    "only the first input channel is used",
    "A filter is as deep as its input: every channel meets its own slice of the filter.",
)
def _first_channel(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    out = torch.einsum("nhwij,kij->nkhw", patches[:, 0], weight[:, 0])
    return out if bias is None else out + bias[:, None, None]


@_in_both(
    "the channels are averaged",
    "The products are summed, over the kernel's rows, its columns *and* the channels.",
)
def _channel_mean(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    out = torch.einsum("nchwij,kcij->nkhw", patches, weight) / input.shape[1]
    return out if bias is None else out + bias[:, None, None]


@_in_both(
    "the rows and columns of the output are swapped",
    "The third axis is the height, the fourth the width, in the output as in the input.",
)
def _output_transposed(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    out = torch.einsum("nchwij,kcij->nkwh", patches, weight)
    return out if bias is None else out + bias[:, None, None]


@conv2d_naive.misconception(
    "a channel's sum replaces the sum so far",
    "Inside the loop over channels, is it `=` or `+=`? As it stands, only the last channel counts.",
)
def _channel_assigned(input, weight, bias=None, stride=1, padding=0):
    images, channels, height, width = input.shape
    filters, _, size, _ = weight.shape
    padded = torch.zeros(images, channels, height + 2 * padding, width + 2 * padding)
    padded[:, :, padding : padding + height, padding : padding + width] = input
    rows = (height + 2 * padding - size) // stride + 1
    cols = (width + 2 * padding - size) // stride + 1
    out = torch.zeros(images, filters, rows, cols)
    for k in range(filters):
        for i in range(rows):
            for j in range(cols):
                top, left = i * stride, j * stride
                for c in range(channels):
                    patch = padded[:, c, top : top + size, left : left + size]
                    out[:, k, i, j] = (patch * weight[k, c]).sum((1, 2))
        if bias is not None:
            out[:, k] += bias[k]
    return out


@conv2d_naive.misconception(
    "the output is given the same height as width",
    "Work out the output's height from H and its width from W: they need not be equal.",
)
def _square_output(input, weight, bias=None, stride=1, padding=0):
    filters, _, size, _ = weight.shape
    padded = F.pad(input, (padding, padding, padding, padding))
    side = (padded.shape[2] - size) // stride + 1
    out = torch.zeros(input.shape[0], filters, side, side)
    for k in range(filters):
        for i in range(side):
            for j in range(side):
                top, left = i * stride, j * stride
                patch = padded[:, :, top : top + size, left : left + size]
                out[:, k, i, j] = (patch * weight[k]).sum((1, 2, 3))
        if bias is not None:
            out[:, k] += bias[k]
    return out


@conv2d_naive.misconception(
    "only the first image of the batch is convolved",
    "The first axis of the input counts images. Each of them has its own output.",
)
def _first_image(input, weight, bias=None, stride=1, padding=0):
    filters, _, size, _ = weight.shape
    padded = F.pad(input, (padding, padding, padding, padding))
    rows, cols = ((side - size) // stride + 1 for side in padded.shape[2:])
    out = torch.zeros(input.shape[0], filters, rows, cols)
    for k in range(filters):
        for i in range(rows):
            for j in range(cols):
                top, left = i * stride, j * stride
                patch = padded[0, :, top : top + size, left : left + size]
                out[0, k, i, j] = (patch * weight[k]).sum()
        if bias is not None:
            out[0, k] += bias[k]
    return out


@_in_both(
    "a library does the convolution",
    "The task is to write the layer itself, so that you see what a library does inside.",
)
def _library(input, weight, bias=None, stride=1, padding=0):
    return F.conv2d(input, weight, bias, stride, padding)


@conv2d_vectorised.misconception(
    "the columns of F.unfold are reshaped to images before the axes are put in order",
    "`reshape` never moves numbers, it only cuts one long row differently. Which axis counts the "
    "filters and which the positions in your product? Bring them in order (transpose) first.",
)
def _scrambled(input, weight, bias=None, stride=1, padding=0):
    filters, _, size, _ = weight.shape
    rows, cols = ((side + 2 * padding - size) // stride + 1 for side in input.shape[2:])
    columns = F.unfold(input, size, padding=padding, stride=stride).transpose(1, 2)
    out = (columns @ weight.reshape(filters, -1).T).reshape(-1, filters, rows, cols)
    return out if bias is None else out + bias[:, None, None]


@conv2d_vectorised.misconception(
    "the positions are laid out column by column",
    "F.unfold numbers the positions row by row: the last axis of the output is the width.",
)
def _columns_first(input, weight, bias=None, stride=1, padding=0):
    filters, _, size, _ = weight.shape
    rows, cols = ((side + 2 * padding - size) // stride + 1 for side in input.shape[2:])
    columns = F.unfold(input, size, padding=padding, stride=stride)
    out = (weight.reshape(filters, -1) @ columns).reshape(-1, filters, cols, rows)
    return out.mT if bias is None else out.mT + bias[:, None, None]


@conv2d_vectorised.misconception(
    "a new tensor is made without the input's dtype (and device)",
    "torch.zeros(...) makes float32 on the CPU. Tell it dtype=input.dtype and device=input.device, "
    "or let the new tensor follow from the input (`input.new_zeros`, F.pad).",
)
def _plain_zeros(input, weight, bias=None, stride=1, padding=0):
    images, channels, height, width = input.shape
    filters, _, size, _ = weight.shape
    padded = torch.zeros(images, channels, height + 2 * padding, width + 2 * padding)
    padded[:, :, padding : padding + height, padding : padding + width] = input
    rows, cols = ((side - size) // stride + 1 for side in padded.shape[2:])
    columns = F.unfold(padded, size, stride=stride)
    out = (weight.reshape(filters, -1).float() @ columns).reshape(images, filters, rows, cols)
    return out if bias is None else out + bias[:, None, None].float()
