"""Images to learn from: real ones that ship, drawn shapes, CIFAR-10; and their augmentation."""

from utils.data.augment import (
    Augment,
    PrincipalColours,
    colour_shift,
    principal_colours,
    random_crop,
    random_horizontal_flip,
)
from utils.data.cifar import CIFAR10_CLASSES, Cifar10, cifar10
from utils.data.generated import SHAPES, Shapes, shapes
from utils.data.shipped import Digits, digits, hopper

__all__ = [
    "CIFAR10_CLASSES",
    "SHAPES",
    "Augment",
    "Cifar10",
    "Digits",
    "PrincipalColours",
    "Shapes",
    "cifar10",
    "colour_shift",
    "digits",
    "hopper",
    "principal_colours",
    "random_crop",
    "random_horizontal_flip",
    "shapes",
]
