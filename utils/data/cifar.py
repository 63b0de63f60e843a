"""CIFAR-10, read from its published archive without trusting it."""

import pickle
import tarfile
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from utils._common import files

__all__ = ["CIFAR10_CLASSES", "Cifar10", "cifar10"]

CIFAR10_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
ARCHIVE = "cifar-10-python.tar.gz"
# Published, with its checksum, at https://www.cs.toronto.edu/~kriz/cifar.html
URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
MD5 = "c58f30108f718f92721af3b95e74349a"
FOLDER = "cifar-10-batches-py"
TRAIN = tuple(f"{FOLDER}/data_batch_{number}" for number in range(1, 6))
TEST = (f"{FOLDER}/test_batch",)
PIXELS = 3 * 32 * 32


class Cifar10(NamedTuple):
    """Photographs (n, 3, 32, 32), float32 in [0, 1], and labels (n,), int64: 50,000 and 10,000."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def cifar10(
    folder: str | PathLike | None = None,
    *,
    download: bool = False,
    url: str = URL,
    md5: str | None = MD5,
    progress: bool = True,
) -> Cifar10:
    """60,000 photographs of 32x32 pixels in 10 classes, whose names are in CIFAR10_CLASSES.

    Takes 740 MB of memory, and 170 MB of disk for the archive, which is not unpacked.

    Args:
        folder: where ``cifar-10-python.tar.gz`` lies or is to lie; a folder of the user's cache
            when None.
        download: fetch the archive when it is not there.
        url: where from.
        md5: checksum that the archive must have; None takes any.
        progress: show the download's progress.

    Raises:
        ChecksumError: the archive is not the published one.
        DownloadError: it could not be fetched.
        FileNotFoundError: it is not there, and ``download`` is False.
        ValueError: it does not hold what CIFAR-10's archive holds.

    Source: Krizhevsky (2009), "Learning multiple layers of features from tiny images", section 3.1.
    """
    path = (files.cache_folder() if folder is None else Path(folder)) / ARCHIVE
    if not path.exists():
        if not download:
            raise FileNotFoundError(
                f"CIFAR-10 is not at {path}. Call cifar10(download=True) once, which fetches "
                f"170 MB, or put {url} there by hand"
            )
        files.download(url, path, md5, progress=progress)
    else:
        files.check(path, md5, "md5", "Delete it, and call cifar10(download=True)")
    return _read(path)


def _read(path: Path) -> Cifar10:
    batches: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    try:
        # In the archive's order: going back in a compressed file means to begin anew.
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if not member.isfile() or member.name not in TRAIN + TEST:
                    continue
                if file := archive.extractfile(member):
                    batches[member.name] = _read_batch(file.read(), member.name)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"{path} is no readable tar.gz archive: {error}") from error
    missing = [name for name in TRAIN + TEST if name not in batches]
    if missing:
        raise ValueError(f"{path} is not CIFAR-10's archive: {', '.join(missing)} is missing")
    return Cifar10(*_join(batches, TRAIN), *_join(batches, TEST))


def _join(batches: dict, names: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    total = sum(len(batches[name][1]) for name in names)
    images, labels = torch.empty(total, 3, 32, 32), torch.empty(total, dtype=torch.int64)
    start = 0
    for name in names:
        data, classes = batches.pop(name)  # so that its memory is free for the next
        part = slice(start, start + len(classes))
        images[part] = torch.from_numpy(data).view(-1, 3, 32, 32)
        labels[part] = torch.from_numpy(classes)
        start = part.stop
    return images.div_(255), labels


def _read_batch(content: bytes, name: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        batch = _Unpickler(BytesIO(content), encoding="bytes").load()
        data, labels = batch[b"data"], np.asarray(batch[b"labels"], dtype=np.int64)
    except pickle.UnpicklingError as error:
        raise ValueError(f"{name} was not opened: {error}") from error
    except (AttributeError, EOFError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{name} is not a batch of CIFAR-10: {error!r}") from error
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8:
        raise ValueError(f"{name} must hold uint8 pixels, but holds {type(data).__name__}")
    if data.shape != (len(labels), PIXELS):
        raise ValueError(f"{name} must hold ({len(labels)}, {PIXELS}) pixels, not {data.shape}")
    if labels.size and not 0 <= labels.min() <= labels.max() < len(CIFAR10_CLASSES):
        raise ValueError(f"{name} holds labels from {labels.min()} to {labels.max()}")
    return data, labels


class _Unpickler(pickle.Unpickler):
    """Reads arrays and plain values. Any other pickle could run code, and is refused."""

    # As pickle writes an array: this function, with the names that it had and has in numpy.
    _reconstruct = np.empty(0).__reduce__()[0]
    _allowed = {  # noqa: RUF012 (read only)
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    }

    def find_class(self, module: str, name: str):
        try:
            return self._allowed[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}, which is no part of CIFAR-10"
            ) from None
