"""Sends one batch through a module and back, and says what came of it in plain data.

That is what a check compares. A module does not leave the process that made it, so the grader calls
this where the student's class lives.
"""

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction

from utils.elsewhere import RunsElsewhere

__all__ = ["RETURNS", "forward_backward"]

#: What comes before the gradients, in what `forward_backward` returns.
RETURNS = ("parameters", "state_dict", "backward", "output", "grad_input")


def forward_backward(kind, input: Tensor, grad_output: Tensor, **given) -> tuple:
    """Build a module, load its parameters, and go forward and backward once.

    Args:
        kind: the module's class.
        input: what the module is called with.
        grad_output: gradient of the loss with respect to its output.
        given: by name, tensors for the module's state, such as ``weight``; all else are arguments
            for ``kind``, such as ``kernel_size=3``.

    Returns:
        What is registered, ``"weight (4, 3, 2, 2), drawn at random"`` for each parameter; the keys
        of the state; who goes back, ``"an autograd.Function"`` or ``"autograd itself"``; the
        output; its gradient with respect to the input, then to each parameter in the order of
        their names. From the third on all are None where the state does not fit, and so is a
        gradient that did not come back.

    Raises:
        TypeError: it is no module, or gives no tensor.
    """
    there = getattr(kind, "forward_backward", None)
    if isinstance(there, RunsElsewhere):  # the grader's stand-in for a class in another process
        return there(input, grad_output, **given)
    state = {name: value for name, value in given.items() if isinstance(value, Tensor)}
    module = kind(**{name: value for name, value in given.items() if name not in state})
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"a torch.nn.Module is expected, but this is a {type(module).__name__}")
    parameters = dict(sorted(module.named_parameters()))
    registered = "; ".join(f"{name} {_described(x)}" for name, x in parameters.items())
    keys = ", ".join(sorted(module.state_dict()))
    own_shapes = {name: x.shape for name, x in module.state_dict().items()}
    if own_shapes != {name: x.shape for name, x in state.items()}:
        return (registered, keys, *[None] * (len(RETURNS) - 2 + len(state)))
    module.to(input).load_state_dict(state)
    leaf = input.detach().requires_grad_()  # the same memory: what changes it in place is seen
    output = module(leaf)
    if not isinstance(output, Tensor):
        raise TypeError(f"forward gives {type(output).__name__}, but a tensor is expected")
    gradients: tuple[Tensor | None, ...] = (None,) * (1 + len(parameters))
    if output.requires_grad and output.shape == grad_output.shape:
        wanted = [leaf, *parameters.values()]
        gradients = torch.autograd.grad(output, wanted, grad_output, allow_unused=True)
    whose = "an autograd.Function" if _has_function(output) else "autograd itself"
    return registered, keys, whose, output.detach(), *gradients


def _described(parameter: Tensor) -> str:
    """A parameter's shape, and how it starts: one that is all 0 or 1, or drawn."""
    shape, first = tuple(parameter.shape), parameter.detach().flatten()[:1]
    if parameter.numel() < 2:
        return f"{shape}"
    alike = bool((parameter == first).all())
    return f"{shape}, " + (f"all {first.item():g}" if alike else "drawn at random")


def _has_function(output: Tensor) -> bool:
    """Whether an `autograd.Function` took part in an output."""
    seen, left = set(), [output.grad_fn]
    while left:
        node = left.pop()
        if isinstance(node, BackwardCFunction):
            return True
        if node is not None and node not in seen:
            seen.add(node)
            left += [below for below, _ in node.next_functions]
    return False
