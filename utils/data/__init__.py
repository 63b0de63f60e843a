"""Images: photographs, digits, drawn shapes, CIFAR-10; their augmentation; ImageNet's classes."""

from utils.data.augment import (
    Augment,
    PrincipalColours,
    colour_shift,
    principal_colours,
    random_crop,
    random_horizontal_flip,
)
from utils.data.cifar import CIFAR10_CLASSES, Cifar10, cifar10
from utils.data.gallery import Photograph, photographs
from utils.data.generated import SHAPES, Shapes, shapes
from utils.data.imagenet import (
    imagenet_classes,
    imagenet_input,
    imagenet_picture,
    torchvision_input,
)
from utils.data.pictures import PhotographError, photograph
from utils.data.shipped import Digits, digits, hopper

__all__ = [
    "CIFAR10_CLASSES",
    "SHAPES",
    "Augment",
    "Cifar10",
    "Digits",
    "Photograph",
    "PhotographError",
    "PrincipalColours",
    "Shapes",
    "cifar10",
    "colour_shift",
    "digits",
    "hopper",
    "imagenet_classes",
    "imagenet_input",
    "imagenet_picture",
    "photograph",
    "photographs",
    "principal_colours",
    "random_crop",
    "random_horizontal_flip",
    "shapes",
    "torchvision_input",
]
