"""VGG: 3x3 filters all the way, in the paper's six configurations.

Source: Simonyan & Zisserman (2015), "Very deep convolutional networks for large-scale image
recognition", arXiv:1409.1556, table 1; the lecture's VGG slides.
"""

import torch
from torch import Tensor
from torch.nn import Sequential

from utils.models.arguments import check_choice, check_classes
from utils.models.parts import of_parts
from utils.models.pretrained import with_weights
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

__all__ = ["CONFIGURATIONS", "VGG", "vgg"]

# A number is a 3x3 conv layer of so many filters, (1, number) a 1x1 one, "M" a pooling layer.
CONFIGURATIONS = {
    "A": [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "A-LRN": [64, "LRN", "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "B": [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "C": [
        *[64, 64, "M"],
        *[128, 128, "M"],
        *[256, 256, (1, 256), "M"],
        *[512, 512, (1, 512), "M"],
        *[512, 512, (1, 512), "M"],
    ],
    "D": [
        *[64, 64, "M"],
        *[128, 128, "M"],
        *[256, 256, 256, "M"],
        *[512, 512, 512, "M"],
        *[512, 512, 512, "M"],
    ],
    "E": [
        *[64, 64, "M"],
        *[128, 128, "M"],
        *[256, 256, 256, 256, "M"],
        *[512, 512, 512, 512, "M"],
        *[512, 512, 512, 512, "M"],
    ],
}

TORCHVISION_NAMES = {"A": "vgg11", "B": "vgg13", "D": "vgg16", "E": "vgg19"}


class VGG(torch.nn.Module):
    """Conv layers in five stages, then three fully connected ones; see :func:`vgg`."""

    def __init__(
        self,
        configuration: str,
        batch_norm: bool = False,
        num_classes: int = 1000,
        dropout: float = 0.5,
    ):
        super().__init__()
        self.features = Sequential(*_features(CONFIGURATIONS[configuration], batch_norm))
        self.avgpool = AdaptiveAvgPool2d((7, 7))  # changes nothing for images of 224x224
        self.classifier = Sequential(
            Linear(512 * 7 * 7, 4096),
            ReLU(),
            Dropout(dropout),
            Linear(4096, 4096),
            ReLU(),
            Dropout(dropout),
            Linear(4096, num_classes),
        )
        _initialise(self)
        name = TORCHVISION_NAMES.get(configuration)
        self.torchvision_name = f"{name}_bn" if name and batch_norm else name

    def forward(self, input: Tensor) -> Tensor:
        """Scores (N, num_classes) of images (N, 3, H, W); made for 224x224, at least 32x32."""
        return self.classifier(self.avgpool(self.features(input)).flatten(1))


def _features(configuration: list, batch_norm: bool) -> list[torch.nn.Module]:
    layers: list[torch.nn.Module] = []
    channels = 3
    for item in configuration:
        if item == "M":
            layers.append(MaxPool2d(2, 2))
        elif item == "LRN":
            # AlexNet's constants, as the paper says; alpha as torch counts it, 5 * 1e-4.
            layers.append(LocalResponseNorm(size=5, alpha=5 * 1e-4, beta=0.75, k=2.0))
        else:
            size, filters = item if isinstance(item, tuple) else (3, item)
            layers.append(Conv2d(channels, filters, size, padding=size // 2))
            layers += [BatchNorm2d(filters), ReLU()] if batch_norm else [ReLU()]
            channels = filters
    return layers


def _initialise(model: VGG) -> None:
    """As torchvision: He et al. (2015) for conv layers, N(0, 0.01^2) for fully connected ones.

    The paper draws all of them from N(0, 0.1^2), and starts the deep configurations from a trained
    A. He's way makes this unnecessary, as a note at the end of the paper's section 3.1 says of
    Glorot & Bengio's.
    """
    for layer in model.modules():
        if isinstance(layer, Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(layer, Linear):
            torch.nn.init.normal_(layer.weight, std=0.01)
        if isinstance(layer, Conv2d | Linear) and layer.bias is not None:
            torch.nn.init.zeros_(layer.bias)


def vgg(
    configuration: str = "D",
    batch_norm: bool = False,
    num_classes: int = 1000,
    *,
    weights: str | None = None,
    dropout: float = 0.5,
    parts=None,
) -> VGG:
    """VGG.

    Args:
        configuration: a column of the paper's table 1. ``"A"`` has 11 layers with weights,
            ``"A-LRN"`` local response normalisation besides, ``"B"`` 13, ``"C"`` 16 (three of them
            1x1), ``"D"`` 16 (VGG-16) and ``"E"`` 19 (VGG-19).
        batch_norm: normalise after each conv layer, as torchvision's ``vgg*_bn``; the paper, which
            is older than batch normalisation, does not.
        num_classes: number of scores.
        weights: None, or ``"imagenet"`` for the weights that torchvision publishes, which are
            downloaded once; the model is then in evaluation mode. See :func:`load_pretrained`.
        dropout: probability of leaving out an output of the first two fully connected layers.
        parts: `utils.mine`, to build it of your own layers; None takes those of `utils.nn`.

    Raises:
        CheckpointError, ChecksumError, DownloadError: as of :func:`load_pretrained`.
        TypeError, ValueError: an argument is not one of these, or nobody publishes such weights.
    """
    check_choice("vgg", "configuration", configuration, CONFIGURATIONS)
    check_classes("vgg", num_classes)
    model = with_weights(VGG(configuration, batch_norm, num_classes, dropout), weights)
    return of_parts(model, parts)
