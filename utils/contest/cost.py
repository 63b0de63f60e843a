"""What a network costs for one picture: every product, every other operation, every parameter."""

import math
from collections.abc import Callable
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry, sdpa_flop_count
from torch.utils.hooks import RemovableHandle

from utils._common.printing import as_printed
from utils.contest.cutouts import SIZE

__all__ = ["Cost", "Uncountable", "counted", "evaluation", "ready"]


class Uncountable(ValueError):
    """The network uses an operation whose work is not known here."""


class Cost(NamedTuple):
    """What a network costs for one picture; ``total`` is what the contest compares.

    ``multiply_adds`` are those of convolutions and matrix products. ``operations`` are all others:
    one for each number that an element-wise operation, a normalisation or a copy reads or writes
    (the larger count), and one for each number in each window of a pooling. ``parameters`` count
    once, for each has to be fetched.
    """

    multiply_adds: int
    operations: int
    parameters: int

    @property
    def total(self) -> int:
        """All three together."""
        return sum(self)

    def __str__(self) -> str:
        return (
            f"{self.total:,} = {self.multiply_adds:,} multiply-adds "
            f"+ {self.operations:,} other operations + {self.parameters:,} parameters"
        )

    def _repr_pretty_(self, printer, cycle: bool) -> None:
        as_printed(self, printer, cycle)


def counted(model: nn.Module, images: Tensor) -> tuple[Cost, Tensor]:
    """Run a network on images (N, 3, 32, 32) in evaluation mode; return its cost and its scores.

    All that torch computes is counted, in a layer or not; the course's own layers count as torch's.

    Raises:
        Uncountable: see there.
    """
    parameters = sum(parameter.numel() for parameter in model.parameters())
    counter, fused = _Counter(model), torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # one operation of unknown work otherwise
    try:
        with evaluation(model), torch.no_grad(), counter:
            scores = model(images)
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
    multiply_adds, operations = (math.ceil(x / len(images)) for x in counter.work)
    return Cost(multiply_adds, operations, parameters), scores


def ready(model: nn.Module) -> nn.Module:
    """Run a network once, and return it: lazy layers get their weights then."""
    where = next(model.parameters(), torch.empty(0)).device
    with evaluation(model), torch.no_grad():
        model(torch.zeros(1, 3, SIZE, SIZE, device=where))
    return model


@contextmanager
def evaluation(model: nn.Module):
    """Put every layer in evaluation mode, and back at the end."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


#: They compute, one operation a number, although torch marks them neither pointwise nor reducing.
SIMPLE = set(
    """
    native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training
    _batch_norm_no_update native_layer_norm native_group_norm _fused_rms_norm
    _softmax _log_softmax _adaptive_avg_pool2d _prelu_kernel hardswish hardswish_ glu
    constant_pad_nd reflection_pad2d replication_pad2d cat stack im2col flip roll repeat
    _to_copy copy_ index index_select gather pixel_shuffle pixel_unshuffle channel_shuffle
    native_channel_shuffle upsample_nearest2d zeros ones full empty arange zeros_like ones_like
    new_zeros new_ones fill_ zero_ scalar_tensor lift_fresh bernoulli bernoulli_ native_dropout rand
    _weight_norm_interface adaptive_max_pool2d gelu_ mish_ hardtanh_ masked_fill_
    log_sigmoid_forward slice_scatter index_put index_put_ index_add index_add_ scatter_add
    cumsum eye tril topk
    """.split()
)
FREE = {"_unsafe_view", "_reshape_alias"}  # views that torch does not call so
PRODUCTS = {"mv", "addmv", "dot"}  # one multiply-add for each number of the larger factor
#: The place of the window among the arguments of a pooling; its numbers are read one by one.
POOLINGS = {"max_pool2d_with_indices": 1, "max_pool2d": 1, "avg_pool2d": 1}
FACTORS = {"upsample_bilinear2d": 4, "upsample_bicubic2d": 16}  # numbers read for each written


OURS = ("utils.nn.", "utils.mine.")


class _Counter(TorchDispatchMode):
    """Adds up [multiply-adds, other operations] of all that torch computes while it is on."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.work = [0, 0]
        self.model, self.inside = model, 0
        self.hooks: list[RemovableHandle] = []

    def __enter__(self):
        for module in self.model.modules():
            if type(module).__module__.startswith(OURS) and not any(module.children()):
                self.hooks.append(module.register_forward_pre_hook(self._enter_layer))
                self.hooks.append(module.register_forward_hook(self._leave_layer))
        return super().__enter__()

    def __exit__(self, *error):
        for hook in self.hooks:
            hook.remove()
        return super().__exit__(*error)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if not self.inside:
            self._add(function, args, kwargs or {}, result)
        return result

    def _add(self, function, args, kwargs, result) -> None:
        packet = function._overloadpacket
        outputs = [x for x in tree_leaves(result) if isinstance(x, Tensor)]
        inputs = [x for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
        if packet in flop_registry:
            flops: Callable = flop_registry[packet]
            self.work[0] += flops(*args, **kwargs, out_val=result) // 2
            return
        name = packet.__name__
        if function.is_view or name in FREE or not outputs:
            return
        most = max(x.numel() for x in (*inputs, *outputs))
        if name in PRODUCTS:
            self.work[0] += most
        elif name.startswith("_scaled_dot_product"):  # on the CPU, which torch's table leaves out
            self.work[0] += sdpa_flop_count(*(x.shape for x in args[:3])) // 2
        elif name in POOLINGS:
            window = args[POOLINGS[name]]
            area = math.prod(window) if len(window) == 2 else window[0] ** 2
            self.work[1] += max(area * outputs[0].numel(), most)
        elif name in FACTORS:
            self.work[1] += FACTORS[name] * outputs[0].numel()
        elif name in SIMPLE or _marked(function):
            self.work[1] += most
        else:
            raise Uncountable(
                f"the contest does not know what {name} costs; use conv and "
                "fully connected layers, matrix products, poolings and element-wise operations"
            )

    def _enter_layer(self, layer, args) -> None:
        self.inside += 1

    def _leave_layer(self, layer, args, output) -> None:
        """A layer of the course's counts as torch's does, however it computes."""
        self.inside -= 1
        if self.inside:
            return
        weight, window = getattr(layer, "weight", None), getattr(layer, "kernel_size", None)
        if isinstance(weight, Tensor) and weight.ndim >= 2:
            self.work[0] += output.numel() * weight[0].numel()
        elif window is not None:
            height, width = window if isinstance(window, tuple | list) else (window, window)
            self.work[1] += max(height * width * output.numel(), args[0].numel())
        elif type(layer).__name__ not in ("Flatten", "Dropout"):
            size = (
                2 * getattr(layer, "size", 1) if type(layer).__name__ == "LocalResponseNorm" else 1
            )
            self.work[1] += size * max(args[0].numel(), output.numel())


def _marked(function) -> bool:
    return torch.Tag.pointwise in function.tags or torch.Tag.reduction in function.tags
