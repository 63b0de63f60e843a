"""Lesson 2: the gradient of the input."""

import torch
import torch.nn.functional as F
import torch.nn.grad

from utils.checks.convolution import cases
from utils.checks.core import Exercise
from utils.checks.mistakes import edit


def _library(grad_output, input, weight, stride=1, padding=0):
    return torch.nn.grad.conv2d_input(input.shape, weight, grad_output, stride, padding)


def _by_patch(grad_output, input, weight, stride=1, padding=0):
    size, (height, width) = weight.shape[-1], input.shape[2:]
    grad = torch.zeros_like(F.pad(input, (padding,) * 4))
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            top, left = i * stride, j * stride
            part = torch.einsum("nk,kcij->ncij", grad_output[:, :, i, j], weight)
            grad[:, :, top : top + size, left : left + size] += part
    return grad[:, :, padding : padding + height, padding : padding + width]


conv2d_backward_input = Exercise(
    "conv2d-backward-input",
    reference=_library,
    written=_by_patch,
    cases=cases.BACKWARD_CASES,
    traits=(*cases.LAYER_TRAITS, cases.DOUBLE),
    ranges=("stride", "padding"),
    forbidden=(*cases.LAYERS_ONLY, *cases.DERIVATIVES),
    instead="Compute the gradient of the columns; `mine.col2im` adds it back onto the image.",
    every_device=True,
    part="conv2d_backward_input",
)

conv2d_backward_input.mistake(
    "the padding is not cut off",
    "The zeros around the input are no input: their gradient is dropped, so that the result has "
    "the input's shape.",
    edit("[:, :, padding : padding + height, padding : padding + width]"),
)
conv2d_backward_input.mistake(
    "the padding is cut off on the bottom and right only",
    "The padding lies on all four sides, so the input starts P pixels inside.",
    edit("padding : padding + height, padding : padding + width", ":height, :width"),
)
conv2d_backward_input.mistake(
    "the kernel is the wrong way round",
    "When the gradient is written as a convolution of grad_output, the kernel is flipped: the "
    "pixel at the upper left of a patch was multiplied by the upper left weight.",
    edit(", weight)", ", weight.flip(2, 3))"),
)
conv2d_backward_input.mistake(
    "the kernel's rows and columns are swapped",
    "The third axis of the weight runs down the patch, the fourth to the right.",
    edit("->ncij", "->ncji"),
)
conv2d_backward_input.mistake(
    "overlapping contributions overwrite each other",
    "A pixel lies in several patches, and each of them sends a gradient back: they add up. Is it "
    "`=` or `+=`?",
    edit("+= part", "= part"),
)
conv2d_backward_input.mistake(
    "the stride is forgotten",
    "Neighbouring outputs came from patches that lie S pixels apart, and their gradients go back "
    "there.",
    edit("i * stride, j * stride", "i, j"),
)
conv2d_backward_input.mistake(
    "pixels that no patch reaches are left out",
    "When the stride leaves a rest, the last rows and columns are in no patch. Their gradient is "
    "0, but it is there: the result has the input's shape.",
    edit(
        "    return",
        "    height, width = top + size - 2 * padding, left + size - 2 * padding\n    return",
    ),
)
conv2d_backward_input.mistake(
    "only the first filter sends a gradient back",
    "Every filter looked at the input: sum over the K filters.",
    edit("grad_output[:, :, i, j], weight", "grad_output[:, :1, i, j], weight[:1]"),
)
conv2d_backward_input.mistake(
    "filters and input channels of the weight are confused",
    "The weight is (K, C, F, F) and grad_output has K slices: which axis of the weight meets them, "
    "and which one remains?",
    edit("kcij", "ckij"),
)
conv2d_backward_input.mistake(
    "the contributions to a pixel are averaged",
    "A pixel in four patches moves four outputs: the contributions are summed.",
    edit("    for i", "    count = torch.zeros_like(grad)\n    for i"),
    edit("+= part", "+= part\n            count[:, :, top : top + size, left : left + size] += 1"),
    edit("return grad", "return (grad / count.clamp(min=1))"),
)
conv2d_backward_input.mistake(
    "a library computes the gradient",
    "The task is to derive the backward pass and write it down; compare with a library afterwards.",
)(_library)
