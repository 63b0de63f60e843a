"""Lesson 4: crops at given places, some of them mirrored."""

import torch

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit


def _cropped(images, top, left, mirrored, size):
    crops = []
    for image, i, j, flip in zip(images, top, left, mirrored, strict=True):
        crop = image[:, i : i + size, j : j + size]
        crops.append(crop.flip(2) if flip else crop)
    return torch.stack(crops)


def _case(seed, shape, top, left, mirrored, size):
    places = {"top": top, "left": left, "mirrored": mirrored, "size": size}
    return Case({"images": whole_numbers(*shape, seed=seed)} | places)


_cases = [
    _case(0, (1, 1, 1, 3), [0], [1], [False], 1),
    _case(1, (1, 1, 2, 3), [0], [1], [True], 2),
    _case(2, (1, 1, 4, 5), [1], [0], [False], 2),
    _case(3, (2, 1, 3, 4), [0, 1], [2, 0], [False, True], 2),
    _case(4, (2, 3, 5, 4), [2, 0], [1, 0], [True, True], 3),
    _case(5, (3, 3, 6, 7), [0, 3, 1], [4, 0, 2], [False, True, False], 3),
    _case(6, (4, 2, 5, 6), [1, 0, 2, 0], [0, 3, 1, 2], [True, False, False, True], 3),
]

crop_and_mirror = Exercise(
    "crop-and-mirror",
    reference=_cropped,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        Trait("several images", "one image", lambda c: len(c.arguments["images"]) > 1),
        Trait("mirrored crops", "no mirrored crop", lambda c: any(c.arguments["mirrored"])),
        Trait("several channels", "one channel", lambda c: c.arguments["images"].shape[1] > 1),
    ),
    forbidden=("utils.data",),
    instead="Cut each crop out by slices, turn it round if it is to be mirrored, and stack them.",
    every_device=True,
    part="crop_and_mirror",
)

crop_and_mirror.mistake(
    "the crops stand on their heads",
    "Mirrored means left against right: which axis counts the columns?",
    edit("crop.flip(2)", "crop.flip(1)"),
)
crop_and_mirror.mistake(
    "the channels are turned round",
    "Red becomes blue so. Which axis counts the columns?",
    edit("crop.flip(2)", "crop.flip(0)"),
)
crop_and_mirror.mistake(
    "the crops are turned by half a turn",
    "Mirror left against right only.",
    edit("crop.flip(2)", "crop.flip((1, 2))"),
)
crop_and_mirror.mistake(
    "the image is mirrored before it is cropped",
    "Then the window stands over another part of it. Crop first.",
    edit(
        "crop = image[:, i : i + size, j : j + size]",
        "crop = (image.flip(2) if flip else image)[:, i : i + size, j : j + size]",
    ),
    edit("crop.flip(2) if flip else crop", "crop"),
)
crop_and_mirror.mistake(
    "top and left are swapped",
    "`top` counts rows, the second axis of an image (C, H, W); `left` counts columns.",
    edit("i : i + size, j : j + size", "j : j + size, i : i + size"),
)
crop_and_mirror.mistake(
    "all crops stand where the first one stands",
    "There is a place for each image.",
    edit("crop = image", "i, j = top[0], left[0]\n        crop = image"),
)
crop_and_mirror.mistake(
    "nothing is mirrored",
    "Where `mirrored` is True, turn the columns round.",
    edit("crop.flip(2) if flip else crop", "crop"),
)
crop_and_mirror.mistake(
    "everything is mirrored",
    "Only where `mirrored` is True.",
    edit("crop.flip(2) if flip else crop", "crop.flip(2)"),
)
crop_and_mirror.mistake(
    "the wrong ones are mirrored",
    "Where `mirrored` is True, turn the columns round; else leave the crop as it is.",
    edit("crop.flip(2) if flip else crop", "crop if flip else crop.flip(2)"),
)
