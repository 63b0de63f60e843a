"""Dropout: numbers are left out at random while training.

Source: Hinton et al. (2012), "Improving neural networks by preventing co-adaptation of feature
detectors", arXiv:1207.0580; used by Krizhevsky, Sutskever & Hinton (2012), section 4.2.
"""

import torch
from torch import Tensor

from utils.functional.arguments import check_shape, check_tensors

__all__ = ["dropout", "dropout_backward", "dropout_mask"]


def dropout_mask(input: Tensor, p: float = 0.5, generator: torch.Generator | None = None) -> Tensor:
    """Draw what :func:`dropout` multiplies with: 0 with probability p, else ``1 / (1 - p)``.

    The division makes the expected output equal to the input ("inverted dropout"), so that nothing
    has to be done in evaluation. The AlexNet paper multiplies in evaluation instead.

    Args:
        input: what the mask is for; the mask has its shape, dtype and device.
        p: probability of leaving a number out, from 0 to 1.
        generator: of random numbers, on the input's device; None means torch's own.

    Raises:
        TypeError: ``input`` is not of floating dtype.
        ValueError: ``p`` is not a probability.
    """
    check_tensors("dropout", input=input)
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p must be a probability, from 0 to 1, but is {p!r}")
    if p == 1:
        return torch.zeros_like(input)
    # In the input's own layout: to multiply two layouts is slow.
    random = torch.empty_like(input, dtype=torch.float32, requires_grad=False)
    random.uniform_(generator=generator)
    return (random >= p).to(input.dtype).div_(1 - p)


def dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    *,
    generator: torch.Generator | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Set each number to zero with probability p, and divide the others by ``1 - p``.

    Args:
        input: any shape.
        p: probability of leaving a number out.
        training: in evaluation (False) the input is returned as it is.
        generator: of random numbers; None means torch's own.
        mask: a :func:`dropout_mask` to use, which the backward pass then needs too; None draws one.

    Returns:
        A tensor shaped as ``input``.

    Raises:
        TypeError, ValueError: as :func:`dropout_mask`; also if ``mask`` is not shaped as the input.
    """
    if mask is None:
        mask = dropout_mask(input, p, generator)
    check_shape("dropout", "mask", mask, input.shape, "the input's")
    return input * mask if training else input


def dropout_backward(grad_output: Tensor, mask: Tensor) -> Tensor:
    """Gradient of :func:`dropout`: what was left out gets none, the rest the same factor.

    Raises:
        ValueError: the gradient and the mask differ in shape.
    """
    check_shape("dropout_backward", "grad_output", grad_output, mask.shape, "the mask's")
    return grad_output * mask
