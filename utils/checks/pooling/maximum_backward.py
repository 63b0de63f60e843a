"""Lesson 3: the gradient of max pooling."""

import torch
import torch.nn.functional as F

from utils.checks.core import Exercise
from utils.checks.mistakes import edit
from utils.checks.pooling.cases import LIBRARY, TRAITS, backward_cases


def _backward(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    gradient = torch.zeros_like(padded)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            window, own = padded[:, :, rows, columns].flatten(2), grad_output[:, :, i, j, None]
            winner = window.argmax(2, keepdim=True)  # the first, if there are several
            part = torch.zeros_like(window).scatter(2, winner, own)
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

max_pool2d_backward.mistake(
    "every pixel of a window gets its gradient",
    "Only the winner moved the output. The others could change a little and nothing would happen.",
    edit("torch.zeros_like(window).scatter(2, winner, own)", "own.expand_as(window)"),
)
max_pool2d_backward.mistake(
    "the gradient is shared evenly by the window",
    "That is the gradient of average pooling. Here the winner takes all of it.",
    edit(
        "torch.zeros_like(window).scatter(2, winner, own)",
        "own.expand_as(window) / kernel_size**2",
    ),
)
max_pool2d_backward.mistake(
    "all tied pixels get the whole gradient",
    "When several pixels are largest, one of them is the winner: here the first, row by row.",
    edit("window.argmax(2, keepdim=True)", "window == window.amax(2, keepdim=True)"),
    edit("torch.zeros_like(window).scatter(2, winner, own)", "winner * own"),
)
max_pool2d_backward.mistake(
    "tied pixels share the gradient",
    "That would be a possible rule too. Here, as in torch, the first of them takes all.",
    edit("window.argmax(2, keepdim=True)", "window == window.amax(2, keepdim=True)"),
    edit(
        "torch.zeros_like(window).scatter(2, winner, own)",
        "winner / winner.sum(2, keepdim=True) * own",
    ),
)
max_pool2d_backward.mistake(
    "the last of tied pixels gets the gradient",
    "Search row by row, and keep the first: a later pixel wins only if it is *larger*.",
    edit("window.argmax", "window.shape[2] - 1 - window.flip(2).argmax"),
)
max_pool2d_backward.mistake(
    "a later window overwrites an earlier one",
    "A pixel that wins in two windows gets both gradients: add, do not assign.",
    edit("torch.zeros_like(window)", "gradient[:, :, rows, columns].flatten(2)"),
    edit("+= part", "= part"),
)
max_pool2d_backward.mistake(
    "the first pixel of a window gets its gradient",
    "Look for the winner: which pixel of the window was the largest?",
    edit("window.argmax", "window[:, :, :1].argmax"),
)
max_pool2d_backward.mistake(
    "the gradient is multiplied by the winner",
    "The output *is* the winner: when it grows by a little, the output grows by as much. So the "
    "factor is 1.",
    edit("winner, own)", "winner, own * window.amax(2, keepdim=True))"),
)
max_pool2d_backward.mistake(
    "the padding is cut off at the wrong place",
    "The input begins `padding` rows and columns into the padded image.",
    edit("padding : padding + height, padding : padding + width", ":height, :width"),
)
