"""Pooling layers as modules."""

import torch
from torch import Tensor

from utils import functional
from utils.nn.function import differentiable

__all__ = ["AdaptiveAvgPool2d", "AvgPool2d", "MaxPool2d"]

_max_pool2d = differentiable(functional.max_pool2d, functional.max_pool2d_backward)
_avg_pool2d = differentiable(functional.avg_pool2d, functional.avg_pool2d_backward)
_adaptive_avg_pool2d = differentiable(
    functional.adaptive_avg_pool2d, functional.adaptive_avg_pool2d_backward
)


class MaxPool2d(torch.nn.Module):
    """Replace each window by its largest number; arguments as in ``functional.max_pool2d``.

    Input (N, C, H, W) or (C, H, W), output of the same channels.
    """

    def __init__(
        self,
        kernel_size,
        stride=None,
        padding=0,
        dilation=1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor):
        """Pool the input; with ``return_indices``, return the places of the maxima too."""
        window = (self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)
        output = _max_pool2d(input, *window)
        if not self.return_indices:
            return output
        return output, functional.max_pool2d(input.detach(), *window, return_indices=True)[1]

    def extra_repr(self) -> str:
        """Show the hyperparameters when the module is printed."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class AvgPool2d(torch.nn.Module):
    """Replace each window by its mean; arguments as in ``functional.avg_pool2d``.

    Input (N, C, H, W) or (C, H, W), output of the same channels.
    """

    def __init__(
        self,
        kernel_size,
        stride=None,
        padding=0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Pool the input."""
        return _avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        """Show the hyperparameters when the module is printed."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AdaptiveAvgPool2d(torch.nn.Module):
    """Take means over nearly equal parts of the image; size 1 is global average pooling.

    Input (N, C, H, W) or (C, H, W), output (N, C, *output_size) or (C, *output_size).
    """

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Pool the input."""
        return _adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self) -> str:
        """Show the output size when the module is printed."""
        return f"output_size={self.output_size}"
