"""Remembers what was computed from a weight, for as long as the weight stays the same."""

import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["forget", "remember"]

# All results together; the oldest are forgotten first.
MOST_BYTES = 256 * 2**20


class Memory(NamedTuple):
    """A result, and what has to be as it was for the result to be used again."""

    weight: weakref.ref
    version: int
    kept: tuple[Tensor, Tensor] | None  # a copy of the weight, and the result; None at first


_memories: OrderedDict[int, Memory] = OrderedDict()


def remember(weight: Tensor, compute: Callable[[Tensor], Tensor]) -> Tensor:
    """Return ``compute(weight)``, from memory if this weight is the same as the last two times.

    A weight that changes each time, as in training, costs no memory: a result is kept from the
    second time on. Torch counts the changes of a tensor, but not those made through ``.data`` or
    NumPy; so the numbers are compared too, which takes far less time than a convolution. What was
    computed from a weight goes when the weight goes.

    Args:
        weight: the tensor; on a CPU, and without autograd watching, or nothing is remembered.
        compute: the function, always the same one; it must depend on the weight alone.
    """
    watched = weight.requires_grad and torch.is_grad_enabled()
    if watched or weight.device.type != "cpu" or weight.is_inference():
        return compute(weight)
    key = id(weight)
    memory = _memories.get(key)
    if memory and (memory.weight() is not weight or memory.version != weight._version):
        memory = None
    if memory and memory.kept and torch.equal(memory.kept[0], weight):
        _memories.move_to_end(key)
        return memory.kept[1]
    result = compute(weight)
    kept = (weight.detach().clone(), result.detach()) if memory else None
    # Another tensor may get the same id later: its memory must not go with this weight.
    reference = weakref.ref(weight, lambda gone: _drop(key, gone))
    _memories[key] = Memory(reference, weight._version, kept)
    _memories.move_to_end(key)
    _make_room()
    return result


def forget() -> None:
    """Forget everything."""
    _memories.clear()


def _drop(key: int, gone: weakref.ref) -> None:
    if key in _memories and _memories[key].weight is gone:
        del _memories[key]


def _make_room() -> None:
    def size(memory: Memory) -> int:
        return sum(tensor.nbytes for tensor in memory.kept or ())

    total = sum(map(size, _memories.values()))
    while total > MOST_BYTES:
        total -= size(_memories.popitem(last=False)[1])
