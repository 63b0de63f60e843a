"""Norms layer by layer: of the signal in the forward pass, of the gradient in the backward pass."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from utils._common.seeding import kept_random_state

__all__ = ["gradient_norms", "signal_norms"]

Norms = dict[str, float]
Layers = type[nn.Module] | tuple[type[nn.Module], ...] | None


def gradient_norms(
    model: nn.Module,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    input: Tensor,
    target: Tensor,
    *,
    of: str = "parameters",
    layers: Layers = None,
    rms: bool = False,
) -> Norms:
    """Norm of the loss's gradient at each layer, in the order in which the layers run.

    The model stays as it was: its ``.grad``, running statistics, mode and hooks, and torch's
    random numbers. It runs in the mode it is in; use ``model.train()`` to see what training sees.

    Args:
        model: any; a layer is a module that holds no other module.
        loss_fn: ``loss_fn(model(input), target)`` returns one number.
        input: what the model takes, on its device.
        target: what ``loss_fn`` takes.
        of: ``"parameters"``: gradient by the layer's weights and biases together, for layers that
            have some that are trained; ``"outputs"``: gradient by the layer's output, for all.
        layers: only modules of these types, such as ``torch.nn.Conv2d``.
        rms: root of the mean square instead of the root of the sum of squares, so that layers of
            different sizes compare.

    Returns:
        Name of the layer, as in ``model.named_modules()``, to norm. A layer that runs again
        appears in ``"outputs"`` once for each time: ``relu``, ``relu#2``, ... 0 where the loss
        does not depend on a layer; NaN and infinity are shown as they are.

    Raises:
        TypeError: the loss is not a tensor.
        ValueError: ``of`` is unknown, the loss is not one number, or no layer qualifies.

    Source: He et al. (2016), "Deep residual learning for image recognition", section 4.1 (whether
    plain networks suffer from vanishing gradients); Glorot & Bengio (2010), "Understanding the
    difficulty of training deep feedforward neural networks", section 4.2.
    """
    if of not in ("parameters", "outputs"):
        raise ValueError(f"of must be 'parameters' or 'outputs', but is {of!r}")
    gradients: dict[str, Tensor | None] = {}
    order: dict[str, nn.Module] = {}
    handles = []

    def watch(name: str, layer: nn.Module, output: Tensor) -> None:
        order.setdefault(name.partition("#")[0], layer)
        if of == "outputs" and output.requires_grad:
            gradients[name] = None
            # On the tensor at once: a following ReLU may overwrite it in place.
            handles.append(output.register_hook(lambda grad: gradients.update({name: grad})))

    try:
        with _left_as_found(model, input), _watched(model, layers, watch), torch.enable_grad():
            params = [param for param in model.parameters() if param.requires_grad]
            input = _differentiable(input)
            loss = _check_loss(loss_fn(model(input), target))
            sources = [*params, input] if input.requires_grad else params
            by_source = torch.autograd.grad(loss, sources, allow_unused=True)
    finally:
        for handle in handles:
            handle.remove()
    if of == "parameters":
        by_param: dict[Tensor, Tensor | None] = dict(zip(sources, by_source, strict=True))
        gradients = {
            name: _join(by_param, layer) for name, layer in order.items() if _trained(layer)
        }
    if not gradients:
        raise ValueError(f"no layer qualifies for of={of!r}, layers={layers}")
    return {name: _norm(gradient, rms) for name, gradient in gradients.items()}


def signal_norms(
    model: nn.Module, input: Tensor, *, layers: Layers = None, rms: bool = False
) -> Norms:
    """Norm of each layer's output, in the order in which the layers run.

    The model stays as it was, as in :func:`gradient_norms`.

    Args:
        model: any; a layer is a module that holds no other module.
        input: what the model takes, on its device.
        layers: only modules of these types.
        rms: root of the mean square instead of the root of the sum of squares.

    Returns:
        Name of the layer to norm; a layer that runs again appears again: ``relu``, ``relu#2``.

    Raises:
        ValueError: no layer qualifies.

    Source: He et al. (2015), "Delving deep into rectifiers", section 2.2.
    """
    norms: Norms = {}

    def watch(name: str, layer: nn.Module, output: Tensor) -> None:
        norms[name] = _norm(output, rms)

    with _left_as_found(model, input), _watched(model, layers, watch), torch.no_grad():
        model(input)
    if not norms:
        raise ValueError(f"no layer qualifies for layers={layers}")
    return norms


@contextmanager
def _watched(model: nn.Module, layers: Layers, watch: Callable) -> Iterator[None]:
    """Call ``watch(name, layer, output)`` whenever a layer has run; no hook stays."""
    runs: dict[str, int] = {}

    def hook(name: str) -> Callable:
        def after(layer: nn.Module, inputs: tuple, output) -> None:
            if isinstance(output, tuple | list) and output:
                output = output[0]
            if isinstance(output, Tensor) and output.is_floating_point():
                runs[name] = runs.get(name, 0) + 1
                watch(name if runs[name] == 1 else f"{name}#{runs[name]}", layer, output)

        return after

    handles = [
        module.register_forward_hook(hook(name or type(module).__name__))
        for name, module in model.named_modules()
        if not any(True for _ in module.children()) and isinstance(module, layers or nn.Module)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _left_as_found(model: nn.Module, input: Tensor) -> Iterator[None]:
    """Put running statistics and random numbers back, which a forward pass may move."""
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    with kept_random_state(input.device):
        try:
            yield
        finally:
            with torch.no_grad():
                for buffer, before in buffers:
                    buffer.copy_(before)


def _differentiable(input: Tensor) -> Tensor:
    # So that the gradient passes every layer, also those before the first trained weight.
    input = input.detach()
    return input.clone().requires_grad_() if input.is_floating_point() else input


def _check_loss(loss: Tensor) -> Tensor:
    if not isinstance(loss, Tensor):
        raise TypeError(f"loss_fn must return a tensor, but returned {type(loss).__name__}")
    if loss.numel() != 1:
        raise ValueError(f"loss_fn must return one number, but returned {tuple(loss.shape)}")
    if not loss.requires_grad:
        raise ValueError("the loss depends on no weight that is trained: is the model frozen?")
    return loss


def _trained(layer: nn.Module) -> list[nn.Parameter]:
    return [param for param in layer.parameters() if param.requires_grad]


def _join(gradients: dict[Tensor, Tensor | None], layer: nn.Module) -> Tensor | None:
    own = (gradients[param] for param in _trained(layer))
    found = [gradient.flatten() for gradient in own if gradient is not None]
    return torch.cat(found) if found else None


def _norm(tensor: Tensor | None, rms: bool) -> float:
    if tensor is None or tensor.numel() == 0:
        return 0.0
    # In float32 at least: squares of small float16 numbers vanish.
    wide = torch.promote_types(tensor.dtype, torch.float32)
    norm = torch.linalg.vector_norm(tensor.detach(), dtype=wide).item()
    return norm / tensor.numel() ** 0.5 if rms else norm
