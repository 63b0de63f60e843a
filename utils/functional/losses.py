"""From scores to probabilities to a loss."""

import torch
from torch import Tensor

from utils.functional.arguments import check_shape, check_tensors, shape

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
    exponentials = (input - input.amax(dim, keepdim=True)).exp_()
    return exponentials.div_(exponentials.sum(dim, keepdim=True))


def softmax_backward(grad_output: Tensor, input: Tensor, dim: int) -> Tensor:
    """Gradient of :func:`softmax`: ``p * (g - sum of g p)``.

    Raises:
        TypeError, ValueError: as :func:`softmax`; also if the shapes differ.
    """
    check_shape("softmax_backward", "grad_output", grad_output, input.shape, "the input's")
    weighted = grad_output * (probabilities := softmax(input, dim))
    return weighted - probabilities * weighted.sum(dim, keepdim=True)


def log_softmax(input: Tensor, dim: int) -> Tensor:
    """Logarithm of :func:`softmax`, without taking the logarithm of a number near zero.

    Raises:
        TypeError, ValueError: as :func:`softmax`.
    """
    _check_dim("log_softmax", input, dim)
    if input.numel() == 0:
        return input.clone()
    shifted = input - input.amax(dim, keepdim=True)
    return shifted - shifted.exp().sum(dim, keepdim=True).log_()


def log_softmax_backward(grad_output: Tensor, input: Tensor, dim: int) -> Tensor:
    """Gradient of :func:`log_softmax`: ``g - p * sum of g``.

    Raises:
        TypeError, ValueError: as :func:`softmax`; also if the shapes differ.
    """
    check_shape("log_softmax_backward", "grad_output", grad_output, input.shape, "the input's")
    return grad_output - softmax(input, dim) * grad_output.sum(dim, keepdim=True)


def _class_axis(input: Tensor) -> int:
    return 0 if input.ndim == 1 else 1


def _check_loss(layer: str, input: Tensor, target: Tensor, weight, reduction: str) -> None:
    check_tensors(layer, input=input)
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
    """Class numbers that are safe to look up, and each one's weight: 0 where it is ignored."""
    classes = input.shape[_class_axis(input)]
    target = target.long()
    used = target != ignore_index
    wrong = used & ((target < 0) | (target >= classes))
    if wrong.any():
        raise ValueError(
            f"{layer}: target holds the class {target[wrong].flatten()[0].item()}, but there are "
            f"{classes} classes, 0 to {classes - 1}"
        )
    safe = target.where(used, 0)
    weights = used.to(input.dtype)
    return safe, weights if weight is None else weights * weight[safe]


def _reduce(losses: Tensor, total_weight, reduction: str) -> Tensor:
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.sum() / total_weight


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
    labels, weights = _labels("nll_loss", input, target, weight, ignore_index)
    axis = _class_axis(input)
    losses = -input.gather(axis, labels.unsqueeze(axis)).squeeze(axis) * weights
    return _reduce(losses, weights.sum(), reduction)


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
    share = weights / weights.sum() if reduction == "mean" else weights
    values = -(grad_output * share)
    return torch.zeros_like(input).scatter_(axis, labels.unsqueeze(axis), values.unsqueeze(axis))


def _soft_target(layer, input, target, weight, ignore_index, label_smoothing):
    """What log probabilities are multiplied with, shaped as the input, and the mean's divisor."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{layer}: label_smoothing must be from 0 to 1, but is {label_smoothing}")
    axis = _class_axis(input)
    classes = input.shape[axis]
    column = [1] * input.ndim
    column[axis] = classes
    per_class = 1 if weight is None else weight.view(column)
    if target.is_floating_point():
        smooth = target * (1 - label_smoothing) + label_smoothing / classes
        examples = max(input.numel() // classes, 1)
        return smooth * per_class, torch.tensor(float(examples), dtype=input.dtype)
    labels, weights = _labels(layer, input, target, weight, ignore_index)
    used = (target != ignore_index).to(input.dtype).unsqueeze(axis)
    hard = torch.zeros_like(input).scatter_(axis, labels.unsqueeze(axis), 1.0)
    smooth = hard * (1 - label_smoothing) + label_smoothing / classes
    return smooth * per_class * used, weights.sum()


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
    _check_loss(layer, input, target, weight, reduction)
    axis = _class_axis(input)
    log_probabilities = log_softmax(input, axis)
    if label_smoothing == 0 and not target.is_floating_point():
        return nll_loss(log_probabilities, target, weight, ignore_index, reduction)
    soft, divisor = _soft_target(layer, input, target, weight, ignore_index, label_smoothing)
    return _reduce(-(log_probabilities * soft).sum(axis), divisor, reduction)


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
    _check_loss(layer, input, target, weight, reduction)
    axis = _class_axis(input)
    soft, divisor = _soft_target(layer, input, target, weight, ignore_index, label_smoothing)
    gradient = softmax(input, axis) * soft.sum(axis, keepdim=True) - soft
    if reduction == "none":
        return gradient * grad_output.unsqueeze(axis)
    return gradient * (grad_output / divisor if reduction == "mean" else grad_output)
