"""The conv layer as a module."""

import math

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from utils import functional
from utils.functional.arguments import integers
from utils.nn.function import through

__all__ = ["Conv2d", "DepthwiseConv2d"]


def _forward(input, weight, bias, method, *hyperparameters):
    return functional.conv2d(input, weight, bias, *hyperparameters, method=method)


class _Conv2d(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, bias, method, *hyperparameters):
        ctx.save_for_backward(input, weight)
        ctx.method, ctx.hyperparameters = method, hyperparameters
        return _forward(input, weight, bias, method, *hyperparameters)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_output):
        gradients = functional.conv2d_backward(
            grad_output,
            *ctx.saved_tensors,
            *ctx.hyperparameters,
            method=ctx.method,
            output_mask=ctx.needs_input_grad[:3],
        )
        return *gradients, None, *[None] * len(ctx.hyperparameters)


_conv2d = through(_Conv2d, _forward)


class Conv2d(torch.nn.Module):
    """Conv layer: K = ``out_channels`` filters of ``in_channels // groups`` x F x F numbers.

    Input (N, C, H, W) or (C, H, W), output (N, K, H2, W2) or (K, H2, W2); arguments as in
    :func:`utils.functional.conv2d`. Weights and biases start uniform within plus or minus
    ``1 / sqrt(fan_in)``, as in ``torch.nn.Conv2d``; ``fan_in`` is the size of one filter.

    Raises:
        TypeError: a size is not an integer.
        ValueError: a size is out of range, or ``groups`` does not divide both depths.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups: int = 1,
        bias: bool = True,
        device=None,
        dtype=None,
        *,
        method: str = "auto",
    ):
        super().__init__()
        kernel = integers("Conv2d", "kernel_size", kernel_size, 1)
        for name, number in [
            ("in_channels", in_channels),
            ("out_channels", out_channels),
            ("groups", groups),
        ]:
            integers("Conv2d", name, number, 1)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"Conv2d: groups={groups} must divide in_channels={in_channels} and "
                f"out_channels={out_channels}"
            )
        self.in_channels, self.out_channels, self.kernel_size = in_channels, out_channels, kernel
        self.stride, self.padding = stride, padding
        self.dilation, self.groups, self.method = dilation, groups, method
        where = {"device": device, "dtype": dtype}
        self.weight = torch.nn.Parameter(
            torch.empty(out_channels, in_channels // groups, *kernel, **where)
        )
        self.bias = torch.nn.Parameter(torch.empty(out_channels, **where)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        bound = 1 / math.sqrt(self.weight[0].numel())
        for parameter in self.parameters():
            torch.nn.init.uniform_(parameter, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Convolve the input."""
        return _conv2d(
            input,
            self.weight,
            self.bias,
            self.method,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
        )

    def extra_repr(self) -> str:
        """Show the hyperparameters when the module is printed."""
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, padding={self.padding!r}, dilation={self.dilation}, "
            f"groups={self.groups}, bias={self.bias is not None}"
        )


class DepthwiseConv2d(Conv2d):
    """Conv layer whose filters see one channel each: as many groups as channels.

    Input (N, C, H, W) or (C, H, W), output of the same C channels; arguments, initial values and
    errors as of :class:`Conv2d`. The weight is (C, 1, F, F).

    Source: Howard et al. (2017), "MobileNets", arXiv:1704.04861, section 3.1.
    """

    def __init__(self, channels: int, kernel_size, stride=1, padding=0, dilation=1, **options):
        super().__init__(
            channels, channels, kernel_size, stride, padding, dilation, groups=channels, **options
        )
