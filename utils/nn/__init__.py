"""The layers of :mod:`utils.functional` as modules, so that autograd and optimisers work on them.

Names, arguments, ``state_dict`` keys and initial values are those of ``torch.nn``; containers
(``Module``, ``Sequential``, ...) are torch's own. No gradient is taken by torch: each module hands
autograd the explicit backward of its layer.
"""

from utils.nn.activations import PReLU, ReLU, ReLU6, Tanh
from utils.nn.conv import Conv2d, DepthwiseConv2d
from utils.nn.fully_connected import Flatten, Linear
from utils.nn.inverted_residual import InvertedResidual
from utils.nn.losses import CrossEntropyLoss
from utils.nn.normalization import BatchNorm2d, LocalResponseNorm
from utils.nn.padding import ZeroPad2d
from utils.nn.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from utils.nn.regularization import Dropout

__all__ = [
    "AdaptiveAvgPool2d",
    "AvgPool2d",
    "BatchNorm2d",
    "Conv2d",
    "CrossEntropyLoss",
    "DepthwiseConv2d",
    "Dropout",
    "Flatten",
    "InvertedResidual",
    "Linear",
    "LocalResponseNorm",
    "MaxPool2d",
    "PReLU",
    "ReLU",
    "ReLU6",
    "Tanh",
    "ZeroPad2d",
]
