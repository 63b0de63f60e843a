"""Lesson 3: average pooling, forward and backward, and global average pooling."""

import torch

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise
from utils.checks.mistakes import edit
from utils.checks.pooling.cases import LIBRARY, SLIDE, TRAITS, backward_cases, forward_cases
from utils.checks.pooling.maximum_backward import max_pool2d_backward

UNPADDED = tuple(trait for trait in TRAITS if "padding" not in trait.present)

# --- avg-pool2d ---------------------------------------------------------------------------------


def _avg_pool2d(input, kernel_size, stride):
    windows = input.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.mean((-2, -1))


avg_pool2d = Exercise(
    "avg-pool2d",
    reference=_avg_pool2d,
    cases=forward_cases(padded=False),
    traits=UNPADDED,
    forbidden=LIBRARY,
    instead="Take the windows out of the input yourself, and then the mean of each.",
    every_device=True,
    part="avg_pool2d",
)

avg_pool2d.mistake(
    "the sum is not divided",
    "A mean is the sum divided by the number of pixels.",
    edit("mean", "sum"),
)
avg_pool2d.mistake(
    "only one side of the window is divided by",
    "The window holds F * F pixels.",
    edit("mean((-2, -1))", "sum((-2, -1)) / kernel_size"),
)
avg_pool2d.mistake(
    "the sum is divided by the square of the stride",
    "The stride says how far the window moves; how many pixels does the window hold?",
    edit("mean((-2, -1))", "sum((-2, -1)) / stride**2"),
)
avg_pool2d.mistake("the largest number is taken", "That is max pooling.", edit("mean", "amax"))
avg_pool2d.mistake(
    "the windows are laid side by side",
    "They stand `stride` pixels apart, which need not be their size.",
    edit("2, kernel_size, stride", "2, kernel_size, kernel_size"),
    edit("3, kernel_size, stride", "3, kernel_size, kernel_size"),
)
avg_pool2d.mistake(
    "the channels are pooled together",
    "Each channel is pooled by itself: the depth stays.",
    edit("mean((-2, -1))", "mean((1, -2, -1)).unsqueeze(1)"),
)

# --- avg-pool2d-backward ------------------------------------------------------------------------


def _avg_backward(grad_output, input, kernel_size, stride):
    gradient = torch.zeros_like(input)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            gradient[:, :, rows, columns] += grad_output[:, :, i, j, None, None] / kernel_size**2
    return gradient


avg_pool2d_backward = Exercise(
    "avg-pool2d-backward",
    reference=_avg_backward,
    cases=backward_cases(padded=False),
    traits=UNPADDED,
    forbidden=LIBRARY,
    instead="By how much does the mean of a window grow when one of its pixels grows?",
    every_device=True,
    part="avg_pool2d_backward",
)

avg_pool2d_backward.mistake(
    "every pixel gets the whole gradient",
    "A pixel counts only 1 / (F * F) in the mean of its window.",
    edit(" / kernel_size**2"),
)
avg_pool2d_backward.mistake(
    "a later window overwrites an earlier one",
    "A pixel that lies in two windows gets its share of both gradients: add, do not assign.",
    edit("+=", "="),
)
avg_pool2d_backward.mistake(
    "the gradient goes to the largest pixel",
    "That is the gradient of max pooling. In a mean, all pixels count the same.",
)(max_pool2d_backward.reference)
avg_pool2d_backward.mistake(
    "the gradient is divided by the square of the stride",
    "The share of a pixel depends on how many pixels its window holds.",
    edit("kernel_size**2", "stride**2"),
)
avg_pool2d_backward.mistake(
    "a pixel in several windows gets the mean of their gradients",
    "Contributions of several windows add up; nothing divides them again.",
    edit("    for i", "    count = torch.zeros_like(input)\n    for i"),
    edit("kernel_size**2", "kernel_size**2\n            count[:, :, rows, columns] += 1"),
    edit("return gradient", "return gradient / count.clamp(min=1)"),
)
avg_pool2d_backward.mistake(
    "the gradient is multiplied by the input",
    "The mean is a sum of pixels with the constant factor 1 / (F * F): the pixels' own values do "
    "not appear in its derivative.",
    edit("kernel_size**2", "kernel_size**2 * input[:, :, rows, columns]"),
)

# --- global-avg-pool2d --------------------------------------------------------------------------

_global_cases = [
    Case({"input": SLIDE[None, None, :2, :2]}),
    *(
        Case({"input": whole_numbers(*shape, seed=seed)})
        for seed, shape in enumerate([(1, 3, 2, 2), (2, 1, 2, 2), (1, 1, 3, 5), (3, 2, 4, 3)])
    ),
]


def _global_avg_pool2d(input):
    return input.mean((2, 3))


global_avg_pool2d = Exercise(
    "global-avg-pool2d",
    reference=_global_avg_pool2d,
    cases=[*_global_cases, *in_double(_global_cases[-2:])],
    traits=tuple(trait for trait in UNPADDED if "windows" not in trait.present),
    forbidden=LIBRARY,
    instead="One mean for each channel of each image.",
    every_device=True,
    part="global_avg_pool2d",
)

global_avg_pool2d.mistake(
    "the sum is not divided", "Divide by the number of pixels, H * W.", edit("mean", "sum")
)
global_avg_pool2d.mistake(
    "the largest number is taken", "That is global max pooling.", edit("mean", "amax")
)
global_avg_pool2d.mistake(
    "the channels are averaged together",
    "Each channel keeps a number of its own: the result has shape (N, C).",
    edit("(2, 3)", "(1, 2, 3)"),
)
global_avg_pool2d.mistake(
    "the mean is taken over the channels",
    "The mean goes over the places of a channel, the last two axes.",
    edit("(2, 3)", "1"),
)
global_avg_pool2d.mistake(
    "the images of the batch are averaged together",
    "Each image has its own result: the result has shape (N, C).",
    edit("(2, 3)", "(0, 2, 3)"),
)
global_avg_pool2d.mistake(
    "the image axes are kept with length 1",
    "The result is to have shape (N, C), so that a fully connected layer can take it.",
    edit("(2, 3)", "(2, 3), keepdim=True"),
)
