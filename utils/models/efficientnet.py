"""EfficientNet-Lite0: a small network, trained on ImageNet, that names photographs on a laptop.

EfficientNet is a stack of inverted residual blocks, whose depth, width and image size grow
together. The Lite variant is made for small devices: ReLU6 in the place of swish, no
squeeze-and-excitation, and first and last layers that do not grow.

Source: Tan & Le (2019), "EfficientNet: Rethinking model scaling for convolutional neural networks",
arXiv:1905.11946, table 1; Liu (2020), "Higher accuracy on vision models with EfficientNet-Lite",
blog.tensorflow.org; the settings of github.com/tensorflow/tpu, models/official/efficientnet/lite.
"""

import math

import torch
from torch import Tensor
from torch.nn import Sequential

from utils.models.arguments import check_choice, check_classes
from utils.models.efficientnet_weights import load_imagenet
from utils.models.parts import of_parts
from utils.nn import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    InvertedResidual,
    Linear,
    ReLU6,
    ZeroPad2d,
)
from utils.nn.inverted_residual import same_padding

__all__ = ["CONFIGURATION", "EfficientNetLite", "efficientnet_lite0"]

# Table 1, stages 2 to 8: expansion, kernel size, stride, filters, number of blocks.
CONFIGURATION = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
STEM_FILTERS, HEAD_FILTERS = 32, 1280
# TensorFlow counts what is kept of the running statistics, 0.99; torch what is new.
EPS, MOMENTUM = 1e-3, 0.01


class EfficientNetLite(torch.nn.Module):
    """A 3x3 conv layer, seven stages, a 1x1 conv layer, global average pooling, a linear layer.

    See :func:`efficientnet_lite0`.
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.2):
        super().__init__()
        self.pad = ZeroPad2d(same_padding(3, 2))
        self.stem = Conv2d(3, STEM_FILTERS, 3, stride=2, bias=False)
        self.bn1 = BatchNorm2d(STEM_FILTERS, EPS, MOMENTUM)
        self.relu1 = ReLU6()
        channels = STEM_FILTERS
        for number, (expansion, size, stride, filters, count) in enumerate(CONFIGURATION, start=1):
            stage = Sequential()
            for place in range(count):
                step = stride if place == 0 else 1
                block = InvertedResidual(
                    channels, filters, size, step, expansion, eps=EPS, momentum=MOMENTUM
                )
                stage.append(block)
                channels = filters
            self.add_module(f"stage{number}", stage)
        self.head = Conv2d(channels, HEAD_FILTERS, 1, bias=False)
        self.bn2 = BatchNorm2d(HEAD_FILTERS, EPS, MOMENTUM)
        self.relu2 = ReLU6()
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.dropout = Dropout(dropout)
        self.fc = Linear(HEAD_FILTERS, num_classes)
        _initialise(self)

    def forward(self, input: Tensor) -> Tensor:
        """Scores (N, num_classes) of images (N, 3, H, W); made for 224x224.

        Other sides should be multiples of 32: at odd sides TensorFlow would pad otherwise.
        """
        if not self.training:  # with a pixel's channels side by side depthwise layers are faster
            input = input.contiguous(memory_format=torch.channels_last)
        output = self.relu1(self.bn1(self.stem(self.pad(input))))
        for number in range(1, len(CONFIGURATION) + 1):
            output = self.get_submodule(f"stage{number}")(output)
        output = self.relu2(self.bn2(self.head(output)))
        return self.fc(self.dropout(self.avgpool(output).flatten(1)))


def _initialise(model: EfficientNetLite) -> None:
    """Conv layers by He et al. (2015) for what leaves a layer, the last layer uniform, bias 0."""
    for layer in model.modules():
        if isinstance(layer, Conv2d):
            fan_out = layer.weight[0, 0].numel() * layer.out_channels // layer.groups
            torch.nn.init.normal_(layer.weight, std=math.sqrt(2 / fan_out))
    bound = 1 / math.sqrt(model.fc.out_features)
    torch.nn.init.uniform_(model.fc.weight, -bound, bound)
    if model.fc.bias is not None:
        torch.nn.init.zeros_(model.fc.bias)


def efficientnet_lite0(
    weights: str | None = None, num_classes: int = 1000, *, dropout: float = 0.2, parts=None
) -> EfficientNetLite:
    """EfficientNet-Lite0: 4,652,008 parameters, 75.1 % of ImageNet's validation images right.

    Images are prepared by :func:`utils.data.imagenet_input`; the classes' names are
    :func:`utils.data.imagenet_classes`. In training the original also leaves whole blocks out at
    random (stochastic depth), which this one does not.

    Args:
        weights: None, or ``"imagenet"`` for the published weights, which come with the course's
            packages; the model is then in evaluation mode.
        num_classes: number of scores. For a task of one's own with the published weights, put a
            new layer in the place of ``model.fc``.
        dropout: probability of leaving out an input of the last layer.
        parts: `utils.mine`, to build it of your own layers; None takes those of `utils.nn`.

    Raises:
        CheckpointError, ChecksumError: the file of the weights is not the published one.
        ModuleNotFoundError: the package with the weights is not installed.
        TypeError, ValueError: an argument is not one of these.
    """
    check_choice("efficientnet_lite0", "weights", weights, (None, "imagenet"))
    check_classes("efficientnet_lite0", num_classes)
    if weights is None:
        return of_parts(EfficientNetLite(num_classes, dropout), parts)
    if num_classes != 1000:
        raise ValueError(
            "efficientnet_lite0: ImageNet's weights are for 1000 classes, but num_classes is "
            f"{num_classes}; load them with 1000, then set "
            f"model.fc = utils.nn.Linear({HEAD_FILTERS}, {num_classes})"
        )
    return of_parts(load_imagenet(EfficientNetLite(dropout=dropout)).eval(), parts)
