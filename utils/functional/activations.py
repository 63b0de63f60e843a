"""Non-linearities, applied to each number by itself."""

from torch import Tensor

__all__ = ["relu", "relu_backward"]


def relu(input: Tensor) -> Tensor:
    """Rectified linear unit, ``max(0, x)``, of a tensor of any shape.

    Source: Nair & Hinton (2010), "Rectified linear units improve restricted Boltzmann machines".
    """
    return input.clamp(min=0)


def relu_backward(grad_output: Tensor, input: Tensor) -> Tensor:
    """Gradient of :func:`relu`: what comes back passes where the input was above zero.

    At exactly zero, where ReLU has a kink, the gradient is taken as 0, as torch does.

    Raises:
        ValueError: the two tensors have different shapes.
    """
    if grad_output.shape != input.shape:
        raise ValueError(
            f"relu_backward: grad_output has shape {tuple(grad_output.shape)}, but the input has "
            f"shape {tuple(input.shape)}; they must be the same"
        )
    return grad_output * (input > 0)
