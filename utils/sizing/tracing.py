"""Runs a model without numbers, and follows what each layer does to sizes and receptive fields.

Tensors on torch's meta device have a shape and no memory, so that the largest network takes
milliseconds and nothing of the model changes.
"""

import weakref
from collections.abc import Callable
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils._pytree import tree_leaves, tree_map

__all__ = [
    "Field",
    "Step",
    "evaluation_mode",
    "image_shape",
    "layer_names",
    "on_meta",
    "trace",
]

Pair = tuple[int, int]


class Field(NamedTuple):
    """What units of a layer see of the image; pairs are (height, width).

    ``size`` is in pixels; ``jump`` is the distance in pixels between the regions of two neighbours,
    and ``padding`` how far the first region reaches over the edge: None where units have no place.
    """

    size: Pair
    jump: Pair | None
    padding: Pair | None


class Step(NamedTuple):
    """One run of one layer."""

    name: str
    layer: nn.Module
    input: Tensor
    output: Tensor
    field: Field | None  # None: not known
    new: bool  # whether the output has memory of its own


def image_shape(input_shape) -> tuple[int, int, int]:
    """Check an image's shape, (channels, height, width)."""
    values = tuple(input_shape) if isinstance(input_shape, tuple | list | torch.Size) else ()
    whole = all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in values)
    if len(values) != 3 or not whole:
        raise ValueError(
            "input_shape must be (channels, height, width) of one image, three integers of at "
            f"least 1, such as (3, 224, 224); got {input_shape!r}"
        )
    return values


@contextmanager
def evaluation_mode(model: nn.Module, training: bool = False):
    """Put every layer in one mode, and back at the end."""
    modes = {module: module.training for module in model.modules()}
    try:
        model.train(training)
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def on_meta(model: nn.Module, input: Tensor, requires_grad: bool = False):
    """Run the model on stand-ins of its parameters and buffers.

    Raises:
        ValueError: the model does not run on such an input, or needs numbers to run.
    """
    state = {
        name: torch.empty_like(tensor, device="meta", requires_grad=requires_grad)
        for name, tensor in model.named_parameters()
    }
    state |= {name: torch.empty_like(b, device="meta") for name, b in model.named_buffers()}
    try:
        return functional_call(model, state, (input,))
    except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
        raise ValueError(
            f"the model does not run on input of shape {tuple(input.shape)}: {error}\n"
            "(The sizes are found with tensors that have a shape but no numbers: a model whose "
            "forward reads numbers out of a tensor cannot be sized.)"
        ) from error


def layer_names(model: nn.Module) -> dict[nn.Module, str]:
    """Layers are the modules that hold no other module."""
    return {
        module: name or type(module).__name__
        for name, module in model.named_modules()
        if not any(True for _ in module.children())
    }


class Traced(Tensor):
    """A tensor that remembers its field, and for how long it lives."""

    field: Field | None
    tracer: "Tracer"
    owners: "list[Traced]"  # the inputs whose memory it shares

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        with torch._C.DisableTorchFunctionSubclass():
            inputs = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Traced)]
            outputs = function(*args, **(kwargs or {}))
            return tree_map(lambda output: _follow(output, inputs), outputs)


def _follow(output, inputs: list[Traced]):
    """Outside of a layer, units keep what they see as long as none of them is moved."""
    if not isinstance(output, Tensor) or isinstance(output, Traced):
        return output
    images = [leaf for leaf in inputs if leaf.ndim == 4]
    moved = output.ndim == 4 and any(image.shape[2:] != output.shape[2:] for image in images)
    field = None if moved else union([leaf.field for leaf in inputs])
    return inputs[0].tracer.wrap(output, field, inputs)


class Tracer:
    """Counts the bytes that are alive."""

    def __init__(self):
        self.live = self.peak = 0
        self.steps: list[Step] = []

    def wrap(self, tensor: Tensor, field: Field | None, inputs: list) -> Traced:
        traced = tensor.as_subclass(Traced)
        traced.field, traced.tracer = field, self
        traced.owners = [leaf for leaf in inputs if same_memory(leaf, tensor)]
        if not traced.owners:
            size = tensor.numel() * tensor.element_size()
            self.live += size
            self.peak = max(self.peak, self.live)
            weakref.finalize(traced, self._free, size)
        return traced

    def _free(self, size: int) -> None:
        self.live -= size


def same_memory(one: Tensor, other: Tensor) -> bool:
    """Whether one tensor is the other, or a view of it."""
    with torch._C.DisableTorchFunctionSubclass():
        return one.untyped_storage()._cdata == other.untyped_storage()._cdata


def union(fields: list[Field | None]) -> Field | None:
    """Receptive field of units that depend on several inputs; None if that of one is unknown."""
    known = [field for field in fields if field is not None]
    if not known or len(known) < len(fields):
        return None
    sizes = [field.size for field in known]
    paddings = [field.padding for field in known if field.padding is not None]
    if len(paddings) < len(known) or len({field.jump for field in known}) > 1:
        return Field((max(h for h, _ in sizes), max(w for _, w in sizes)), None, None)
    axes = []
    for axis in (0, 1):
        first = max(padding[axis] for padding in paddings)
        ends = (size[axis] - padding[axis] for size, padding in zip(sizes, paddings, strict=True))
        axes.append((first + max(ends), first))
    return Field((axes[0][0], axes[1][0]), known[0].jump, (axes[0][1], axes[1][1]))


def trace(model: nn.Module, input_shape, batch_size: int = 1) -> Tracer:
    """Run the model in evaluation mode on images of a shape; see :class:`Step`."""
    channels, height, width = image_shape(input_shape)
    tracer = Tracer()
    dtype = next((p.dtype for p in model.parameters() if p.is_floating_point()), None)
    image = torch.empty(batch_size, channels, height, width, dtype=dtype, device="meta")
    handles = []
    for module, name in layer_names(model).items():
        before, after = _hooks(tracer, name, (height, width))
        handles.append(module.register_forward_pre_hook(before))
        handles.append(module.register_forward_hook(after))
    try:
        with evaluation_mode(model), torch.no_grad():
            on_meta(model, tracer.wrap(image, Field((1, 1), (1, 1), (0, 0)), []))
    finally:
        for handle in handles:
            handle.remove()
    return tracer


def _hooks(tracer: Tracer, name: str, image: Pair) -> tuple[Callable, Callable]:
    """Inside a layer tensors are plain ones: its own workings are not to be followed."""
    stack: list[list[Traced]] = []

    def before(layer, args):
        stack.append([leaf for leaf in tree_leaves(args) if isinstance(leaf, Traced)])
        return tree_map(_plain, args)

    def after(layer, args, output):
        inputs = stack.pop()
        field = union([leaf.field for leaf in inputs])
        shape = _plain(inputs[0]).shape if inputs else ()

        def follow(tensor):
            if not isinstance(tensor, Tensor):
                return tensor
            seen = window(layer, field, shape, tensor.shape, image)
            traced = tracer.wrap(tensor, seen, inputs)
            in_place = getattr(layer, "inplace", False)
            new = not traced.owners and not in_place
            plain = [_plain(leaf) for leaf in (*inputs[:1], traced)]
            tracer.steps.append(Step(name, layer, plain[0], plain[-1], seen, new))
            return traced

        return tree_map(follow, output)

    return before, after


def _plain(value):
    return value.as_subclass(Tensor) if isinstance(value, Traced) else value


def window(layer: nn.Module, field: Field | None, before, after, image: Pair) -> Field | None:
    """Receptive field after a layer, from the field before it: the recurrence of `receptive_field`.

    None where units of the output have no common field.
    """
    if field is None:
        return None
    if hasattr(layer, "in_features"):  # fully connected: each unit sees everything
        return Field(image, None, None)
    if hasattr(layer, "output_size"):
        shape = _adaptive_window(before, after)
    elif hasattr(layer, "kernel_size") or hasattr(layer, "stride"):
        shape = _fixed_window(layer)
    elif isinstance(padding := getattr(layer, "padding", None), tuple) and len(padding) == 4:
        left, _, top, _ = padding  # a layer that pads and does nothing else
        shape = [(1, 1, top), (1, 1, left)]
    elif len(before) == len(after) == 4 and before[2:] != after[2:]:
        return None
    else:
        return field
    if shape is None or field.jump is None or field.padding is None:
        return None if shape is None else Field(image, None, None)
    rows, columns = (
        (size + (kernel - 1) * jump, jump * stride, padded + padding * jump)
        for size, jump, padded, (kernel, stride, padding) in zip(
            field.size, field.jump, field.padding, shape, strict=True
        )
    )
    return Field(*zip(rows, columns, strict=True))


def _fixed_window(layer: nn.Module):
    """(kernel, stride, padding) of each axis; the kernel with its dilation."""
    if getattr(layer, "transposed", False):
        return None
    kernel = pair(getattr(layer, "kernel_size", 1))
    stride = pair(getattr(layer, "stride", None) or kernel)
    spans = [
        d * (k - 1) + 1 for d, k in zip(pair(getattr(layer, "dilation", 1)), kernel, strict=True)
    ]
    padding = getattr(layer, "padding", 0)
    if padding == "same":
        padding = tuple((span - 1) // 2 for span in spans)
    padding = (0, 0) if padding == "valid" else pair(padding)
    return list(zip(spans, stride, padding, strict=True))


def _adaptive_window(before, after):
    """Equal parts are windows; others are not the same everywhere."""
    if len(before) != 4 or any(n % parts for n, parts in zip(before[2:], after[2:], strict=True)):
        return None
    return [(n // parts, n // parts, 0) for n, parts in zip(before[2:], after[2:], strict=True)]


def pair(value) -> Pair:
    """An int, or two, as two."""
    return tuple(value) if isinstance(value, tuple | list) else (value, value)
