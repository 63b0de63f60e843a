"""Lesson 1: the gradients of the weights and the biases.

The wrong functions use only the names of the lesson's first cell (math, torch, np, F, sizing,
functional), so that the source of each can be submitted as a solution cell.
"""

import torch
import torch.nn.functional as F
from torch.nn.grad import conv2d_weight

from utils.checks.convolution.cases import (
    BACKWARD_CASES,
    DERIVATIVES,
    DOUBLE,
    LAYER_TRAITS,
    LIBRARY,
)
from utils.checks.core import Exercise


def _backward_weight(grad_output, input, weight, stride=1, padding=0):
    grad_weight = conv2d_weight(input, weight.shape, grad_output, stride, padding)
    return grad_weight, grad_output.sum((0, 2, 3))


conv2d_backward_weight = Exercise(
    "conv2d-backward-weight",
    reference=_backward_weight,
    cases=BACKWARD_CASES,
    traits=(*LAYER_TRAITS, DOUBLE),
    ranges=("stride", "padding"),
    returns=("grad_weight", "grad_bias"),
    forbidden=(*LIBRARY, *DERIVATIVES),
    instead="Use the patches: which product of the forward pass does each weight take part in?",
    every_device=True,
    part="conv2d_backward_weight",
)


@conv2d_backward_weight.misconception(
    "the gradients are averaged over the batch",
    "The loss depends on a weight through every image: the contributions add up. If the loss is a "
    "mean, its 1/N is in grad_output already.",
)
def _batch_mean(grad_output, input, weight, stride=1, padding=0):
    size, images = weight.shape[-1], len(input)
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    grad_weight = torch.einsum("nkhw,nchwij->kcij", grad_output, patches)
    return grad_weight / images, grad_output.sum((0, 2, 3)) / images


@conv2d_backward_weight.misconception(
    "only the first image of the batch is used",
    "The same weights saw every image of the batch: sum over the first axis.",
)
def _first_image(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    grad_weight = torch.einsum("khw,chwij->kcij", grad_output[0], patches[0])
    return grad_weight, grad_output[0].sum((1, 2))


@conv2d_backward_weight.misconception(
    "grad_bias is summed over the batch only",
    "A bias is added at every position of its slice, so every position contributes: the result has "
    "one number per filter.",
)
def _bias_over_batch(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    grad_weight = torch.einsum("nkhw,nchwij->kcij", grad_output, patches)
    return grad_weight, grad_output.sum(0)


@conv2d_backward_weight.misconception(
    "grad_bias is summed over the positions only",
    "The images of the batch contribute too: the result has one number per filter.",
)
def _bias_over_positions(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    grad_weight = torch.einsum("nkhw,nchwij->kcij", grad_output, patches)
    return grad_weight, grad_output.sum((2, 3))


@conv2d_backward_weight.misconception(
    "grad_bias is a mean instead of a sum",
    "The bias moves every output of its slice by the same amount: their gradients add up.",
)
def _bias_mean(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    grad_weight = torch.einsum("nkhw,nchwij->kcij", grad_output, patches)
    return grad_weight, grad_output.mean((0, 2, 3))


@conv2d_backward_weight.misconception(
    "the stride is forgotten",
    "In the forward pass the patches lay S pixels apart. Each output's gradient belongs to exactly "
    "the patch that made that output.",
)
def _stride_forgotten(grad_output, input, weight, stride=1, padding=0):
    size, (rows, cols) = weight.shape[-1], grad_output.shape[2:]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, 1).unfold(3, size, 1)[:, :, :rows, :cols]
    grad_weight = torch.einsum("nkhw,nchwij->kcij", grad_output, patches)
    return grad_weight, grad_output.sum((0, 2, 3))


@conv2d_backward_weight.misconception(
    "the padding is forgotten",
    "The forward pass read its patches from the padded input, and so must the backward pass.",
)
def _padding_forgotten(grad_output, input, weight, stride=1, padding=0):
    patches = input.unfold(2, weight.shape[-1], stride).unfold(3, weight.shape[-1], stride)
    grad_weight = torch.einsum("nkhw,nchwij->kcij", grad_output, patches)
    return grad_weight, grad_output.sum((0, 2, 3))


@conv2d_backward_weight.misconception(
    "grad_weight comes out flipped",
    "The forward pass did not flip the kernel: weight (i, j) met pixel (i, j) of each patch, and "
    "its gradient does too.",
)
def _flipped(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    grad_weight = torch.einsum("nkhw,nchwij->kcij", grad_output, patches)
    return grad_weight.flip(2, 3), grad_output.sum((0, 2, 3))


@conv2d_backward_weight.misconception(
    "the rows and columns of each kernel are swapped",
    "The third axis of the weight runs down the patch, the fourth to the right.",
)
def _transposed(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    grad_weight = torch.einsum("nkhw,nchwij->kcji", grad_output, patches)
    return grad_weight, grad_output.sum((0, 2, 3))


@conv2d_backward_weight.misconception(
    "the axes for filters and input channels are swapped",
    "A gradient has the shape of what it belongs to: (K, C, F, F).",
)
def _axes_swapped(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    grad_weight = torch.einsum("nkhw,nchwij->ckij", grad_output, patches)
    return grad_weight, grad_output.sum((0, 2, 3))


@conv2d_backward_weight.misconception(
    "only grad_weight is returned",
    "The biases have a gradient too: return both.",
)
def _no_bias(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    return torch.einsum("nkhw,nchwij->kcij", grad_output, patches)


@conv2d_backward_weight.misconception(
    "the two gradients are returned in the wrong order",
    "The gradient of the weights comes first.",
)
def _order(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding, padding, padding, padding))
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    grad_weight = torch.einsum("nkhw,nchwij->kcij", grad_output, patches)
    return grad_output.sum((0, 2, 3)), grad_weight


@conv2d_backward_weight.misconception(
    "a library computes the gradient",
    "The task is to derive the backward pass and write it down; compare with a library afterwards.",
)
def _library(grad_output, input, weight, stride=1, padding=0):
    grad_weight = torch.nn.grad.conv2d_weight(input, weight.shape, grad_output, stride, padding)
    return grad_weight, grad_output.sum((0, 2, 3))
