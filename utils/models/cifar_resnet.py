"""The small ResNets for images of 32x32, such as CIFAR-10, and their plain counterparts.

Source: He et al. (2016), "Deep residual learning for image recognition", arXiv:1512.03385,
section 4.2.
"""

import torch
from torch import Tensor
from torch.nn import Sequential

from utils.models.arguments import check_choice, check_classes, check_count
from utils.models.parts import of_parts
from utils.models.resnet import BasicBlock, conv, initialise, make_stage, norm
from utils.nn import AdaptiveAvgPool2d, Linear, ReLU

__all__ = ["CifarResNet", "cifar_resnet"]


class CifarResNet(torch.nn.Module):
    """A 3x3 conv layer, three stages of blocks, global average pooling; see `cifar_resnet`."""

    layer1: Sequential
    layer2: Sequential
    layer3: Sequential

    def __init__(self, depth, num_classes, *, width, in_channels, batch_norm, **options):
        super().__init__()
        options["batch_norm"] = batch_norm
        self.conv1 = conv(in_channels, width, 3, bias=not batch_norm)
        self.bn1 = norm(width, batch_norm)
        self.relu = ReLU()
        channels, count = width, (depth - 2) // 6
        for number in (1, 2, 3):
            stride, filters = (1, width) if number == 1 else (2, 2 * channels)
            stage = make_stage(BasicBlock, count, channels, filters, stride, **options)
            self.add_module(f"layer{number}", stage)
            channels = filters
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.fc = Linear(channels, num_classes)
        initialise(self)

    def forward(self, input: Tensor) -> Tensor:
        """Scores (N, num_classes) of images (N, in_channels, H, W); made for 32x32."""
        output = self.relu(self.bn1(self.conv1(input)))
        output = self.layer3(self.layer2(self.layer1(output)))
        return self.fc(self.avgpool(output).flatten(1))


def cifar_resnet(
    depth: int,
    residual: bool = True,
    shortcut: str = "A",
    num_classes: int = 10,
    *,
    width: int = 16,
    in_channels: int = 3,
    batch_norm: bool = True,
    parts=None,
) -> CifarResNet:
    """ResNet for small images, or the plain network of the same layers.

    Args:
        depth: ``6 n + 2`` layers with weights; the paper has 20, 32, 44, 56, 110 and 1202.
        residual: False leaves the shortcuts out: a plain network.
        shortcut: as of :func:`utils.models.resnet`; ``"A"`` as in the paper.
        num_classes: number of scores.
        width: filters in the first stage; each further stage has twice as many. The paper has 16.
        in_channels: channels of the images: 1 for grey ones.
        batch_norm: False leaves normalisation out and gives the conv layers biases.
        parts: `utils.mine`, to build it of your own layers; None takes those of `utils.nn`.

    Raises:
        TypeError, ValueError: an argument is not one of these.
    """
    if isinstance(depth, bool) or not isinstance(depth, int):
        raise TypeError(f"cifar_resnet: depth must be an integer, but is {depth!r}")
    if depth < 8 or depth % 6 != 2:
        raise ValueError(f"cifar_resnet: depth must be 6 n + 2 (8, 14, 20, ...), but is {depth}")
    check_choice("cifar_resnet", "shortcut", shortcut, ("A", "B", "C"))
    check_classes("cifar_resnet", num_classes)
    check_count("cifar_resnet", "width", width)
    check_count("cifar_resnet", "in_channels", in_channels)
    model = CifarResNet(
        depth,
        num_classes,
        residual=bool(residual),
        shortcut=shortcut,
        width=width,
        in_channels=in_channels,
        batch_norm=bool(batch_norm),
    )
    return of_parts(model, parts)
