"""GoogLeNet: modules that look at several scales at once.

Source: Szegedy et al. (2015), "Going deeper with convolutions", arXiv:1409.4842, table 1.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import Sequential

from utils.models.arguments import check_classes
from utils.models.parts import of_parts
from utils.nn import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
)

__all__ = ["GoogLeNet", "GoogLeNetOutput", "googlenet"]

# Filters of 1x1; 3x3 after its 1x1 reduction; 5x5 after its reduction; 1x1 after pooling (table 1).
INCEPTION = {
    "3a": (64, (96, 128), (16, 32), 32),
    "3b": (128, (128, 192), (32, 96), 64),
    "4a": (192, (96, 208), (16, 48), 64),
    "4b": (160, (112, 224), (24, 64), 64),
    "4c": (128, (128, 256), (24, 64), 64),
    "4d": (112, (144, 288), (32, 64), 64),
    "4e": (256, (160, 320), (32, 128), 128),
    "5a": (256, (160, 320), (32, 128), 128),
    "5b": (384, (192, 384), (48, 128), 128),
}


class GoogLeNetOutput(NamedTuple):
    """Scores of the network and of its two side classifiers, each (N, num_classes)."""

    logits: Tensor
    aux2: Tensor
    aux1: Tensor


class BasicConv2d(torch.nn.Module):
    """Conv layer and ReLU; between them batch normalisation, or in the paper's network nothing."""

    def __init__(self, channels: int, filters: int, paper: bool, **options):
        super().__init__()
        self.conv = Conv2d(channels, filters, bias=paper, **options)
        self.bn = torch.nn.Identity() if paper else BatchNorm2d(filters, eps=0.001)
        self.relu = ReLU()

    def forward(self, input: Tensor) -> Tensor:
        """Convolve, normalise, rectify."""
        return self.relu(self.bn(self.conv(input)))


class Inception(torch.nn.Module):
    """Four parallel branches whose outputs are concatenated along the channels: figure 2(b)."""

    def __init__(self, channels: int, filters: tuple, paper: bool):
        super().__init__()
        one, (reduce3, three), (reduce5, five), pooled = filters
        # torchvision's network has 3x3 filters where the paper has 5x5.
        size = 5 if paper else 3
        self.branch1 = BasicConv2d(channels, one, paper, kernel_size=1)
        self.branch2 = Sequential(
            BasicConv2d(channels, reduce3, paper, kernel_size=1),
            BasicConv2d(reduce3, three, paper, kernel_size=3, padding=1),
        )
        self.branch3 = Sequential(
            BasicConv2d(channels, reduce5, paper, kernel_size=1),
            BasicConv2d(reduce5, five, paper, kernel_size=size, padding=size // 2),
        )
        self.branch4 = Sequential(
            MaxPool2d(3, stride=1, padding=1, ceil_mode=True),
            BasicConv2d(channels, pooled, paper, kernel_size=1),
        )
        self.filters = one + three + five + pooled

    def forward(self, input: Tensor) -> Tensor:
        """Concatenate the four branches' outputs."""
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        return torch.cat([branch(input) for branch in branches], dim=1)


class SideClassifier(torch.nn.Module):
    """A small classifier halfway up, which feeds gradient to the layers below it (section 5)."""

    def __init__(self, channels: int, num_classes: int, paper: bool):
        super().__init__()
        self.pool = AdaptiveAvgPool2d((4, 4))  # at 14x14 the paper's 5x5 windows at stride 3
        self.conv = BasicConv2d(channels, 128, paper, kernel_size=1)
        self.fc1 = Linear(128 * 4 * 4, 1024)
        self.relu = ReLU()
        self.dropout = Dropout(0.7)
        self.fc2 = Linear(1024, num_classes)

    def forward(self, input: Tensor) -> Tensor:
        """Scores (N, num_classes)."""
        output = self.conv(self.pool(input)).flatten(1)
        return self.fc2(self.dropout(self.relu(self.fc1(output))))


class GoogLeNet(torch.nn.Module):
    """Three conv layers, nine inception modules, global average pooling; see :func:`googlenet`."""

    inception3a: Inception
    inception3b: Inception
    inception4a: Inception
    inception4b: Inception
    inception4c: Inception
    inception4d: Inception
    inception4e: Inception
    inception5a: Inception
    inception5b: Inception

    def __init__(self, num_classes: int = 1000, aux_logits: bool = False, paper: bool = False):
        super().__init__()
        self.conv1 = BasicConv2d(3, 64, paper, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = MaxPool2d(3, 2, ceil_mode=True)
        self.norm1 = _response_norm() if paper else torch.nn.Identity()
        self.conv2 = BasicConv2d(64, 64, paper, kernel_size=1)
        self.conv3 = BasicConv2d(64, 192, paper, kernel_size=3, padding=1)
        self.norm2 = _response_norm() if paper else torch.nn.Identity()
        self.maxpool2 = MaxPool2d(3, 2, ceil_mode=True)
        channels, depths = 192, {}
        for name, filters in INCEPTION.items():
            module = Inception(channels, filters, paper)
            self.add_module(f"inception{name}", module)
            channels = depths[name] = module.filters
            if name == "3b":
                self.maxpool3 = MaxPool2d(3, 2, ceil_mode=True)
            elif name == "4e":
                self.maxpool4 = MaxPool2d(3 if paper else 2, 2, ceil_mode=True)
        self.aux1 = SideClassifier(depths["4a"], num_classes, paper) if aux_logits else None
        self.aux2 = SideClassifier(depths["4d"], num_classes, paper) if aux_logits else None
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.dropout = Dropout(0.4 if paper else 0.2)
        self.fc = Linear(channels, num_classes)
        # The published weights want pixels from -1 to 1; set, this turns normalised ones into such.
        self.transform_input = False
        self.torchvision_name = None if paper else "googlenet"
        _initialise(self)

    def forward(self, input: Tensor) -> Tensor | GoogLeNetOutput:
        """Scores (N, num_classes) of images (N, 3, H, W); made for 224x224.

        In training with side classifiers a :class:`GoogLeNetOutput`.
        """
        if self.transform_input:
            input = _to_symmetric(input)
        output = self.norm1(self.maxpool1(self.conv1(input)))
        output = self.maxpool2(self.norm2(self.conv3(self.conv2(output))))
        output = self.maxpool3(self.inception3b(self.inception3a(output)))
        low = self.inception4a(output)
        high = self.inception4d(self.inception4c(self.inception4b(low)))
        output = self.maxpool4(self.inception4e(high))
        output = self.avgpool(self.inception5b(self.inception5a(output))).flatten(1)
        logits = self.fc(self.dropout(output))
        if self.training and self.aux1 is not None and self.aux2 is not None:
            return GoogLeNetOutput(logits, self.aux2(high), self.aux1(low))
        return logits


def _response_norm() -> LocalResponseNorm:
    # The paper gives no constants; these are AlexNet's, alpha as torch counts it.
    return LocalResponseNorm(size=5, alpha=5 * 1e-4, beta=0.75, k=2.0)


def _to_symmetric(input: Tensor) -> Tensor:
    """From mean and deviation of ImageNet's colours to mean and deviation 0.5."""
    mean = input.new_tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    deviation = input.new_tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    return (input * deviation + mean - 0.5) / 0.5


def _initialise(model: GoogLeNet) -> None:
    """As torchvision: weights from N(0, 0.01^2), cut off at 2 deviations."""
    for layer in model.modules():
        if isinstance(layer, Conv2d | Linear):
            torch.nn.init.trunc_normal_(layer.weight, std=0.01, a=-0.02, b=0.02)


def googlenet(
    num_classes: int = 1000, *, aux_logits: bool = False, paper: bool = False, parts=None
) -> GoogLeNet:
    """GoogLeNet.

    Args:
        num_classes: number of scores.
        aux_logits: with the two side classifiers, whose scores are returned in training; the paper
            adds 0.3 times their losses.
        paper: build the paper's network: 5x5 filters, biases and local response normalisation. As
            torchvision has it there are 3x3 filters in place of 5x5 ones, batch normalisation after
            every conv layer, and 6,624,904 parameters with 1000 classes.
        parts: `utils.mine`, to build it of your own layers; None takes those of `utils.nn`.

    Raises:
        TypeError, ValueError: an argument is not one of these.
    """
    check_classes("googlenet", num_classes)
    return of_parts(GoogLeNet(num_classes, bool(aux_logits), bool(paper)), parts)
