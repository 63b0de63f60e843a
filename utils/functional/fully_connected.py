"""The fully connected layer, and flattening before it."""

from torch import Tensor

from utils.functional.arguments import check_shape, check_tensors, shape

__all__ = ["flatten", "flatten_backward", "linear", "linear_backward"]


def _check(layer: str, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> None:
    check_tensors(layer, input=input, weight=weight, bias=bias)
    sides = f"input of shape {shape(input)}, weight of shape {shape(weight)}"
    if weight.ndim != 2 or input.ndim < 1:
        raise ValueError(f"{layer}: needs an input (..., in) and a weight (out, in); got {sides}")
    if input.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"{layer}: the input's last axis has {input.shape[-1]} numbers, but the weight expects "
            f"{weight.shape[1]}; got {sides}"
        )
    if bias is not None:
        check_shape(layer, "bias", bias, weight.shape[:1], "one number for each output")


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Fully connected layer, ``input @ weight.T + bias``.

    Args:
        input: (..., in).
        weight: (out, in).
        bias: (out,) or None.

    Returns:
        (..., out).

    Raises:
        TypeError, ValueError: the tensors do not fit together.
    """
    _check("linear", input, weight, bias)
    output = input @ weight.mT
    return output if bias is None else output + bias


def linear_backward(
    grad_output: Tensor, input: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of :func:`linear` with respect to its input, weight and bias.

    Args:
        grad_output: gradient of the loss with respect to the output, (..., out).
        input: (..., in).
        weight: (out, in).

    Returns:
        ``(grad_input, grad_weight, grad_bias)``, shaped as input, weight and (out,).

    Raises:
        TypeError, ValueError: the tensors do not fit together.
    """
    layer = "linear_backward"
    _check(layer, input, weight)
    check_tensors(layer, grad_output=grad_output, input=input)
    expected = (*input.shape[:-1], len(weight))
    check_shape(layer, "grad_output", grad_output, expected, f"the output's for {shape(input)}")
    rows = grad_output.reshape(-1, len(weight))
    return grad_output @ weight, rows.mT @ input.reshape(-1, weight.shape[1]), rows.sum(dim=0)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Make one axis of the axes from ``start_dim`` to ``end_dim``, both included.

    Raises:
        ValueError: there are no such axes, or they are in the wrong order.
    """
    axes = range(input.ndim)
    try:
        first, last = axes[start_dim], axes[end_dim]
    except IndexError:
        raise ValueError(
            f"flatten: start_dim={start_dim} and end_dim={end_dim} must be axes of the input, "
            f"whose shape is {shape(input)}"
        ) from None
    if first > last:
        raise ValueError(f"flatten: start_dim={start_dim} comes after end_dim={end_dim}")
    size = 1
    for length in input.shape[first : last + 1]:
        size *= length
    return input.reshape(*input.shape[:first], size, *input.shape[last + 1 :])


def flatten_backward(grad_output: Tensor, input: Tensor) -> Tensor:
    """Gradient of :func:`flatten`: the same numbers in the shape of ``input``.

    Raises:
        ValueError: the two hold different amounts of numbers.
    """
    if grad_output.numel() != input.numel():
        raise ValueError(
            f"flatten_backward: grad_output of shape {shape(grad_output)} does not hold as many "
            f"numbers as the input of shape {shape(input)}"
        )
    return grad_output.reshape(input.shape)
