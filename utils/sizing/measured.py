"""Receptive fields, measured: the pixels that one unit's gradient reaches."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call

from utils._common.seeding import seeded
from utils.sizing.tracing import evaluation_mode, image_shape, layer_names, trace

__all__ = ["MeasuredField", "measured_receptive_field"]


class MeasuredField(NamedTuple):
    """The pixels that one unit sees.

    ``size`` is (height, width) of the smallest box around them and ``first`` its upper left pixel
    (row, column); ``unit`` is the unit's place (row, column) in its layer. ``clipped`` tells that
    the box touches the image's edge, so that a larger image could show more. ``gradient`` (H, W)
    is the mean absolute gradient at each pixel, from 0 to 1.
    """

    size: tuple[int, int]
    first: tuple[int, int]
    unit: tuple[int, int]
    clipped: bool
    gradient: Tensor


def measured_receptive_field(
    model: nn.Module,
    input_shape=(3, 224, 224),
    layer: str | None = None,
    *,
    weights: str = "positive",
    draws: int = 20,
    seed: int = 0,
) -> MeasuredField:
    """Measure what the unit in the middle of a layer sees, by its gradient at each pixel.

    A pixel belongs to the field if the gradient there is not exactly 0 for some random image. With
    the model's own weights a ReLU may hide pixels; by default they are therefore replaced, for the
    time of the measurement, by positive ones, through which every path counts.

    Args:
        model: takes (N, C, H, W).
        input_shape: (channels, height, width); large enough to hold the field.
        layer: name of the layer, as in ``model.named_modules()``; None means the last conv or
            pooling layer.
        weights: ``"positive"``, or ``"own"`` for the gradient of the model as it is, which shows
            the *effective* field.
        draws: how many images are drawn. With ``"positive"``, drawing ends early once four more
            have not widened the box.
        seed: of the images and the positive weights.

    Raises:
        ValueError: the layer is unknown, or its output is not (N, C, H, W); or ``weights`` or
            ``draws`` is not as above.

    Source: Luo et al. (2016), "Understanding the effective receptive field in deep convolutional
    neural networks", arXiv:1701.04128, section 2; Araujo et al. (2019).
    """
    if weights not in ("positive", "own"):
        raise ValueError(f"weights must be 'positive' or 'own', but is {weights!r}")
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise ValueError(f"draws must be an integer of at least 1, but is {draws!r}")
    shape, name = image_shape(input_shape), _layer_name(model, input_shape, layer)
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    dtype = torch.float32 if device.type == "mps" else torch.float64
    total, drawn, still = torch.zeros(shape[1:], dtype=dtype, device=device), 0, 0
    with seeded(seed, device), _exact_zeros(model), evaluation_mode(model):
        state = _state(model, weights, dtype)
        while drawn < draws and still < 4:
            drawn += 1
            image = torch.rand(1, *shape, dtype=dtype, device=device)
            gradient, unit = _gradient(model, state, image, name)
            before = _sides(total)
            total += gradient
            still = still + 1 if weights == "positive" and before == _sides(total) else 0
    return _box(total / drawn, unit)


def _layer_name(model: nn.Module, input_shape, layer: str | None) -> str:
    steps = {step.name: step for step in trace(model, input_shape).steps}
    if layer is None:
        windows = [name for name, step in steps.items() if hasattr(step.layer, "kernel_size")]
        if not windows:
            raise ValueError("the model has no conv or pooling layer to measure")
        layer = windows[-1]
    if layer not in steps:
        raise ValueError(f"no layer is called {layer!r}; the layers are {', '.join(steps)}")
    if steps[layer].output.ndim != 4:
        raise ValueError(
            f"{layer}'s output has shape {tuple(steps[layer].output.shape)}; its units have no "
            "place in the image, they see all of it"
        )
    return layer


@contextmanager
def _exact_zeros(model: nn.Module) -> Iterator[None]:
    """Keep our conv layers from Winograd's method, whose zeros are rounded within a tile."""
    methods: dict[Any, Any] = {
        module: module.method for module in model.modules() if hasattr(module, "method")
    }
    try:
        for module in methods:
            module.method = "im2col"
        yield
    finally:
        for module, method in methods.items():
            module.method = method


def _state(model: nn.Module, weights: str, dtype: torch.dtype) -> dict[str, Tensor]:
    """Parameters and buffers in ``dtype``, filters positive and normalisation without effect."""
    state = {
        name: tensor.detach().to(dtype) if tensor.is_floating_point() else tensor
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]
    }
    if weights == "own":
        return state
    for name, tensor in state.items():
        if tensor.ndim == 4:  # filters: positive, and of sum 1 so that nothing explodes
            drawn = torch.rand_like(tensor) + 0.1
            state[name] = drawn / drawn.sum(dim=(1, 2, 3), keepdim=True)
        elif tensor.is_floating_point():
            neutral = name.endswith(("running_var", "weight"))
            state[name] = torch.ones_like(tensor) if neutral else torch.zeros_like(tensor)
    return state


class _Reached(Exception):
    """Ends the forward pass once the layer has run: later layers are not needed."""


def _gradient(model, state, image: Tensor, name: str) -> tuple[Tensor, tuple[int, int]]:
    """Sum over colours of the absolute gradient of the middle unit's channels, added up."""
    outputs = []

    def stop(module, args, output):
        outputs.append(output)
        raise _Reached

    named = {name: module for module, name in layer_names(model).items()}
    handle = named[name].register_forward_hook(stop)
    image.requires_grad_()
    try:
        with torch.enable_grad():
            functional_call(model, state, (image,))
    except _Reached:
        pass
    finally:
        handle.remove()
    (output,) = outputs
    row, column = output.shape[2] // 2, output.shape[3] // 2
    (gradient,) = torch.autograd.grad(output[:, :, row, column].sum(), image)
    return gradient.abs().sum(dim=(0, 1)), (row, column)


def _sides(gradient: Tensor) -> list[tuple[int, int]]:
    """First row and end of the rows where there is any gradient; the same of the columns."""
    sides = []
    for axis in (1, 0):
        seen = gradient.any(dim=axis).nonzero().flatten().tolist()
        sides.append((seen[0], seen[-1] + 1) if seen else (0, 0))
    return sides


def _box(gradient: Tensor, unit: tuple[int, int]) -> MeasuredField:
    rows, columns = _sides(gradient)
    size = (rows[1] - rows[0], columns[1] - columns[0])
    reach = zip((rows, columns), gradient.shape, strict=True)
    clipped = any(end > 0 and (first == 0 or end == length) for (first, end), length in reach)
    most = gradient.max().clamp(min=torch.finfo(gradient.dtype).tiny)
    return MeasuredField(size, (rows[0], columns[0]), unit, clipped, gradient / most)
