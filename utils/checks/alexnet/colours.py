"""Lesson 4: the colour shift by principal components."""

import torch

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit


def _case(images, alpha):
    return Case(
        {
            "images": images,
            "eigenvalues": torch.tensor([4.0, 2, 1]),
            # Of no symmetry; whole, to be readable.
            "eigenvectors": torch.tensor([[1.0, 2, 0], [0, 1, 3], [2, 0, 1]]),
            "alpha": alpha,
        }
    )


_first = _case(torch.zeros(1, 3, 1, 1), torch.tensor([[1.0, 0, 0]]))
_cases = [
    _case(whole_numbers(images, 3, *size, seed=seed), whole_numbers(images, 3, seed=seed + 50))
    for seed, (images, *size) in enumerate([(1, 1, 1), (2, 1, 1), (1, 2, 2), (3, 2, 3)])
]


def _shifted(images, eigenvalues, eigenvectors, alpha):
    return images + ((alpha * eigenvalues) @ eigenvectors.T)[:, :, None, None]


shift_colours = Exercise(
    "shift-colours",
    reference=_shifted,
    cases=[_first, *_cases, *in_double(_cases[-2:])],
    traits=(
        Trait("several images", "one image", lambda c: len(c.arguments["images"]) > 1),
        Trait("several pixels", "one pixel", lambda c: c.arguments["images"][0, 0].numel() > 1),
    ),
    forbidden=("utils.data",),
    instead="Three numbers for each image: how far to go along each principal direction.",
    every_device=True,
    part="shift_colours",
)

shift_colours.mistake(
    "the eigenvectors are taken to be the rows",
    "`torch.linalg.eigh` puts them into the columns: column i belongs to eigenvalue i.",
    edit("eigenvectors.T", "eigenvectors"),
)
shift_colours.mistake(
    "the eigenvalues are left out",
    "Along a direction in which colours vary much, the shift is large: multiply by its eigenvalue.",
    edit(" * eigenvalues"),
)
shift_colours.mistake(
    "the square roots of the eigenvalues are taken",
    "That would be a sound choice, but the paper multiplies by the eigenvalues themselves.",
    edit("* eigenvalues", "* eigenvalues.sqrt()"),
)
shift_colours.mistake(
    "all images get the first image's shift",
    "alpha has a row for each image.",
    edit("(alpha", "(alpha[:1]"),
)
shift_colours.mistake(
    "the shift multiplies the image",
    "It is *added*: the same colour to every pixel.",
    edit("images +", "images *"),
)
shift_colours.mistake(
    "the shift is not turned back into colours",
    "alpha * eigenvalues says how far along each *direction*; the eigenvectors turn this into red, "
    "green and blue.",
    edit(" @ eigenvectors.T"),
)
shift_colours.mistake(
    "the shift is subtracted",
    "It is added. (As alpha is drawn symmetrically, training would not notice; a test does.)",
    edit("images +", "images -"),
)
