"""Activation functions as modules."""

import torch
from torch import Tensor

from utils import functional
from utils.nn.function import differentiable

__all__ = ["PReLU", "ReLU", "ReLU6", "Tanh"]

_relu = differentiable(functional.relu, functional.relu_backward)
_relu6 = differentiable(functional.relu6, functional.relu6_backward)
_tanh = differentiable(functional.tanh, functional.tanh_backward)
_prelu = differentiable(functional.prelu, functional.prelu_backward, tensors=2)


class ReLU(torch.nn.Module):
    """Rectified linear unit, ``max(0, x)``, on a tensor of any shape."""

    def forward(self, input: Tensor) -> Tensor:
        """Set what is below zero to zero."""
        return _relu(input)


class ReLU6(torch.nn.Module):
    """ReLU that stops at 6, ``min(max(0, x), 6)``, on a tensor of any shape."""

    def forward(self, input: Tensor) -> Tensor:
        """Set what is below zero to zero, and what is above 6 to 6."""
        return _relu6(input)


class Tanh(torch.nn.Module):
    """Hyperbolic tangent, on a tensor of any shape."""

    def forward(self, input: Tensor) -> Tensor:
        """Squash every number into (-1, 1)."""
        return _tanh(input)


class PReLU(torch.nn.Module):
    """ReLU whose slope below zero is learnt, one for each channel or one for all.

    Args:
        num_parameters: number of channels, or 1 for one slope for all.
        init: first value of the slopes; 0.25 as in the paper.
        device: of the slopes.
        dtype: of the slopes.

    Source: He et al. (2015), "Delving deep into rectifiers", arXiv:1502.01852, section 2.1.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device=None, dtype=None):
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        slopes = torch.full((num_parameters,), float(init), device=device, dtype=dtype)
        self.weight = torch.nn.Parameter(slopes)

    def forward(self, input: Tensor) -> Tensor:
        """Multiply what is below zero by its channel's slope."""
        return _prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Show the number of slopes when the module is printed."""
        return f"num_parameters={self.num_parameters}"
