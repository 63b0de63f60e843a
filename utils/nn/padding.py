"""Padding as a module."""

import torch
from torch import Tensor

from utils import functional
from utils.nn.function import differentiable

__all__ = ["ZeroPad2d"]

_pad = differentiable(functional.pad, functional.pad_backward)


class ZeroPad2d(torch.nn.Module):
    """Surround images with zeros: ``padding`` on each side, or (left, right, top, bottom).

    Input (N, C, H, W) or (C, H, W), output of the same channels; see
    :func:`utils.functional.pad`.
    """

    def __init__(self, padding):
        super().__init__()
        self.padding = (padding,) * 4 if isinstance(padding, int) else tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        """Pad the input."""
        return _pad(input, self.padding)

    def extra_repr(self) -> str:
        """Show the padding when the module is printed."""
        return f"{self.padding}"
