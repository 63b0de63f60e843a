"""Diagrams of the structures that the lessons name, as SVG: sharp on a page and in print.

One module a lesson, each diagram a function that returns a `Drawing`. The colours mean the same in
all of them: input, filter, output, gradient.
"""

from utils.diagrams import (
    alexnet,
    architectures,
    convolution,
    depth,
    learning_filters,
    pooling,
    resnet,
    vgg,
)
from utils.diagrams.drawing import FILTER, GRADIENT, INK, INPUT, MUTED, OUTPUT, Drawing

__all__ = [
    "FILTER",
    "GRADIENT",
    "INK",
    "INPUT",
    "MUTED",
    "OUTPUT",
    "Drawing",
    "alexnet",
    "architectures",
    "convolution",
    "depth",
    "learning_filters",
    "pooling",
    "resnet",
    "vgg",
]
