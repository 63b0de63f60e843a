"""AlexNet, in two forms: the paper's two towers, and the one tower that torchvision has.

Sources: Krizhevsky, Sutskever & Hinton (2012), "ImageNet classification with deep convolutional
neural networks" (the paper); Krizhevsky (2014), "One weird trick for parallelizing convolutional
neural networks", arXiv:1404.5997 (one tower); the lecture's AlexNet slides.
"""

import torch
from torch import Tensor
from torch.nn import Sequential

from utils.models.arguments import check_choice, check_classes
from utils.models.parts import of_parts
from utils.models.pretrained import with_weights
from utils.nn import (
    AdaptiveAvgPool2d,
    Conv2d,
    Dropout,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
)

__all__ = ["AlexNet", "alexnet"]

# Filters of the five conv layers.
ONE_TOWER = (64, 192, 384, 256, 256)
TWO_TOWERS = (96, 256, 384, 384, 256)
# 11x11 filters at stride 4 fit 227 pixels exactly; 224 pixels need a border.
PADDING = {224: 2, 227: 0}


class AlexNet(torch.nn.Module):
    """Five conv layers, three fully connected ones; see :func:`alexnet`."""

    def __init__(
        self,
        num_classes: int = 1000,
        towers: int = 1,
        groups: int | None = None,
        input_size: int = 224,
        dropout: float = 0.5,
    ):
        super().__init__()
        groups = towers if groups is None else groups
        layers = _one_tower if towers == 1 else _two_towers
        self.features = Sequential(*layers(PADDING[input_size], groups))
        self.avgpool = AdaptiveAvgPool2d((6, 6))  # changes nothing for the input sizes above
        self.classifier = Sequential(
            Dropout(dropout),
            Linear(256 * 6 * 6, 4096),
            ReLU(),
            Dropout(dropout),
            Linear(4096, 4096),
            ReLU(),
            Linear(4096, num_classes),
        )
        if towers == 2:
            _initialise_as_the_paper(self)
        published = (towers, groups, input_size) == (1, 1, 224)
        self.torchvision_name = "alexnet" if published else None

    def forward(self, input: Tensor) -> Tensor:
        """Scores (N, num_classes) of images (N, 3, 224, 224) or (N, 3, 227, 227)."""
        return self.classifier(self.avgpool(self.features(input)).flatten(1))


def _one_tower(padding: int, groups: int) -> list:
    one, two, three, four, five = ONE_TOWER
    return [
        Conv2d(3, one, 11, stride=4, padding=padding),
        ReLU(),
        MaxPool2d(3, 2),
        Conv2d(one, two, 5, padding=2, groups=groups),
        ReLU(),
        MaxPool2d(3, 2),
        Conv2d(two, three, 3, padding=1),
        ReLU(),
        Conv2d(three, four, 3, padding=1, groups=groups),
        ReLU(),
        Conv2d(four, five, 3, padding=1, groups=groups),
        ReLU(),
        MaxPool2d(3, 2),
    ]


def _two_towers(padding: int, groups: int) -> list:
    one, two, three, four, five = TWO_TOWERS

    def norm():
        # The paper's alpha is for the sum of squares, torch's for their mean: hence times n.
        return LocalResponseNorm(size=5, alpha=5 * 1e-4, beta=0.75, k=2.0)

    return [
        Conv2d(3, one, 11, stride=4, padding=padding),
        ReLU(),
        norm(),
        MaxPool2d(3, 2),
        # Each half of the filters sees the half of the channels on its own GPU, ...
        Conv2d(one, two, 5, padding=2, groups=groups),
        ReLU(),
        norm(),
        MaxPool2d(3, 2),
        # ... only this layer sees all of them.
        Conv2d(two, three, 3, padding=1),
        ReLU(),
        Conv2d(three, four, 3, padding=1, groups=groups),
        ReLU(),
        Conv2d(four, five, 3, padding=1, groups=groups),
        ReLU(),
        MaxPool2d(3, 2),
    ]


def _initialise_as_the_paper(model: AlexNet) -> None:
    """Weights from N(0, 0.01^2); biases 1 where that keeps the first ReLUs awake (section 5)."""
    convs = [layer for layer in model.features if isinstance(layer, Conv2d)]
    linears = [layer for layer in model.classifier if isinstance(layer, Linear)]
    with_ones = [convs[1], convs[3], convs[4], *linears[:-1]]
    for layer in convs + linears:
        torch.nn.init.normal_(layer.weight, std=0.01)
        if layer.bias is not None:
            torch.nn.init.constant_(layer.bias, 1.0 if layer in with_ones else 0.0)


def alexnet(
    num_classes: int = 1000,
    *,
    weights: str | None = None,
    towers: int = 1,
    groups: int | None = None,
    input_size: int | None = None,
    dropout: float = 0.5,
    parts=None,
) -> AlexNet:
    """AlexNet.

    Args:
        num_classes: number of scores.
        weights: None, or ``"imagenet"`` for the weights that torchvision publishes, which are
            downloaded once; the model is then in evaluation mode. See :func:`load_pretrained`.
        towers: 1 is torchvision's network of 64, 192, 384, 256 and 256 filters, 61,100,840
            parameters with 1000 classes. 2 is the paper's, of 96, 256, 384, 384 and 256 filters
            with local response normalisation, cut in halves for two GPUs; 60,965,224.
        groups: into how many groups the second, fourth and fifth conv layers are cut; None means
            ``towers``. The paper's filters without the cut, ``towers=2, groups=1``, have
            62,378,344 parameters.
        input_size: 224 (the first layer pads by 2) or 227 (it does not pad). With both it gives
            55x55 places. None means 224 for one tower and 227 for two. The paper says 224, but
            its numbers need 227.
        dropout: probability of leaving out an input of the first two fully connected layers.
        parts: `utils.mine`, to build it of your own layers; None takes those of `utils.nn`.

    Raises:
        CheckpointError, ChecksumError, DownloadError: as of :func:`load_pretrained`.
        TypeError, ValueError: an argument is not one of these, or nobody publishes such weights.
    """
    check_classes("alexnet", num_classes)
    check_choice("alexnet", "towers", towers, (1, 2))
    input_size = {1: 224, 2: 227}[towers] if input_size is None else input_size
    check_choice("alexnet", "groups", groups, (None, 1, 2))
    check_choice("alexnet", "input_size", input_size, tuple(PADDING))
    model = AlexNet(num_classes, towers, groups, input_size, dropout)
    return of_parts(with_weights(model, weights), parts)
