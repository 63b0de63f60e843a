"""Five designs as one finds them in textbooks: they define the front that is to be beaten."""

import torch
from torch import nn

__all__ = ["DESIGNS", "Block", "five_layers", "lenet", "mobilenet", "resnet", "vgg_batch_norm"]

CLASSES = 10


def lenet() -> nn.Module:
    """LeNet-5's layers (LeCun et al., 1998), with ReLU and max pooling."""
    return nn.Sequential(
        *(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
        *(nn.Linear(16 * 5 * 5, 120), nn.ReLU()),
        *(nn.Linear(120, 84), nn.ReLU()),
        nn.Linear(84, CLASSES),
    )


def five_layers() -> nn.Module:
    """The network of section 4 of lesson 8: five 3x3 layers, three poolings, a global average."""
    layers: list[nn.Module] = []
    channels = 3
    for filters, pool in ((10, True), (16, False), (16, True), (32, True), (40, False)):
        layers += _conv_bn_relu(channels, filters) + [nn.MaxPool2d(2)] * pool
        channels = filters
    return nn.Sequential(*layers, *_head(40))


def vgg_batch_norm() -> nn.Module:
    """Pairs of 3x3 layers between poolings, as VGG, with batch norm and a global average."""
    layers: list[nn.Module] = []
    channels = 3
    for filters in (8, 16, 32):
        for _ in range(2):
            layers += _conv_bn_relu(channels, filters)
            channels = filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, *_head(32))


def resnet() -> nn.Module:
    """A ResNet with 8 layers: a first one with stride 2, then one block at each of three sizes."""
    stem = _conv_bn_relu(3, 16, stride=2)
    return nn.Sequential(*stem, Block(16, 16), Block(16, 32, 2), Block(32, 64, 2), *_head(64))


def mobilenet() -> nn.Module:
    """Depthwise separable layers, as MobileNet, after a first one with stride 2."""
    layers = _conv_bn_relu(3, 16, stride=2)
    for channels, filters, stride in (
        *((16, 32, 1), (32, 64, 2), (64, 64, 1)),
        *((64, 128, 2), (128, 128, 1)),
    ):
        layers += _conv_bn_relu(channels, channels, stride=stride, groups=channels)
        layers += _conv_bn_relu(channels, filters, 1)
    return nn.Sequential(*layers, *_head(128))


class Block(nn.Module):
    """Two 3x3 layers and a shortcut, which is a 1x1 layer where the shape changes."""

    def __init__(self, channels: int, filters: int, stride: int = 1):
        super().__init__()
        *branch, _ = [
            *_conv_bn_relu(channels, filters, stride=stride),
            *_conv_bn_relu(filters, filters),
        ]
        self.branch = nn.Sequential(*branch)
        self.shortcut = nn.Sequential()
        if stride > 1 or channels != filters:
            self.shortcut = nn.Sequential(*_conv_bn_relu(channels, filters, 1, stride)[:2])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The branch and the shortcut, added, and a ReLU."""
        return torch.relu(self.branch(x) + self.shortcut(x))


def _conv_bn_relu(channels, filters, kernel_size=3, stride=1, groups=1) -> list[nn.Module]:
    padding = kernel_size // 2
    conv = nn.Conv2d(channels, filters, kernel_size, stride, padding, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(filters), nn.ReLU()]


def _head(channels: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES)]


#: By name.
DESIGNS = {
    "LeNet": lenet,
    "five layers": five_layers,
    "MobileNet": mobilenet,
    "VGG with batch norm": vgg_batch_norm,
    "ResNet": resnet,
}
