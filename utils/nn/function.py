"""Hands a layer's explicit backward to autograd."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["differentiable", "through"]


def differentiable(forward: Callable, backward: Callable, tensors: int = 1) -> Callable:
    """Join a layer's forward and backward into one function that autograd can go through.

    It works for every layer that keeps the convention of :mod:`utils.functional`:
    ``backward(grad_output, *tensors, *hyperparameters)`` returns gradients of the first tensors.

    Args:
        forward: ``forward(*tensors, *hyperparameters)`` returns one tensor.
        backward: returns one gradient, or a tuple of them.
        tensors: how many of the arguments are tensors (or None); they come first.

    Returns:
        A function with the arguments of ``forward``, all of them by position.
    """

    class Layer(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *arguments):
            ctx.save_for_backward(*arguments[:tensors])
            ctx.hyperparameters = arguments[tensors:]
            return forward(*arguments)

        @staticmethod
        @once_differentiable
        def backward(ctx, grad_output):
            gradients = backward(grad_output, *ctx.saved_tensors, *ctx.hyperparameters)
            if isinstance(gradients, Tensor):
                gradients = (gradients,)
            missing = len(ctx.needs_input_grad) - len(gradients)
            return *gradients, *[None] * missing

    Layer.__name__ = Layer.__qualname__ = forward.__name__  # what a graph shows as grad_fn
    return through(Layer, forward)


def through(layer: type[torch.autograd.Function], forward: Callable) -> Callable:
    """Return what calls a layer: through autograd where gradients are kept, else its forward alone.

    To go through autograd costs some 10 microseconds, as much as a small layer.
    """

    def call(*arguments):
        return layer.apply(*arguments) if torch.is_grad_enabled() else forward(*arguments)

    return call
