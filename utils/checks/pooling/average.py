"""Lesson 2: average pooling, forward and backward, and global average pooling.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch
import torch.nn.functional as F

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise
from utils.checks.pooling.cases import LIBRARY, SLIDE, TRAITS, backward_cases, forward_cases

UNPADDED = tuple(trait for trait in TRAITS if "padding" not in trait.present)

avg_pool2d = Exercise(
    "avg-pool2d",
    reference=lambda input, kernel_size, stride: F.avg_pool2d(input, kernel_size, stride),
    cases=forward_cases(padded=False),
    traits=UNPADDED,
    forbidden=LIBRARY,
    instead="Take the windows out of the input yourself, and then the mean of each.",
    every_device=True,
    part="avg_pool2d",
)


@avg_pool2d.misconception(
    "the sum is not divided", "A mean is the sum divided by the number of pixels."
)
def _sum(input, kernel_size, stride):
    return input.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).sum((-2, -1))


@avg_pool2d.misconception(
    "only one side of the window is divided by",
    "The window holds F * F pixels.",
)
def _one_side(input, kernel_size, stride):
    windows = input.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.sum((-2, -1)) / kernel_size


@avg_pool2d.misconception(
    "the sum is divided by the square of the stride",
    "The stride says how far the window moves; how many pixels does the window hold?",
)
def _by_stride(input, kernel_size, stride):
    windows = input.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.sum((-2, -1)) / stride**2


@avg_pool2d.misconception("the largest number is taken", "That is max pooling.")
def _max(input, kernel_size, stride):
    return input.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).amax((-2, -1))


@avg_pool2d.misconception(
    "the windows are laid side by side",
    "They stand `stride` pixels apart, which need not be their size.",
)
def _side_by_side(input, kernel_size, stride):
    windows = input.unfold(2, kernel_size, kernel_size).unfold(3, kernel_size, kernel_size)
    return windows.mean((-2, -1))


@avg_pool2d.misconception(
    "the channels are pooled together",
    "Each channel is pooled by itself: the depth stays.",
)
def _over_channels(input, kernel_size, stride):
    windows = input.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.mean((1, -2, -1)).unsqueeze(1)


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


@avg_pool2d_backward.misconception(
    "every pixel gets the whole gradient",
    "A pixel counts only 1 / (F * F) in the mean of its window.",
)
def _whole(grad_output, input, kernel_size, stride):
    gradient = torch.zeros_like(input)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            gradient[:, :, rows, columns] += grad_output[:, :, i, j, None, None]
    return gradient


@avg_pool2d_backward.misconception(
    "a later window overwrites an earlier one",
    "A pixel that lies in two windows gets its share of both gradients: add, do not assign.",
)
def _overwritten(grad_output, input, kernel_size, stride):
    gradient = torch.zeros_like(input)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            gradient[:, :, rows, columns] = grad_output[:, :, i, j, None, None] / kernel_size**2
    return gradient


@avg_pool2d_backward.misconception(
    "the gradient goes to the largest pixel",
    "That is the gradient of max pooling. In a mean, all pixels count the same.",
)
def _to_winner(grad_output, input, kernel_size, stride):
    gradient = torch.zeros_like(input)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            window = input[:, :, rows, columns].flatten(2)
            winner = window.argmax(2, keepdim=True)
            part = torch.zeros_like(window).scatter(2, winner, grad_output[:, :, i, j, None])
            gradient[:, :, rows, columns] += part.unflatten(2, (kernel_size, kernel_size))
    return gradient


@avg_pool2d_backward.misconception(
    "the gradient is divided by the square of the stride",
    "The share of a pixel depends on how many pixels its window holds.",
)
def _share_by_stride(grad_output, input, kernel_size, stride):
    gradient = torch.zeros_like(input)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            gradient[:, :, rows, columns] += grad_output[:, :, i, j, None, None] / stride**2
    return gradient


@avg_pool2d_backward.misconception(
    "a pixel in several windows gets the mean of their gradients",
    "Contributions of several windows add up; nothing divides them again.",
)
def _averaged(grad_output, input, kernel_size, stride):
    gradient, count = torch.zeros_like(input), torch.zeros_like(input)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            gradient[:, :, rows, columns] += grad_output[:, :, i, j, None, None] / kernel_size**2
            count[:, :, rows, columns] += 1
    return gradient / count.clamp(min=1)


@avg_pool2d_backward.misconception(
    "the gradient is multiplied by the input",
    "The mean is a sum of pixels with the constant factor 1 / (F * F): the pixels' own values do "
    "not appear in its derivative.",
)
def _times_input(grad_output, input, kernel_size, stride):
    gradient = torch.zeros_like(input)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            share = grad_output[:, :, i, j, None, None] / kernel_size**2
            gradient[:, :, rows, columns] += share * input[:, :, rows, columns]
    return gradient


_global_cases = [
    Case({"input": SLIDE[None, None, :2, :2]}),
    *(
        Case({"input": whole_numbers(*shape, seed=seed)})
        for seed, shape in enumerate([(1, 3, 2, 2), (2, 1, 2, 2), (1, 1, 3, 5), (3, 2, 4, 3)])
    ),
]

global_avg_pool2d = Exercise(
    "global-avg-pool2d",
    reference=lambda input: input.mean((2, 3)),
    cases=[*_global_cases, *in_double(_global_cases[-2:])],
    traits=tuple(trait for trait in UNPADDED if "windows" not in trait.present),
    forbidden=LIBRARY,
    instead="One mean for each channel of each image.",
    every_device=True,
    part="global_avg_pool2d",
)


@global_avg_pool2d.misconception("the sum is not divided", "Divide by the number of pixels, H * W.")
def _global_sum(input):
    return input.sum((2, 3))


@global_avg_pool2d.misconception("the largest number is taken", "That is global max pooling.")
def _global_max(input):
    return input.amax((2, 3))


@global_avg_pool2d.misconception(
    "the channels are averaged together",
    "Each channel keeps a number of its own: the result has shape (N, C).",
)
def _all_channels(input):
    return input.mean((1, 2, 3))


@global_avg_pool2d.misconception(
    "the mean is taken over the channels",
    "The mean goes over the places of a channel, the last two axes.",
)
def _over_depth(input):
    return input.mean(1)


@global_avg_pool2d.misconception(
    "the images of the batch are averaged together",
    "Each image has its own result: the result has shape (N, C).",
)
def _over_batch(input):
    return input.mean((0, 2, 3))


@global_avg_pool2d.misconception(
    "the image axes are kept with length 1",
    "The result is to have shape (N, C), so that a fully connected layer can take it.",
)
def _kept(input):
    return input.mean((2, 3), keepdim=True)
