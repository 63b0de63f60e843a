"""Real data that ships in packages, so that the course needs no download."""

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

__all__ = ["Digits", "digits", "hopper"]


class Digits(NamedTuple):
    """Handwritten digits: images (n, 1, 8, 8), float32 in [0, 1], and labels (n,), int64."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return bunch.images, bunch.target


def digits(test_size: int = 360, seed: int = 0) -> Digits:
    """1797 handwritten digits of 43 people, 8x8 pixels, shuffled and split.

    Args:
        test_size: how many are kept for testing.
        seed: of the shuffle.

    Raises:
        ValueError: ``test_size`` leaves nothing to train or to test with.

    Source: Alpaydin & Kaynak (1998), "Optical recognition of handwritten digits", UCI Machine
    Learning Repository, doi:10.24432/C50P49; the copy that ships with scikit-learn.
    """
    images, labels = _digits()
    if not 0 < test_size < len(images):
        raise ValueError(f"test_size must be from 1 to {len(images) - 1}, but is {test_size}")
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    inputs = torch.tensor(images, dtype=torch.float32).unsqueeze(1)[order] / 16
    targets = torch.tensor(labels, dtype=torch.int64)[order]
    return Digits(inputs[test_size:], targets[test_size:], inputs[:test_size], targets[:test_size])


def hopper() -> Tensor:
    """Portrait of Grace Hopper, (3, 600, 512), red, green and blue, float32 in [0, 1].

    Source: US Navy photograph, in the public domain; the copy that ships with matplotlib.
    """
    from matplotlib import cbook, image

    path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    pixels = image.imread(path)
    return torch.tensor(np.asarray(pixels), dtype=torch.float32).permute(2, 0, 1) / 255
