"""Normalization layers as modules."""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from utils import functional
from utils.nn.function import differentiable, through

__all__ = ["BatchNorm2d", "LocalResponseNorm"]

_local_response_norm = differentiable(
    functional.local_response_norm, functional.local_response_norm_backward
)


def _forward(input, weight, bias, running_mean, running_var, *options):
    return functional.batch_norm(input, running_mean, running_var, weight, bias, *options)


class _BatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, bias, running_mean, running_var, training, momentum, eps):
        ctx.training, ctx.eps = training, eps
        # In training the running statistics move before the backward pass, which does not need
        # them then.
        kept = (None, None) if training else (running_mean, running_var)
        ctx.save_for_backward(input, weight, *kept)
        return _forward(input, weight, bias, running_mean, running_var, training, momentum, eps)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_output):
        input, weight, running_mean, running_var = ctx.saved_tensors
        gradients = functional.batch_norm_backward(
            grad_output,
            input,
            weight,
            ctx.eps,
            running_mean=running_mean,
            running_var=running_var,
            training=ctx.training,
        )
        wanted = zip(gradients, ctx.needs_input_grad, strict=False)
        return *(gradient if needed else None for gradient, needed in wanted), *[None] * 5


_batch_norm = through(_BatchNorm, _forward)


class BatchNorm2d(torch.nn.Module):
    """Give each channel mean 0 and variance 1 over the batch, then a learnt scale and shift.

    Input and output (N, C, H, W); arguments as in :func:`utils.functional.batch_norm`, but
    ``momentum`` None keeps plain averages over all batches so far.

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: how far the running statistics move towards the batch's.
        affine: whether scale and shift are learnt.
        track_running_stats: whether running statistics are kept; without them the batch's are used
            in evaluation too.
        device: of parameters and buffers.
        dtype: of parameters and buffers.

    Raises:
        ValueError: the input is not (N, C, H, W), or does not have ``num_features`` channels.
    """

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device=None,
        dtype=None,
    ):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        where = {"device": device, "dtype": dtype}
        self.weight = torch.nn.Parameter(torch.empty(num_features, **where)) if affine else None
        self.bias = torch.nn.Parameter(torch.empty(num_features, **where)) if affine else None
        track = track_running_stats
        self.register_buffer("running_mean", torch.empty(num_features, **where) if track else None)
        self.register_buffer("running_var", torch.empty(num_features, **where) if track else None)
        seen = torch.tensor(0, dtype=torch.long, device=device) if track else None
        self.register_buffer("num_batches_tracked", seen)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale 1, shift 0; running mean 0 and variance 1."""
        for tensor in (self.bias, self.running_mean, self.num_batches_tracked):
            if tensor is not None:
                torch.nn.init.zeros_(tensor)
        for tensor in (self.weight, self.running_var):
            if tensor is not None:
                torch.nn.init.ones_(tensor)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise the input."""
        if input.ndim != 4:
            raise ValueError(
                f"BatchNorm2d: the input must be (N, C, H, W), but has shape {tuple(input.shape)}"
            )
        momentum = self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked += 1
            if momentum is None:
                momentum = 1 / self.num_batches_tracked.item()
        training = self.training or not self.track_running_stats
        return _batch_norm(
            input,
            self.weight,
            self.bias,
            self.running_mean,
            self.running_var,
            training,
            momentum if momentum is not None else 0.0,
            self.eps,
        )

    def extra_repr(self) -> str:
        """Show the settings when the module is printed."""
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"


class LocalResponseNorm(torch.nn.Module):
    """Divide each number by a power of the mean square of its neighbours in other channels.

    Input and output (N, C, ...); arguments as in :func:`utils.functional.local_response_norm`.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        """Normalise the input."""
        return _local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """Show the settings when the module is printed."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
