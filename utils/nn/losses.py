"""The loss as a module."""

import torch
from torch import Tensor

from utils import functional
from utils.nn.function import differentiable

__all__ = ["CrossEntropyLoss"]

_cross_entropy = differentiable(
    functional.cross_entropy, functional.cross_entropy_backward, tensors=3
)


class CrossEntropyLoss(torch.nn.Module):
    """Cross-entropy of the softmax of scores against classes or class probabilities.

    Input (N, classes) or (N, classes, ...), target (N,) or (N, ...), or probabilities shaped as the
    input; arguments as in :func:`utils.functional.cross_entropy`. The target gets no gradient.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ):
        super().__init__()
        self.register_buffer("weight", weight)
        self.ignore_index, self.reduction = ignore_index, reduction
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare scores with the truth."""
        return _cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )

    def extra_repr(self) -> str:
        """Show the settings when the module is printed."""
        return f"reduction={self.reduction!r}, label_smoothing={self.label_smoothing}"
