"""The inverted residual block of MobileNetV2 and EfficientNet."""

import torch
from torch import Tensor

from utils.nn.activations import ReLU6
from utils.nn.conv import Conv2d, DepthwiseConv2d
from utils.nn.normalization import BatchNorm2d
from utils.nn.padding import ZeroPad2d

__all__ = ["InvertedResidual", "same_padding"]


def same_padding(kernel_size: int, stride: int) -> tuple[int, int, int, int]:
    """TensorFlow's *SAME* padding (left, right, top, bottom) of an image with even sides.

    The output is as large as the input, or half as large at stride 2. Then the sum of both sides,
    ``kernel_size - stride``, is odd for an odd filter, and the larger half goes right and below.
    """
    total = kernel_size - stride
    before = total // 2
    return before, total - before, before, total - before


class InvertedResidual(torch.nn.Module):
    """Widen by 1x1, convolve each channel, narrow by 1x1: the shortcut joins the narrow ends.

    A bottleneck of ResNet is wide at its ends and narrow within; this block is the other way round.
    The expensive part, within, is depthwise and so costs little. The last layer has no activation
    function, as little would be left of few channels after a ReLU.

    Input (N, channels, H, W), output (N, filters, H / stride, W / stride). The input passes through
    the shortcut where it has the output's shape: with stride 1 and ``channels == filters``.

    Args:
        channels: depth of the input.
        filters: depth of the output.
        kernel_size: of the depthwise convolution, odd.
        stride: of the depthwise convolution, 1 or 2; at 2 the padding is TensorFlow's, uneven.
        expansion: how many times ``channels`` the block is wide; 1 leaves the first layer out.
        eps: of batch normalisation.
        momentum: of batch normalisation.

    Source: Sandler et al. (2018), "MobileNetV2", arXiv:1801.04381, section 3.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel_size: int = 3,
        stride: int = 1,
        expansion: int = 6,
        eps: float = 1e-5,
        momentum: float = 0.1,
    ):
        super().__init__()
        wide = channels * expansion
        self.expand = None
        if expansion != 1:
            self.expand = Conv2d(channels, wide, 1, bias=False)
            self.bn1 = BatchNorm2d(wide, eps, momentum)
            self.relu1 = ReLU6()
        even = kernel_size // 2 if stride == 1 else 0
        self.pad = None if stride == 1 else ZeroPad2d(same_padding(kernel_size, stride))
        self.depthwise = DepthwiseConv2d(wide, kernel_size, stride, even, bias=False)
        self.bn2 = BatchNorm2d(wide, eps, momentum)
        self.relu2 = ReLU6()
        self.project = Conv2d(wide, filters, 1, bias=False)
        self.bn3 = BatchNorm2d(filters, eps, momentum)
        self.residual = stride == 1 and channels == filters

    def forward(self, input: Tensor) -> Tensor:
        """``F(x) + x``, or ``F(x)`` where the shapes differ."""
        output = input
        if self.expand is not None:
            output = self.relu1(self.bn1(self.expand(output)))
        if self.pad is not None:
            output = self.pad(output)
        output = self.relu2(self.bn2(self.depthwise(output)))
        output = self.bn3(self.project(output))
        return output + input if self.residual else output
