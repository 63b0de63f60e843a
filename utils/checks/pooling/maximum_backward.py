"""Lesson 2: the gradient of max pooling.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch
import torch.nn.functional as F

from utils.checks.core import Exercise
from utils.checks.pooling.cases import LIBRARY, TRAITS, backward_cases


def _backward(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    gradient = torch.zeros_like(padded)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            window = padded[:, :, rows, columns].flatten(2)
            winner = window.argmax(2, keepdim=True)  # the first, if there are several
            part = torch.zeros_like(window).scatter(2, winner, grad_output[:, :, i, j, None])
            gradient[:, :, rows, columns] += part.unflatten(2, (kernel_size, kernel_size))
    height, width = input.shape[2:]
    return gradient[:, :, padding : padding + height, padding : padding + width]


max_pool2d_backward = Exercise(
    "max-pool2d-backward",
    reference=_backward,
    cases=backward_cases(padded=True),
    traits=TRAITS,
    forbidden=LIBRARY,
    instead="Find the winner of each window again, and add the window's gradient to it.",
    every_device=True,
    part="max_pool2d_backward",
)


@max_pool2d_backward.misconception(
    "every pixel of a window gets its gradient",
    "Only the winner moved the output. The others could change a little and nothing would happen.",
)
def _everyone(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4)
    gradient = torch.zeros_like(padded)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            gradient[:, :, rows, columns] += grad_output[:, :, i, j, None, None]
    height, width = input.shape[2:]
    return gradient[:, :, padding : padding + height, padding : padding + width]


@max_pool2d_backward.misconception(
    "the gradient is shared evenly by the window",
    "That is the gradient of average pooling. Here the winner takes all of it.",
)
def _evenly(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4)
    gradient = torch.zeros_like(padded)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            gradient[:, :, rows, columns] += grad_output[:, :, i, j, None, None] / kernel_size**2
    height, width = input.shape[2:]
    return gradient[:, :, padding : padding + height, padding : padding + width]


@max_pool2d_backward.misconception(
    "all tied pixels get the whole gradient",
    "When several pixels are largest, one of them is the winner: here the first, row by row.",
)
def _tied(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    gradient = torch.zeros_like(padded)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            window = padded[:, :, rows, columns]
            winners = window == window.amax((2, 3), keepdim=True)
            gradient[:, :, rows, columns] += winners * grad_output[:, :, i, j, None, None]
    height, width = input.shape[2:]
    return gradient[:, :, padding : padding + height, padding : padding + width]


@max_pool2d_backward.misconception(
    "tied pixels share the gradient",
    "That would be a possible rule too. Here, as in torch, the first of them takes all.",
)
def _shared(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    gradient = torch.zeros_like(padded)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            window = padded[:, :, rows, columns]
            winners = (window == window.amax((2, 3), keepdim=True)).to(window.dtype)
            winners = winners / winners.sum((2, 3), keepdim=True)
            gradient[:, :, rows, columns] += winners * grad_output[:, :, i, j, None, None]
    height, width = input.shape[2:]
    return gradient[:, :, padding : padding + height, padding : padding + width]


@max_pool2d_backward.misconception(
    "the last of tied pixels gets the gradient",
    "Search row by row, and keep the first: a later pixel wins only if it is *larger*.",
)
def _last(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    gradient = torch.zeros_like(padded)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            window = padded[:, :, rows, columns].flatten(2)
            winner = window.shape[2] - 1 - window.flip(2).argmax(2, keepdim=True)
            part = torch.zeros_like(window).scatter(2, winner, grad_output[:, :, i, j, None])
            gradient[:, :, rows, columns] += part.unflatten(2, (kernel_size, kernel_size))
    height, width = input.shape[2:]
    return gradient[:, :, padding : padding + height, padding : padding + width]


@max_pool2d_backward.misconception(
    "a later window overwrites an earlier one",
    "A pixel that wins in two windows gets both gradients: add, do not assign.",
)
def _overwritten(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    gradient = torch.zeros_like(padded)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            window = padded[:, :, rows, columns].flatten(2)
            winner = window.argmax(2, keepdim=True)
            old = gradient[:, :, rows, columns].flatten(2)
            new = old.scatter(2, winner, grad_output[:, :, i, j, None])
            gradient[:, :, rows, columns] = new.unflatten(2, (kernel_size, kernel_size))
    height, width = input.shape[2:]
    return gradient[:, :, padding : padding + height, padding : padding + width]


@max_pool2d_backward.misconception(
    "the first pixel of a window gets its gradient",
    "Look for the winner: which pixel of the window was the largest?",
)
def _corner(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4)
    gradient = torch.zeros_like(padded)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            gradient[:, :, i * stride, j * stride] += grad_output[:, :, i, j]
    height, width = input.shape[2:]
    return gradient[:, :, padding : padding + height, padding : padding + width]


@max_pool2d_backward.misconception(
    "the gradient is multiplied by the winner",
    "The output *is* the winner: when it grows by a little, the output grows by as much. So the "
    "factor is 1.",
)
def _times_winner(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    gradient = torch.zeros_like(padded)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            window = padded[:, :, rows, columns].flatten(2)
            largest, winner = window.max(2, keepdim=True)
            part = torch.zeros_like(window).scatter(
                2, winner, largest * grad_output[:, :, i, j, None]
            )
            gradient[:, :, rows, columns] += part.unflatten(2, (kernel_size, kernel_size))
    height, width = input.shape[2:]
    return gradient[:, :, padding : padding + height, padding : padding + width]


@max_pool2d_backward.misconception(
    "the padding is cut off at the wrong place",
    "The input begins `padding` rows and columns into the padded image.",
)
def _wrong_cut(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    gradient = torch.zeros_like(padded)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            window = padded[:, :, rows, columns].flatten(2)
            winner = window.argmax(2, keepdim=True)
            part = torch.zeros_like(window).scatter(2, winner, grad_output[:, :, i, j, None])
            gradient[:, :, rows, columns] += part.unflatten(2, (kernel_size, kernel_size))
    return gradient[:, :, : input.shape[2], : input.shape[3]]
