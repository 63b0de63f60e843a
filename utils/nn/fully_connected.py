"""The fully connected layer as a module, and flattening, which comes before it."""

import math

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from utils import functional
from utils.functional.arguments import integers
from utils.nn.function import differentiable

__all__ = ["Flatten", "Linear"]

_flatten = differentiable(
    functional.flatten,
    lambda grad_output, input, *dims: functional.flatten_backward(grad_output, input),
)


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, bias):
        ctx.save_for_backward(input, weight)
        return functional.linear(input, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_output):
        gradients = functional.linear_backward(grad_output, *ctx.saved_tensors)
        return tuple(
            gradient if needed else None
            for gradient, needed in zip(gradients, ctx.needs_input_grad, strict=True)
        )


class Linear(torch.nn.Module):
    """Fully connected layer, ``x W^T + b``: each output sees every input.

    Input (..., in_features), output (..., out_features). Weights and biases start uniform within
    plus or minus ``1 / sqrt(in_features)``, as in ``torch.nn.Linear``.

    Raises:
        TypeError: a size is not an integer.
        ValueError: a size is below 1.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device=None, dtype=None
    ):
        super().__init__()
        integers("Linear", "in_features", in_features, 1)
        integers("Linear", "out_features", out_features, 1)
        self.in_features, self.out_features = in_features, out_features
        where = {"device": device, "dtype": dtype}
        self.weight = torch.nn.Parameter(torch.empty(out_features, in_features, **where))
        self.bias = torch.nn.Parameter(torch.empty(out_features, **where)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        bound = 1 / math.sqrt(self.in_features)
        for parameter in self.parameters():
            torch.nn.init.uniform_(parameter, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Multiply by the weights and add the biases."""
        return _Linear.apply(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Show the sizes when the module is printed."""
        return f"{self.in_features}, {self.out_features}, bias={self.bias is not None}"


class Flatten(torch.nn.Module):
    """Write dimensions ``start_dim`` to ``end_dim`` out one after the other, as one.

    By default (N, C, H, W) becomes (N, C * H * W): what a fully connected layer takes.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Flatten the input."""
        return _flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Show the dimensions when the module is printed."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
