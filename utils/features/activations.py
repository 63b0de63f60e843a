"""What layers give for an image."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import overload

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from utils.functional.arguments import slices
from utils.sizing.tracing import evaluation_mode

__all__ = ["activations"]


@overload
def activations(
    model: nn.Module, images: Tensor, layers: str, *, batch_size: int = ..., progress: bool = ...
) -> Tensor: ...
@overload
def activations(
    model: nn.Module,
    images: Tensor,
    layers: list[str] | tuple[str, ...],
    *,
    batch_size: int = ...,
    progress: bool = ...,
) -> dict[str, Tensor]: ...
def activations(
    model: nn.Module,
    images: Tensor,
    layers: str | Iterable[str],
    *,
    batch_size: int = 16,
    progress: bool = True,
) -> Tensor | dict[str, Tensor]:
    """What some layers of a model give for some images.

    Args:
        model: takes (N, C, H, W).
        images: (N, C, H, W), or (C, H, W) for one image, as the model wants them.
        layers: a name, as in ``model.named_modules()``, or several. A name may also be that of a
            block of layers.
        batch_size: images at a time.
        progress: show a progress bar if it takes more than two seconds.

    Returns:
        The layer's output, (N, ...), or without N for one image; of several layers a dictionary. A
        layer that runs more than once gives its last output.

    Raises:
        TypeError: a layer gives something else than a tensor.
        ValueError: no layer has that name, it does not run, or the images have another shape.

    Source of looking into networks by their activations: Zeiler & Fergus (2014), "Visualizing and
    understanding convolutional networks", arXiv:1311.2901.
    """
    names = [layers] if isinstance(layers, str) else list(layers)
    parts: dict[str, list[Tensor]] = {name: [] for name in names}
    batch = as_batch(model, images)
    with evaluation_mode(model), torch.no_grad():
        for some in batches(len(batch), batch_size, "images", progress):
            with watched(model, names) as outputs:
                model(batch[some])
            for name in names:
                parts[name].append(output_of(outputs, name))
    found = {name: torch.cat(tensors) for name, tensors in parts.items()}
    if images.ndim == 3:
        found = {name: tensor[0] for name, tensor in found.items()}
    return found[layers] if isinstance(layers, str) else found


def as_batch(model: nn.Module, images: Tensor) -> Tensor:
    """The images as (N, C, H, W), where the model is."""
    if not isinstance(images, Tensor) or images.ndim not in (3, 4) or 0 in images.shape:
        shape = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        raise ValueError(
            f"images must be a tensor (N, C, H, W), or (C, H, W) for one image, but is {shape}"
        )
    own = next(model.parameters(), images)
    batch = images if images.ndim == 4 else images.unsqueeze(0)
    return batch.detach().to(own.device, own.dtype)


def batches(total: int, batch_size: int, what: str, progress: bool) -> Iterator[slice]:
    """``range(total)`` in slices, with a bar if it takes more than two seconds."""
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size must be an integer of at least 1, but is {batch_size!r}")
    with tqdm(total=total, unit=f" {what}", delay=2, leave=False, disable=not progress) as bar:
        for some in slices(total, batch_size):
            yield some
            bar.update(some.stop - some.start)


def find_layer(model: nn.Module, name: str) -> nn.Module:
    """The module of a name, or a ValueError that says which names are like it."""
    known = dict(model.named_modules())
    if name not in known or name == "":
        near = get_close_matches(str(name), known, n=5, cutoff=0.3) or list(known)[1:6]
        raise ValueError(
            f"no layer is called {name!r}; model.named_modules() lists all, such as "
            f"{', '.join(near)}"
        )
    return known[name]


@contextmanager
def watched(model: nn.Module, names: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """Fill a dictionary with the last output of each of these layers, while the model runs."""
    outputs = {}

    def keeper(name):
        def keep(layer, args, output):
            # A copy: a following layer may overwrite it in place.
            outputs[name] = output.clone() if isinstance(output, Tensor) else output

        return keep

    handles = [find_layer(model, name).register_forward_hook(keeper(name)) for name in names]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()


def output_of(outputs: dict, name: str) -> Tensor:
    """What a layer gave, or why there is none."""
    if name not in outputs:
        raise ValueError(f"{name} did not run: the model does not use it in evaluation mode")
    if not isinstance(outputs[name], Tensor):
        raise TypeError(f"{name} gives no tensor, but {type(outputs[name]).__name__}")
    return outputs[name]
