"""Modules made of the student's parts, by name and arguments those of :mod:`utils.nn`.

Each is its layer in `utils.nn` with another forward and backward pass: the student's functions,
which `torch.autograd.Function` puts into autograd's graph. A part that is not written yet is on
loan, and so is all of a layer that does more than the exercises ask for (dilation, say). Printed, a
layer says whose it is.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from utils import functional, nn
from utils.mine import shelf
from utils.nn import (  # noqa: F401  (what no exercise asks for)
    CrossEntropyLoss,
    Flatten,
    Linear,
    LocalResponseNorm,
    PReLU,
    ReLU6,
    Tanh,
    ZeroPad2d,
)
from utils.nn.function import differentiable

__all__ = nn.__all__


def _forward(name: str) -> Callable:
    """Return a function that calls a part: by then it may have become the student's own."""

    def call(*args, **options):
        return shelf.part(name, quiet=True)(*args, **options)

    call.__name__ = name
    return call


def _backward(name: str) -> Callable:
    """As `_forward`, for the gradients of the first tensors, whose shapes are looked at."""

    def call(grad_output, *args, **options):
        result = shelf.part(name, quiet=True)(grad_output, *args, **options)
        gradients = (result,) if isinstance(result, Tensor) else tuple(result)
        for gradient, tensor in zip(gradients, args, strict=False):
            if gradient.shape != tensor.shape:
                raise ValueError(
                    f"{name} gave a gradient of shape {tuple(gradient.shape)} for a tensor of "
                    f"shape {tuple(tensor.shape)}. To try it alone: mine.check({name!r})"
                )
        return gradients

    return call


_relu = differentiable(_forward("relu"), _backward("relu_backward"))
_max_pool2d = differentiable(_forward("max_pool2d"), _backward("max_pool2d_backward"))
_avg_pool2d = differentiable(_forward("avg_pool2d"), _backward("avg_pool2d_backward"))
_global_avg_pool2d = differentiable(
    lambda input: _forward("global_avg_pool2d")(input)[:, :, None, None],
    lambda grad_output, input: functional.adaptive_avg_pool2d_backward(grad_output, input, 1),
)
_dropout = differentiable(
    _forward("dropout"),
    lambda grad_output, input, keep, p: _backward("dropout_backward")(grad_output, keep, p),
    tensors=2,
)
_batch_norm = differentiable(
    lambda input, weight, bias, eps: _forward("batch_norm")(input, weight, bias, eps=eps),
    lambda grad_output, input, weight, bias, eps: _backward("batch_norm_backward")(
        grad_output, input, weight, eps=eps
    ),
    tensors=3,
)
_depthwise_conv2d = differentiable(
    lambda input, weight, bias, stride, padding: _forward("depthwise_conv2d")(
        input, weight, bias=bias, stride=stride, padding=padding
    ),
    lambda grad_output, input, weight, bias, stride, padding: functional.depthwise_conv2d_backward(
        grad_output, input, weight, stride, padding
    ),
    tensors=3,
)


class _OfParts(torch.nn.Module):
    """What these layers share. `parts` are the names of their functions."""

    parts: tuple[str, ...] = ()

    def fits(self) -> bool:
        """Say whether the parts can do what this layer is asked for."""
        return True

    def by_parts(self, input: Tensor) -> Tensor:
        """Compute (N, C, H, W) by the parts."""
        raise NotImplementedError

    def forward(self, input: Tensor) -> Tensor:
        """Use the parts, if they can do this."""
        if not self.fits() or input.ndim not in (3, 4):
            return super().forward(input)
        return self.by_parts(input) if input.ndim == 4 else self.by_parts(input[None])[0]

    def whose(self) -> str:
        """Say whose this layer is."""
        yours = [x for x in self.parts if shelf.whose(x) == "yours"]
        if not yours or not self.fits():
            return "on loan"
        if len(yours) == len(self.parts):
            return "yours"
        return f"yours: {', '.join(yours)}"

    def extra_repr(self) -> str:
        """Show the hyperparameters, and whose the layer is, when the module is printed."""
        return ", ".join(filter(None, [super().extra_repr(), self.whose()]))


class _Conv2d(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, bias, stride, padding):
        ctx.save_for_backward(input, weight)
        ctx.options = {"stride": stride, "padding": padding}
        return _forward("conv2d")(input, weight, bias=bias, **ctx.options)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_output):
        layer = (grad_output, *ctx.saved_tensors)
        needed, grad_input, grad_weight, grad_bias = ctx.needs_input_grad, None, None, None
        if needed[0]:
            (grad_input,) = _backward("conv2d_backward_input")(*layer, **ctx.options)
        if needed[1] or needed[2]:
            backward = shelf.part("conv2d_backward_weight", quiet=True)
            grad_weight, grad_bias = backward(*layer, **ctx.options)
        return grad_input, grad_weight, grad_bias if needed[2] else None, None, None


def _one(value):
    """Return the number of a pair of equal numbers; None if they differ."""
    if isinstance(value, int):
        return value
    values = set(value) if isinstance(value, tuple | list) else set()
    return values.pop() if len(values) == 1 else None


class Conv2d(_OfParts, nn.Conv2d):
    """Conv layer; with groups, the parts do one group after the other."""

    parts = ("conv2d", "conv2d_backward_weight", "conv2d_backward_input")

    def fits(self) -> bool:
        """The exercises have square filters without dilation."""
        known = None not in map(_one, (self.kernel_size, self.stride, self.padding))
        return known and _one(self.dilation) == 1

    def by_parts(self, input: Tensor) -> Tensor:
        """Convolve by the parts."""
        hyperparameters = _one(self.stride), _one(self.padding)
        biases = [None] * self.groups if self.bias is None else self.bias.chunk(self.groups)
        groups = zip(
            input.chunk(self.groups, 1), self.weight.chunk(self.groups), biases, strict=True
        )
        outputs = [_Conv2d.apply(*group, *hyperparameters) for group in groups]
        return outputs[0] if self.groups == 1 else torch.cat(outputs, dim=1)


class DepthwiseConv2d(_OfParts, nn.DepthwiseConv2d):
    """Depthwise conv layer; its gradient is on loan."""

    parts = ("depthwise_conv2d",)

    def fits(self) -> bool:
        """The exercise has square filters without dilation."""
        known = None not in map(_one, (self.kernel_size, self.stride, self.padding))
        return known and _one(self.dilation) == 1

    def by_parts(self, input: Tensor) -> Tensor:
        """Convolve each channel by the part."""
        hyperparameters = _one(self.stride), _one(self.padding)
        return _depthwise_conv2d(input, self.weight, self.bias, *hyperparameters)


class InvertedResidual(_OfParts, nn.InvertedResidual):
    """Inverted residual block: the part evaluates; training, with batch norms, goes by its layers.

    What is evaluated without a gradient has its batch norms folded away first, by the part too.
    """

    parts = ("inverted_residual", "fold_batch_norm")

    def forward(self, input: Tensor) -> Tensor:
        """Use the part, once it is written, in evaluation without a gradient."""
        plain = not self.training and not torch.is_grad_enabled() and input.ndim == 4
        if not plain or shelf.whose("inverted_residual") != "yours":
            return nn.InvertedResidual.forward(self, input)
        expand = None if self.expand is None else self._folded(self.expand, self.bn1)
        even = (_one(self.depthwise.padding) or 0,) * 4
        return _forward("inverted_residual")(
            input,
            expand,
            self._folded(self.depthwise, self.bn2),
            self._folded(self.project, self.bn3),
            _one(self.depthwise.stride),
            even if self.pad is None else self.pad.padding,
        )

    def _folded(self, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
        statistics = norm.running_mean, norm.running_var, norm.weight, norm.bias
        return _forward("fold_batch_norm")(conv.weight, *statistics, eps=norm.eps)


class ReLU(_OfParts, nn.ReLU):
    """ReLU."""

    parts = ("relu", "relu_backward")

    def forward(self, input: Tensor) -> Tensor:
        """Rectify by the parts, a tensor of any shape."""
        return _relu(input)


class MaxPool2d(_OfParts, nn.MaxPool2d):
    """Max pooling."""

    parts = ("max_pool2d", "max_pool2d_backward")

    def fits(self) -> bool:
        """The exercises have square windows, and neither dilation nor places."""
        known = None not in map(_one, (self.kernel_size, self.stride, self.padding))
        return known and _one(self.dilation) == 1 and not (self.return_indices or self.ceil_mode)

    def by_parts(self, input: Tensor) -> Tensor:
        """Pool by the parts."""
        return _max_pool2d(input, *map(_one, (self.kernel_size, self.stride, self.padding)))


class AvgPool2d(_OfParts, nn.AvgPool2d):
    """Average pooling."""

    parts = ("avg_pool2d", "avg_pool2d_backward")

    def fits(self) -> bool:
        """The exercises have square windows without padding."""
        known = None not in map(_one, (self.kernel_size, self.stride))
        plain = not self.ceil_mode and self.divisor_override is None
        return known and plain and _one(self.padding) == 0

    def by_parts(self, input: Tensor) -> Tensor:
        """Pool by the parts."""
        return _avg_pool2d(input, _one(self.kernel_size), _one(self.stride))


class AdaptiveAvgPool2d(_OfParts, nn.AdaptiveAvgPool2d):
    """Global average pooling; other sizes are on loan, and so is the gradient."""

    parts = ("global_avg_pool2d",)

    def fits(self) -> bool:
        """The exercise has one number for each channel."""
        return _one(self.output_size) == 1

    def by_parts(self, input: Tensor) -> Tensor:
        """Pool by the part."""
        return _global_avg_pool2d(input)


class Dropout(_OfParts, nn.Dropout):
    """Dropout; which numbers are left out is drawn as `utils.nn` draws it."""

    parts = ("dropout", "dropout_backward")

    def forward(self, input: Tensor) -> Tensor:
        """Draw what to keep and apply it, in training."""
        if not self.training or self.p in (0, 1):
            return super().forward(input)
        keep = (functional.dropout_mask(input, self.p) > 0).to(input.dtype)
        return _dropout(input, keep, self.p)


class BatchNorm2d(_OfParts, nn.BatchNorm2d):
    """Batch normalisation: the parts train; evaluation, by running statistics, is on loan."""

    parts = ("batch_norm", "batch_norm_backward", "running_statistics")

    def fits(self) -> bool:
        """The exercises have a scale and a shift."""
        return self.affine

    def forward(self, input: Tensor) -> Tensor:
        """Normalise by the parts in training."""
        if not self.training or not self.fits() or input.ndim != 4:
            return nn.BatchNorm2d.forward(self, input)
        mean, var, count = self.running_mean, self.running_var, self.num_batches_tracked
        if mean is not None and var is not None and count is not None:  # they are tracked
            count += 1
            momentum = 1 / count.item() if self.momentum is None else self.momentum
            with torch.no_grad():
                new = _forward("running_statistics")(mean, var, input, momentum=momentum)
                for buffer, value in zip((mean, var), new, strict=True):
                    buffer.copy_(value)
        return _batch_norm(input, self.weight, self.bias, self.eps)
