"""Lesson 1: the gradient of the input.

The wrong functions use only the names of the lesson's first cell (math, torch, np, F, sizing,
functional), so that the source of each can be submitted as a solution cell.
"""

import torch
import torch.nn.functional as F
from torch.nn.grad import conv2d_input

from utils.checks.convolution.cases import (
    BACKWARD_CASES,
    DERIVATIVES,
    DOUBLE,
    LAYER_TRAITS,
    LIBRARY,
)
from utils.checks.core import Exercise


def _backward_input(grad_output, input, weight, stride=1, padding=0):
    return conv2d_input(input.shape, weight, grad_output, stride, padding)


conv2d_backward_input = Exercise(
    "conv2d-backward-input",
    reference=_backward_input,
    cases=BACKWARD_CASES,
    traits=(*LAYER_TRAITS, DOUBLE),
    ranges=("stride", "padding"),
    forbidden=(*LIBRARY, *DERIVATIVES),
    instead="Send each output's gradient back to the pixels that its patch consists of.",
    every_device=True,
    part="conv2d_backward_input",
)


@conv2d_backward_input.misconception(
    "the padding is not cut off",
    "The zeros around the input are no input: their gradient is dropped, so that the result has "
    "the input's shape.",
)
def _not_cropped(grad_output, input, weight, stride=1, padding=0):
    (rows, cols), size = grad_output.shape[2:], weight.shape[-1]
    grad = torch.zeros_like(F.pad(input, (padding, padding, padding, padding)))
    for i in range(size):
        for j in range(size):
            part = torch.einsum("nkhw,kc->nchw", grad_output, weight[:, :, i, j])
            grad[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride] += part
    return grad


@conv2d_backward_input.misconception(
    "the padding is cut off on the bottom and right only",
    "The padding lies on all four sides, so the input starts P pixels inside.",
)
def _cropped_one_side(grad_output, input, weight, stride=1, padding=0):
    (rows, cols), size = grad_output.shape[2:], weight.shape[-1]
    grad = torch.zeros_like(F.pad(input, (padding, padding, padding, padding)))
    for i in range(size):
        for j in range(size):
            part = torch.einsum("nkhw,kc->nchw", grad_output, weight[:, :, i, j])
            grad[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride] += part
    return grad[:, :, : input.shape[2], : input.shape[3]]


@conv2d_backward_input.misconception(
    "the kernel is the wrong way round",
    "When the gradient is written as a convolution of grad_output, the kernel is flipped: the "
    "pixel at the upper left of a patch was multiplied by the upper left weight.",
)
def _wrong_way_round(grad_output, input, weight, stride=1, padding=0):
    (rows, cols), size = grad_output.shape[2:], weight.shape[-1]
    grad = torch.zeros_like(F.pad(input, (padding, padding, padding, padding)))
    for i in range(size):
        for j in range(size):
            part = torch.einsum("nkhw,kc->nchw", grad_output, weight.flip(2, 3)[:, :, i, j])
            grad[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride] += part
    return grad[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]]


@conv2d_backward_input.misconception(
    "the kernel's rows and columns are swapped",
    "The third axis of the weight runs down the patch, the fourth to the right.",
)
def _kernel_transposed(grad_output, input, weight, stride=1, padding=0):
    (rows, cols), size = grad_output.shape[2:], weight.shape[-1]
    grad = torch.zeros_like(F.pad(input, (padding, padding, padding, padding)))
    for i in range(size):
        for j in range(size):
            part = torch.einsum("nkhw,kc->nchw", grad_output, weight[:, :, j, i])
            grad[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride] += part
    return grad[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]]


@conv2d_backward_input.misconception(
    "overlapping contributions overwrite each other",
    "A pixel lies in several patches, and each of them sends a gradient back: they add up. Is it "
    "`=` or `+=`?",
)
def _overwritten(grad_output, input, weight, stride=1, padding=0):
    (rows, cols), size = grad_output.shape[2:], weight.shape[-1]
    grad = torch.zeros_like(F.pad(input, (padding, padding, padding, padding)))
    for i in range(rows):
        for j in range(cols):
            part = torch.einsum("nk,kcij->ncij", grad_output[:, :, i, j], weight)
            top, left = i * stride, j * stride
            grad[:, :, top : top + size, left : left + size] = part
    return grad[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]]


@conv2d_backward_input.misconception(
    "the stride is forgotten",
    "Neighbouring outputs came from patches that lie S pixels apart, and their gradients go back "
    "there.",
)
def _stride_not_used(grad_output, input, weight, stride=1, padding=0):
    (rows, cols), size = grad_output.shape[2:], weight.shape[-1]
    grad = torch.zeros_like(F.pad(input, (padding, padding, padding, padding)))
    for i in range(size):
        for j in range(size):
            part = torch.einsum("nkhw,kc->nchw", grad_output, weight[:, :, i, j])
            grad[:, :, i : i + rows, j : j + cols] += part
    return grad[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]]


@conv2d_backward_input.misconception(
    "pixels that no patch reaches are left out",
    "When the stride leaves a rest, the last rows and columns are in no patch. Their gradient is "
    "0, but it is there: the result has the input's shape.",
)
def _rest_dropped(grad_output, input, weight, stride=1, padding=0):
    (rows, cols), size = grad_output.shape[2:], weight.shape[-1]
    height, width = (rows - 1) * stride + size, (cols - 1) * stride + size
    grad = input.new_zeros(len(input), input.shape[1], height, width)
    for i in range(size):
        for j in range(size):
            part = torch.einsum("nkhw,kc->nchw", grad_output, weight[:, :, i, j])
            grad[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride] += part
    return grad[:, :, padding : height - padding, padding : width - padding]


@conv2d_backward_input.misconception(
    "only the first filter sends a gradient back",
    "Every filter looked at the input: sum over the K filters.",
)
def _first_filter(grad_output, input, weight, stride=1, padding=0):
    (rows, cols), size = grad_output.shape[2:], weight.shape[-1]
    grad = torch.zeros_like(F.pad(input, (padding, padding, padding, padding)))
    for i in range(size):
        for j in range(size):
            part = torch.einsum("nhw,c->nchw", grad_output[:, 0], weight[0, :, i, j])
            grad[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride] += part
    return grad[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]]


@conv2d_backward_input.misconception(
    "filters and input channels of the weight are confused",
    "The weight is (K, C, F, F) and grad_output has K slices: which axis of the weight meets them, "
    "and which one remains?",
)
def _channels_confused(grad_output, input, weight, stride=1, padding=0):
    (rows, cols), size = grad_output.shape[2:], weight.shape[-1]
    grad = torch.zeros_like(F.pad(input, (padding, padding, padding, padding)))
    for i in range(size):
        for j in range(size):
            part = torch.einsum("nkhw,ck->nchw", grad_output, weight[:, :, i, j])
            grad[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride] += part
    return grad[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]]


@conv2d_backward_input.misconception(
    "the contributions to a pixel are averaged",
    "A pixel in four patches moves four outputs: the contributions are summed.",
)
def _averaged(grad_output, input, weight, stride=1, padding=0):
    (rows, cols), size = grad_output.shape[2:], weight.shape[-1]
    grad = torch.zeros_like(F.pad(input, (padding, padding, padding, padding)))
    count = torch.zeros_like(grad)
    for i in range(size):
        for j in range(size):
            part = torch.einsum("nkhw,kc->nchw", grad_output, weight[:, :, i, j])
            grad[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride] += part
            count[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride] += 1
    grad = grad / count.clamp(min=1)
    return grad[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]]


@conv2d_backward_input.misconception(
    "a library computes the gradient",
    "The task is to derive the backward pass and write it down; compare with a library afterwards.",
)
def _library_input(grad_output, input, weight, stride=1, padding=0):
    return torch.nn.grad.conv2d_input(input.shape, weight, grad_output, stride, padding)
