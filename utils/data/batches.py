"""Data for training, in batches: from two tensors, or from a DataLoader."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Generator, Tensor
from torch.utils.data import Dataset

__all__ = ["BatchSource", "Batches"]

Batches = tuple[Tensor, Tensor] | Iterable[tuple[Tensor, Tensor]]


class BatchSource:
    """Gives (inputs, targets) batch by batch, as often as asked.

    Args:
        data: (inputs, targets), two tensors with N first, or a collection of such pairs, one a
            batch, that can be gone through repeatedly and has a length.
        batch_size: how many at a time, of tensors; the last batch may be smaller.
        name: what error messages call it.

    Raises:
        TypeError: ``data`` is something else.
        ValueError: it is empty, the tensors differ in length, or ``batch_size`` is below 1.
    """

    def __init__(self, data: Batches, batch_size: int, name: str):
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"batch_size must be a whole number, at least 1, not {batch_size!r}")
        self.batch_size = batch_size
        self.tensors: tuple[Tensor, Tensor] | None
        self.loader: Any
        if isinstance(data, tuple | list) and len(data) == 2 and isinstance(data[0], Tensor):
            _check_tensors(data[0], data[1], name)
            self.tensors, self.loader = (data[0], data[1]), None
        else:
            _check_loader(data, name)
            self.tensors, self.loader = None, data
        if len(self) == 0:
            raise ValueError(f"{name} holds no data")

    def __len__(self) -> int:
        """How many batches."""
        if self.tensors is None:
            return len(self.loader)
        return -(-len(self.tensors[0]) // self.batch_size)

    @property
    def generator(self) -> Generator | None:
        """The loader's own source of random numbers, if it has one."""
        return getattr(self.loader, "generator", None)

    def describe(self) -> dict[str, int | list[int]]:
        """What a checkpoint remembers of the data."""
        if self.tensors is None:
            return {"batches": len(self)}
        return {"inputs": list(self.tensors[0].shape), "batch_size": self.batch_size}

    def batches(self, generator: Generator | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Go through the data once.

        Args:
            generator: of the order, drawn anew each time; None keeps it. A loader has its own.
        """
        if self.tensors is None:
            yield from self.loader
            return
        inputs, targets = self.tensors
        n = len(inputs)
        order = None if generator is None else torch.randperm(n, generator=generator)
        for start in range(0, n, self.batch_size):
            part = slice(start, start + self.batch_size)
            if order is None:
                yield inputs[part], targets[part]
            else:
                chosen = order[part]
                yield inputs[chosen.to(inputs.device)], targets[chosen.to(targets.device)]


def _check_tensors(inputs: Tensor, targets: Tensor, name: str) -> None:
    if not isinstance(targets, Tensor):
        raise TypeError(
            f"{name}: the targets must be a tensor as the inputs are, "
            f"but are {type(targets).__name__}"
        )
    if inputs.ndim == 0 or targets.ndim == 0 or len(inputs) != len(targets):
        raise ValueError(
            f"{name} must hold one target for each input, but the inputs have shape "
            f"{tuple(inputs.shape)} and the targets {tuple(targets.shape)}"
        )
    if not inputs.is_floating_point():
        raise TypeError(
            f"{name}: the inputs must be floats, but are {inputs.dtype}: "
            "for pixels from 0 to 255, use images.float() / 255"
        )


def _check_loader(data: object, name: str) -> None:
    advice = f"{name} must be a pair of tensors (inputs, targets) or a DataLoader"
    if isinstance(data, Dataset):
        raise TypeError(f"{advice}, but is a Dataset: wrap it, DataLoader(dataset, batch_size=64)")
    if isinstance(data, Tensor) or not hasattr(data, "__iter__") or not hasattr(data, "__len__"):
        raise TypeError(f"{advice}, but is {type(data).__name__}")
    if isinstance(data, tuple) and data and isinstance(data[0], Tensor):
        raise TypeError(f"{advice}, but is a tuple of {len(data)}")
