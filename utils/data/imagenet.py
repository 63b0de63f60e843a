"""ImageNet's thousand classes, and images as the networks want them that were trained on it."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

__all__ = ["imagenet_classes", "imagenet_input", "imagenet_picture", "torchvision_input"]

CLASSES = Path(__file__).parent / "imagenet_classes.txt"
# EfficientNet-Lite takes pixels from -0.99 to 1. Source: the TPU repository's efficientnet/lite.
MEAN, SCALE = 127, 128
# What torchvision's networks take. Source: torchvision 0.29, transforms/_presets.py.
COLOUR_MEAN, COLOUR_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# A strip longer than this is cut before it is resized; the centre crop takes no more of it.
LONGEST_SHAPE = 4


@cache
def imagenet_classes() -> tuple[str, ...]:
    """Names of the thousand classes of ImageNet's contest, in the order of the scores.

    Source: the words of the synsets in WordNet 3.0 (Princeton University), of which each class has
    the first; Russakovsky et al. (2015), "ImageNet Large Scale Visual Recognition Challenge",
    arXiv:1409.0575. Where two classes begin with the same word, another word is taken,
    or what it means is added.
    """
    lines = CLASSES.read_text("utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))


def imagenet_input(image: Tensor, *, size: int = 224, short_side: int = 256) -> Tensor:
    """Prepare a photograph for EfficientNet-Lite0.

    The short side is resized to 256 pixels (bicubic), the middle 224x224 are cut out, and each
    pixel, from 0 to 255, becomes ``(pixel - 127) / 128``.

    Args:
        image: (3, H, W), in [0, 1].
        size: height and width of what is cut out, in pixels.
        short_side: to which it is resized before, in pixels; at least ``size``.

    Returns:
        (3, size, size), float32, on the image's device; stack several to a batch with
        ``torch.stack``.

    Raises:
        ValueError: the image is not (3, H, W), or ``short_side`` is below ``size``.
    """
    from PIL import Image

    if image.ndim != 3 or len(image) != 3 or 0 in image.shape:
        raise ValueError(f"the image must be (3, H, W), but has shape {tuple(image.shape)}")
    if not 1 <= size <= short_side:
        raise ValueError(f"size must be from 1 to short_side={short_side}, but is {size}")
    levels = (image.detach().clamp(0, 1) * 255).round().to("cpu", torch.uint8)
    least = min(levels.shape[1:])
    pixels = _centre(levels.permute(1, 2, 0).numpy(), LONGEST_SHAPE * least)
    height, width = (round(side * short_side / least) for side in pixels.shape[:2])
    resized = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    cut = torch.tensor(_centre(np.asarray(resized), size)).permute(2, 0, 1)
    return ((cut.float() - MEAN) / SCALE).to(image.device)


def torchvision_input(image: Tensor, *, size: int = 224, short_side: int = 256) -> Tensor:
    """Prepare a photograph for a network with the weights that torchvision publishes.

    As :func:`imagenet_input`, but then red, green and blue from 0 to 1, less (0.485, 0.456, 0.406),
    divided by (0.229, 0.224, 0.225). (torchvision itself resizes by bilinear interpolation.)

    Arguments, result and errors are those of :func:`imagenet_input`.
    """
    picture = imagenet_picture(imagenet_input(image, size=size, short_side=short_side))
    mean, std = (picture.new_tensor(x).view(3, 1, 1) for x in (COLOUR_MEAN, COLOUR_STD))
    return (picture - mean) / std


def imagenet_picture(input: Tensor) -> Tensor:
    """What :func:`imagenet_input` made, as a picture again: (..., 3, H, W), in [0, 1]."""
    return ((input * SCALE + MEAN) / 255).clamp(0, 1)


def _centre(pixels: np.ndarray, most: int) -> np.ndarray:
    """The middle of (H, W, 3), at most so many rows and columns."""
    top, left = (max(0, side - most) // 2 for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + most, left : left + most])
