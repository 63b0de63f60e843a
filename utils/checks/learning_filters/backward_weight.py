"""Lesson 2: the gradients of the weights and the biases."""

import torch
import torch.nn.functional as F
import torch.nn.grad

from utils.checks.convolution import cases
from utils.checks.core import Exercise
from utils.checks.mistakes import edit


def _library(grad_output, input, weight, stride=1, padding=0):
    grad_weight = torch.nn.grad.conv2d_weight(input, weight.shape, grad_output, stride, padding)
    return grad_weight, grad_output.sum((0, 2, 3))


def _by_patches(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding,) * 4)
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    grad_weight = torch.einsum("nkhw,nchwij->kcij", grad_output, patches)
    return grad_weight, grad_output.sum((0, 2, 3))


conv2d_backward_weight = Exercise(
    "conv2d-backward-weight",
    reference=_library,
    written=_by_patches,
    cases=cases.BACKWARD_CASES,
    traits=(*cases.LAYER_TRAITS, cases.DOUBLE),
    ranges=("stride", "padding"),
    returns=("grad_weight", "grad_bias"),
    forbidden=(*cases.LAYERS_ONLY, *cases.DERIVATIVES),
    instead="`mine.im2col` gives the windows: which products of the forward pass does a weight "
    "take part in?",
    every_device=True,
    part="conv2d_backward_weight",
)

conv2d_backward_weight.mistake(
    "the gradients are averaged over the batch",
    "The loss depends on a weight through every image: the contributions add up. If the loss is a "
    "mean, its 1/N is in grad_output already.",
    edit("return grad_weight", "return grad_weight / len(input)"),
    edit("sum((0, 2, 3))", "sum((0, 2, 3)) / len(input)"),
)
conv2d_backward_weight.mistake(
    "only the first image of the batch is used",
    "The same weights saw every image of the batch: sum over the first axis.",
    edit("grad_output, patches", "grad_output[:1], patches[:1]"),
    edit("grad_output.sum", "grad_output[:1].sum"),
)
conv2d_backward_weight.mistake(
    "grad_bias is summed over the batch only",
    "A bias is added at every position of its slice, so every position contributes: the result has "
    "one number per filter.",
    edit("sum((0, 2, 3))", "sum(0)"),
)
conv2d_backward_weight.mistake(
    "grad_bias is summed over the positions only",
    "The images of the batch contribute too: the result has one number per filter.",
    edit("sum((0, 2, 3))", "sum((2, 3))"),
)
conv2d_backward_weight.mistake(
    "grad_bias is a mean instead of a sum",
    "The bias moves every output of its slice by the same amount: their gradients add up.",
    edit("output.sum", "output.mean"),
)
conv2d_backward_weight.mistake(
    "the stride is forgotten",
    "In the forward pass the patches lay S pixels apart. Each output's gradient belongs to exactly "
    "the patch that made that output.",
    edit("size = weight.shape[-1]", "size, (rows, cols) = weight.shape[-1], grad_output.shape[2:]"),
    edit(
        "size, stride).unfold(3, size, stride)", "size, 1).unfold(3, size, 1)[:, :, :rows, :cols]"
    ),
)
conv2d_backward_weight.mistake(
    "the padding is forgotten",
    "The forward pass read its patches from the padded input, and so must the backward pass.",
    edit("F.pad(input, (padding,) * 4)", "input"),
)
conv2d_backward_weight.mistake(
    "grad_weight comes out flipped",
    "The forward pass did not flip the kernel: weight (i, j) met pixel (i, j) of each patch, and "
    "its gradient does too.",
    edit("return grad_weight", "return grad_weight.flip(2, 3)"),
)
conv2d_backward_weight.mistake(
    "the rows and columns of each kernel are swapped",
    "The third axis of the weight runs down the patch, the fourth to the right.",
    edit("->kcij", "->kcji"),
)
conv2d_backward_weight.mistake(
    "the axes for filters and input channels are swapped",
    "A gradient has the shape of what it belongs to: (K, C, F, F).",
    edit("->kcij", "->ckij"),
)
conv2d_backward_weight.mistake(
    "only grad_weight is returned",
    "The biases have a gradient too: return both.",
    edit("return grad_weight, grad_output.sum((0, 2, 3))", "return grad_weight"),
)
conv2d_backward_weight.mistake(
    "the two gradients are returned in the wrong order",
    "The gradient of the weights comes first.",
    edit(
        "return grad_weight, grad_output.sum((0, 2, 3))",
        "return grad_output.sum((0, 2, 3)), grad_weight",
    ),
)
conv2d_backward_weight.mistake(
    "a library computes the gradient",
    "The task is to derive the backward pass and write it down; compare with a library afterwards.",
)(_library)
