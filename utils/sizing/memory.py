"""How much memory a model takes, in training and in inference."""

from typing import NamedTuple

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from utils._common.printing import as_printed
from utils.sizing.tracing import evaluation_mode, image_shape, on_meta, trace

__all__ = ["MemoryBudget", "memory_budget"]


class MemoryBudget(NamedTuple):
    """Bytes that a model takes; prints as a table.

    ``parameters`` and ``buffers`` (running statistics) are there always; ``gradients``,
    ``optimizer`` (a velocity for each parameter, say) and ``saved`` (activations that the backward
    pass needs, and the images) in training; ``live`` (the most activations that are there at once,
    and the images) in inference. What a layer needs for a moment while it computes comes on top.
    """

    batch_size: int
    parameters: int
    buffers: int
    gradients: int
    optimizer: int
    saved: int
    live: int

    @property
    def training(self) -> int:
        """Bytes while training, all together."""
        return self.parameters + self.buffers + self.gradients + self.optimizer + self.saved

    @property
    def inference(self) -> int:
        """Bytes while predicting, all together."""
        return self.parameters + self.buffers + self.live

    def __str__(self) -> str:
        shown = [
            ("", "training", "inference"),
            ("parameters", self.parameters, self.parameters),
            ("buffers", self.buffers, self.buffers),
            ("gradients", self.gradients, 0),
            ("optimizer", self.optimizer, 0),
            (f"activations, batch of {self.batch_size}", self.saved, self.live),
            ("total", self.training, self.inference),
        ]
        width = max(len(name) for name, *_ in shown)
        lines = [
            f"{name:{width}} {_mebibytes(training):>14} {_mebibytes(inference):>14}"
            for name, training, inference in shown
        ]
        return "\n".join(lines)

    def _repr_pretty_(self, printer, cycle: bool) -> None:
        as_printed(self, printer, cycle)


def _mebibytes(value) -> str:
    return value if isinstance(value, str) else f"{value / 2**20:,.1f} MiB"


def memory_budget(
    model: nn.Module, input_shape=(3, 224, 224), batch_size: int = 1, *, velocities: int = 1
) -> MemoryBudget:
    """Add up what a model takes in memory, in training and in inference.

    Nothing is estimated: the model runs on tensors without numbers, and what autograd keeps for the
    backward pass, and what is alive at once without it, is counted.

    Args:
        model: takes (N, C, H, W).
        input_shape: (channels, height, width) of one image.
        batch_size: images at a time.
        velocities: numbers that the optimiser keeps for each parameter: 0 for plain gradient
            descent, 1 with momentum, 2 for Adam.

    Raises:
        ValueError: the model does not run on such images, or an argument is out of range.
    """
    for name, value, least in (("batch_size", batch_size, 1), ("velocities", velocities, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{name} must be an integer of at least {least}, but is {value!r}")
    parameters = sum(p.numel() * p.element_size() for p in model.parameters())
    trained = sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)
    buffers = sum(b.numel() * b.element_size() for b in model.buffers())
    return MemoryBudget(
        batch_size,
        parameters,
        buffers,
        gradients=trained,
        optimizer=velocities * trained,
        saved=_saved_bytes(model, input_shape, batch_size),
        live=trace(model, input_shape, batch_size).peak,
    )


def _saved_bytes(model: nn.Module, input_shape, batch_size: int) -> int:
    dtype = next((p.dtype for p in model.parameters() if p.is_floating_point()), None)
    images = torch.empty(batch_size, *image_shape(input_shape), dtype=dtype, device="meta")
    kept = {images.untyped_storage()._cdata: images}

    def keep(tensor):
        if not isinstance(tensor, nn.Parameter) and not (tensor.is_leaf and tensor.requires_grad):
            kept[tensor.untyped_storage()._cdata] = tensor
        return tensor

    with evaluation_mode(model, training=True), saved_tensors_hooks(keep, lambda tensor: tensor):
        on_meta(model, images, requires_grad=True)
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
