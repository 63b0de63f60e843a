"""Dropout as a module."""

import torch
from torch import Tensor

from utils import functional

__all__ = ["Dropout"]


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, mask):
        ctx.save_for_backward(mask)
        return functional.dropout(input, mask=mask)

    @staticmethod
    def backward(ctx, grad_output):
        return functional.dropout_backward(grad_output, *ctx.saved_tensors), None


class Dropout(torch.nn.Module):
    """Leave numbers out with probability p while training; do nothing in evaluation.

    Arguments as in :func:`utils.functional.dropout`.

    Raises:
        ValueError: ``p`` is not a probability.
    """

    def __init__(self, p: float = 0.5):
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p must be a probability, from 0 to 1, but is {p!r}")
        self.p = p

    def forward(self, input: Tensor) -> Tensor:
        """Draw a new mask and apply it, in training."""
        if not self.training or self.p == 0:
            return input
        return _Dropout.apply(input, functional.dropout_mask(input, self.p))

    def extra_repr(self) -> str:
        """Show the probability when the module is printed."""
        return f"p={self.p}"
