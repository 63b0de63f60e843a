"""The networks of the lecture, built from the layers of :mod:`utils.nn`.

Where torchvision has the network, the default has its ``state_dict`` keys and shapes, so that its
published weights load (:func:`load_pretrained`). Where a paper's network differs, a keyword builds
the paper's; each builder says how they differ. With ``parts=mine`` a network is built of the
student's own layers.
"""

from utils.models.alexnet import AlexNet, alexnet
from utils.models.cifar_resnet import CifarResNet, cifar_resnet
from utils.models.efficientnet import EfficientNetLite, efficientnet_lite0
from utils.models.googlenet import GoogLeNet, googlenet
from utils.models.prelu_net import PReLUNet, prelu_net
from utils.models.pretrained import PRETRAINED, load_pretrained
from utils.models.resnet import ResNet, resnet, resnet18
from utils.models.vgg import VGG, vgg

__all__ = [
    "PRETRAINED",
    "VGG",
    "AlexNet",
    "CifarResNet",
    "EfficientNetLite",
    "GoogLeNet",
    "PReLUNet",
    "ResNet",
    "alexnet",
    "cifar_resnet",
    "efficientnet_lite0",
    "googlenet",
    "load_pretrained",
    "prelu_net",
    "resnet",
    "resnet18",
    "vgg",
]
