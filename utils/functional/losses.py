"""From scores to probabilities to a loss."""

import torch
from torch import Tensor

from utils.functional.arguments import check_shape, check_tensors, shape, wide

__all__ = [
    "cross_entropy",
    "cross_entropy_backward",
    "log_softmax",
    "log_softmax_backward",
    "nll_loss",
    "nll_loss_backward",
    "softmax",
    "softmax_backward",
]

REDUCTIONS = ("none", "mean", "sum")


def _check_dim(layer: str, input: Tensor, dim: int) -> None:
    check_tensors(layer, input=input)
    if not -input.ndim <= dim < input.ndim:
        raise ValueError(f"{layer}: dim={dim} is no axis of the input of shape {shape(input)}")


def softmax(input: Tensor, dim: int) -> Tensor:
    """Turn scores into probabilities along ``dim``: ``exp(x) / sum of exp(x)``.

    The largest score is taken off first: it changes nothing, and exp cannot overflow.

    Raises:
        TypeError: the input is not of floating dtype.
        ValueError: there is no axis ``dim``.

    Source: Goodfellow, Bengio & Courville (2016), "Deep Learning", section 4.1.
    """
    _check_dim("softmax", input, dim)
    if input.numel() == 0:
        return input.clone()
    numbers = wide(input)
    exponentials = (numbers - numbers.amax(dim, keepdim=True)).exp_()
    return (exponentials / exponentials.sum(dim, keepdim=True)).to(input.dtype)


def softmax_backward(grad_output: Tensor, input: Tensor, dim: int) -> Tensor:
    """Gradient of :func:`softmax`: ``p * (g - sum of g p)``.

    Raises:
        TypeError, ValueError: as :func:`softmax`; also if the shapes differ.
    """
    check_shape("softmax_backward", "grad_output", grad_output, input.shape, "the input's")
    weighted = grad_output * (probabilities := softmax(wide(input), dim))
    return (weighted - probabilities * weighted.sum(dim, keepdim=True)).to(input.dtype)


def log_softmax(input: Tensor, dim: int) -> Tensor:
    """Logarithm of :func:`softmax`, without taking the logarithm of a number near zero.

    Raises:
        TypeError, ValueError: as :func:`softmax`.
    """
    _check_dim("log_softmax", input, dim)
    if input.numel() == 0:
        return input.clone()
    numbers = wide(input)
    shifted = numbers - numbers.amax(dim, keepdim=True)
    return (shifted - shifted.exp().sum(dim, keepdim=True).log_()).to(input.dtype)


def log_softmax_backward(grad_output: Tensor, input: Tensor, dim: int) -> Tensor:
    """Gradient of :func:`log_softmax`: ``g - p * sum of g``.

    Raises:
        TypeError, ValueError: as :func:`softmax`; also if the shapes differ.
    """
    check_shape("log_softmax_backward", "grad_output", grad_output, input.shape, "the input's")
    numbers, gradient = wide(input), wide(grad_output)
    gradient = gradient - softmax(numbers, dim) * gradient.sum(dim, keepdim=True)
    return gradient.to(input.dtype)


def _class_axis(input: Tensor) -> int:
    return 0 if input.ndim == 1 else 1


def _check_loss(
    layer: str, input: Tensor, target: Tensor, weight, reduction: str, label_smoothing: float = 0
) -> None:
    check_tensors(layer, input=input)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{layer}: label_smoothing must be from 0 to 1, but is {label_smoothing}")
    if input.ndim == 0:
        raise ValueError(f"{layer}: the input must be (C,), (N, C) or (N, C, ...)")
    classes = input.shape[_class_axis(input)]
    if reduction not in REDUCTIONS:
        raise ValueError(f"{layer}: reduction must be one of {REDUCTIONS}, but is {reduction!r}")
    if weight is not None:
        check_shape(layer, "weight", weight, (classes,), f"one for each of {classes} classes")
    if target.is_floating_point():
        if layer.startswith("nll"):
            raise TypeError(f"{layer}: target must hold class numbers, but is {target.dtype}")
        check_shape(layer, "target", target, input.shape, "probabilities, shaped as the input")
        return
    if target.dtype not in (torch.int64, torch.uint8):
        raise TypeError(
            f"{layer}: target must be int64 class numbers, but is {target.dtype}; "
            "convert it with target.long()"
        )
    expected = () if input.ndim == 1 else (input.shape[0], *input.shape[2:])
    check_shape(layer, "target", target, expected, f"a class for each of {shape(input)}")


def _labels(layer: str, input: Tensor, target: Tensor, weight, ignore_index: int):
    """Class numbers that are safe to look up, and the weight of each example.

    An ignored one has weight 0. None in place of the weights says that all of them are 1.
    """
    classes = input.shape[_class_axis(input)]
    target = target.long()
    if target.numel():
        low, high = (end.item() for end in torch.aminmax(target))
    else:
        low, high = 0, -1
    used = None
    if low <= ignore_index <= high:
        used = target != ignore_index
        target = target.where(used, 0)
        low, high = (end.item() for end in torch.aminmax(target))
    if low < 0 or high >= classes:
        raise ValueError(
            f"{layer}: target of shape {shape(target)} holds the class {low if low < 0 else high}, "
            f"but the input of shape {shape(input)} has {classes} classes, 0 to {classes - 1}"
        )
    if weight is None:
        return target, None if used is None else used.to(input.dtype)
    weights = weight.to(input.dtype)[target]
    return target, weights if used is None else weights * used


def _reduce(losses: Tensor, weights: Tensor | None, reduction: str) -> Tensor:
    """Reduce the losses of all examples; the mean is by weight."""
    if weights is not None:
        losses = losses * weights
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    return losses.mean() if weights is None else losses.sum() / weights.sum()


def _shares(grad_output: Tensor, target: Tensor, weights: Tensor | None, reduction: str) -> Tensor:
    """Gradient of each example's unweighted loss, one for each or one for all."""
    if reduction != "mean":
        return grad_output if weights is None else grad_output * weights
    if weights is None:
        return grad_output / max(target.numel(), 1)
    return weights * (grad_output / weights.sum())


def _picked(input: Tensor, labels: Tensor) -> Tensor:
    """Each example's number at its label."""
    axis = _class_axis(input)
    return input.gather(axis, labels.unsqueeze(axis)).squeeze(axis)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood: minus the log probability of the right class.

    Args:
        input: log probabilities, (C,), (N, C) or (N, C, ...).
        target: class numbers, int64: (), (N,) or (N, ...).
        weight: (C,), of each class, or None for 1.
        ignore_index: targets of this value count nothing.
        reduction: ``"mean"`` (by weight), ``"sum"`` or ``"none"``.

    Returns:
        A number, or with ``"none"`` a tensor shaped as ``target``.

    Raises:
        TypeError, ValueError: the tensors do not fit, or a class does not exist.
    """
    _check_loss("nll_loss", input, target, weight, reduction)
    numbers = wide(input)
    labels, weights = _labels("nll_loss", numbers, target, weight, ignore_index)
    return _reduce(-_picked(numbers, labels), weights, reduction).to(input.dtype)


def nll_loss_backward(
    grad_output: Tensor,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Gradient of :func:`nll_loss`: minus the weight at the right class, 0 at all others.

    Arguments as in the forward pass, behind the gradient of the output. Returns a tensor shaped as
    ``input``.

    Raises:
        TypeError, ValueError: as :func:`nll_loss`.
    """
    _check_loss("nll_loss_backward", input, target, weight, reduction)
    labels, weights = _labels("nll_loss_backward", input, target, weight, ignore_index)
    axis = _class_axis(input)
    values = -_shares(grad_output, labels, weights, reduction).expand(labels.shape)
    gradient = torch.zeros_like(input, requires_grad=False)
    return gradient.scatter_(axis, labels.unsqueeze(axis), values.unsqueeze(axis).to(input.dtype))


def _soft_target(layer, input, target, weight, ignore_index, label_smoothing):
    """What log probabilities are multiplied with, shaped as the input, and the mean's divisor."""
    axis = _class_axis(input)
    classes = input.shape[axis]
    column = [1] * input.ndim
    column[axis] = classes
    per_class = 1 if weight is None else weight.to(input.dtype).view(column)
    if target.is_floating_point():
        smooth = target.to(input.dtype) * (1 - label_smoothing) + label_smoothing / classes
        return smooth * per_class, max(input.numel() // classes, 1)
    labels, weights = _labels(layer, input, target, weight, ignore_index)
    used = (target != ignore_index).to(input.dtype).unsqueeze(axis)
    hard = torch.zeros_like(input, requires_grad=False)
    hard.scatter_(axis, labels.unsqueeze(axis), 1.0)
    smooth = hard * (1 - label_smoothing) + label_smoothing / classes
    return smooth * per_class * used, labels.numel() if weights is None else weights.sum()


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Loss of a classifier: minus the log of the probability that its scores give the right class.

    Args:
        input: scores, (C,), (N, C) or (N, C, ...).
        target: class numbers, int64: (), (N,) or (N, ...); or probabilities shaped as ``input``.
        weight: (C,), of each class, or None for 1.
        ignore_index: class numbers of this value count nothing.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        label_smoothing: this much of the target is spread evenly over all classes (Szegedy et al.
            (2016), arXiv:1512.00567, section 7).

    Returns:
        A number, or with ``"none"`` a tensor of one loss for each example.

    Raises:
        TypeError, ValueError: the tensors do not fit, or a class does not exist.

    Source: Goodfellow, Bengio & Courville (2016), "Deep Learning", section 6.2.2.3.
    """
    layer = "cross_entropy"
    _check_loss(layer, input, target, weight, reduction, label_smoothing)
    axis, numbers = _class_axis(input), wide(input)
    if label_smoothing == 0 and not target.is_floating_point():
        labels, weights = _labels(layer, numbers, target, weight, ignore_index)
        # The other classes' log probabilities are not needed: only the sum over them.
        shifted = numbers - numbers.amax(axis, keepdim=True)
        right = _picked(shifted, labels)
        losses = shifted.exp().sum(axis).log_() - right
        return _reduce(losses, weights, reduction).to(input.dtype)
    soft, divisor = _soft_target(layer, numbers, target, weight, ignore_index, label_smoothing)
    losses = -(log_softmax(numbers, axis) * soft).sum(axis)
    if reduction != "none":
        losses = losses.sum() / (divisor if reduction == "mean" else 1)
    return losses.to(input.dtype)


def cross_entropy_backward(
    grad_output: Tensor,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Gradient of :func:`cross_entropy`: the probabilities minus the target, for weight 1.

    Arguments as in the forward pass, behind the gradient of the output. Returns a tensor shaped as
    ``input``.

    Raises:
        TypeError, ValueError: as :func:`cross_entropy`.
    """
    layer = "cross_entropy_backward"
    _check_loss(layer, input, target, weight, reduction, label_smoothing)
    axis, numbers = _class_axis(input), wide(input)
    if label_smoothing == 0 and not target.is_floating_point():
        labels, weights = _labels(layer, numbers, target, weight, ignore_index)
        share = _shares(grad_output, labels, weights, reduction).to(numbers.dtype)
        share = share.expand(labels.shape).unsqueeze(axis)
        gradient = (numbers - numbers.amax(axis, keepdim=True)).exp_()
        gradient *= share / gradient.sum(axis, keepdim=True)
        return gradient.scatter_add_(axis, labels.unsqueeze(axis), -share).to(input.dtype)
    soft, divisor = _soft_target(layer, numbers, target, weight, ignore_index, label_smoothing)
    gradient = softmax(numbers, axis) * soft.sum(axis, keepdim=True) - soft
    if reduction == "none":
        gradient = gradient * grad_output.unsqueeze(axis)
    else:
        gradient = gradient * (grad_output / divisor if reduction == "mean" else grad_output)
    return gradient.to(input.dtype)
