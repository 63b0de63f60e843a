"""Gradient descent with momentum and L2, and the step schedules of the papers."""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable

import torch
from torch.optim.lr_scheduler import LRScheduler

__all__ = ["SGD", "MultiStepLR", "StepLR"]


class SGD(torch.optim.Optimizer):
    """Stochastic gradient descent with momentum and L2 weight decay.

    For each weight w with gradient g and velocity v (at first 0)::

        g = g + weight_decay * w                  L2: the gradient of weight_decay / 2 * w**2
        v = momentum * v + g
        w = w - lr * v

    which is what ``torch.optim.SGD`` computes, number for number. AlexNet's paper has the
    learning rate inside the velocity instead; ``lr_in_velocity=True`` computes that::

        v = momentum * v - lr * (g + weight_decay * w)
        w = w + v

    With a constant learning rate the two take the same path. They part where the learning rate
    drops: the paper's velocity still carries steps of the old size, which fade within about
    ``1 / (1 - momentum)`` steps, while torch's form shortens them at once.

    The ``state_dict`` is that of ``torch.optim.SGD`` (``momentum_buffer`` is v), so each of the
    two can go on from the other's.

    Args:
        params: tensors, or dictionaries with ``params`` and their own hyperparameters, such as
            ``{"params": biases, "weight_decay": 0}``.
        lr: learning rate, at least 0. The three defaults are those of AlexNet.
        momentum: share of the velocity that a step keeps, from 0 to below 1.
        weight_decay: strength of the L2 pull towards 0, at least 0.
        lr_in_velocity: the paper's form.

    Raises:
        TypeError: a hyperparameter is not a number, or ``params`` holds something else than
            tensors.
        ValueError: a hyperparameter is out of range, or there are no parameters.

    Source: Krizhevsky et al. (2012), "ImageNet classification with deep convolutional neural
    networks", section 5; the lecture's slide "AlexNet". Sutskever et al. (2013), "On the
    importance of initialization and momentum in deep learning", section 2, compares the forms.
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-2,
        momentum: float = 0.9,
        weight_decay: float = 5e-4,
        *,
        lr_in_velocity: bool = False,
    ):
        # The last three are only there for torch.optim.SGD, which looks them up in a state_dict.
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "lr_in_velocity": bool(lr_in_velocity),
            "dampening": 0,
            "nesterov": False,
            "maximize": False,
        }
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict) -> None:
        """Add parameters; see ``torch.optim.Optimizer.add_param_group``."""
        group = self.defaults | param_group
        _check("lr", group["lr"])
        _check("momentum", group["momentum"], below=1)
        _check("weight_decay", group["weight_decay"])
        _check_variant(group)
        super().add_param_group(param_group)

    @torch.no_grad()
    def step(self, closure: Callable | None = None):
        """Move every parameter that has a gradient.

        Args:
            closure: clears the gradients, computes the loss and its gradients, and returns it.

        Returns:
            What ``closure`` returns, or None.

        Raises:
            TypeError: a gradient is sparse.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            update = _paper_update if group["lr_in_velocity"] else _update
            for param in group["params"]:
                if param.grad is None:
                    continue
                if param.grad.is_sparse:
                    raise TypeError("SGD wants dense gradients: make the layer with sparse=False")
                update(param, param.grad, self.state[param], group)
        return loss

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("lr_in_velocity", False)  # a state_dict of torch.optim.SGD

    def load_state_dict(self, state_dict: dict) -> None:
        """Go on from a saved state, also from one of ``torch.optim.SGD``.

        Raises:
            ValueError: it is of other parameters, of the other form, or uses what this optimizer
                does not have (Nesterov momentum, dampening, maximizing).
        """
        for ours, saved in zip(self.param_groups, state_dict["param_groups"], strict=False):
            _check_variant(saved)
            if bool(saved.get("lr_in_velocity")) != ours["lr_in_velocity"]:
                raise ValueError(
                    "the saved velocities are of the other form: make the optimizer with "
                    f"lr_in_velocity={not ours['lr_in_velocity']}"
                )
        super().load_state_dict(state_dict)


def _check(name: str, value: float, below: float = math.inf) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, but is {value!r}")
    if not 0 <= value < below:
        limits = "at least 0" if below == math.inf else f"at least 0 and below {below}"
        raise ValueError(f"{name} must be {limits} (and finite), but is {value}")


def _check_variant(group: dict) -> None:
    for name in ("dampening", "nesterov", "maximize"):
        if group.get(name):
            raise ValueError(f"{name}={group[name]} is not supported: use torch.optim.SGD for it")


def _update(param: torch.Tensor, grad: torch.Tensor, state: dict, group: dict) -> None:
    step = grad
    if group["weight_decay"] != 0:
        step = step.add(param, alpha=group["weight_decay"])
    if group["momentum"] != 0:
        if state.get("momentum_buffer") is None:
            state["momentum_buffer"] = step.clone()
        else:
            state["momentum_buffer"].mul_(group["momentum"]).add_(step)
        step = state["momentum_buffer"]
    param.add_(step, alpha=-group["lr"])


def _paper_update(param: torch.Tensor, grad: torch.Tensor, state: dict, group: dict) -> None:
    step = grad.add(param, alpha=group["weight_decay"])
    if state.get("momentum_buffer") is None:
        state["momentum_buffer"] = torch.zeros_like(param)
    velocity = state["momentum_buffer"]
    velocity.mul_(group["momentum"]).sub_(step, alpha=group["lr"])
    param.add_(velocity)


class MultiStepLR(LRScheduler):
    """Multiply the learning rate by ``gamma`` at each milestone.

    The learning rate in epoch e is ``initial * gamma ** (number of milestones <= e)``. Call
    :meth:`step` after each epoch (:func:`utils.training.fit` does so), or after each batch to
    count in batches.

    Args:
        optimizer: whose learning rates change.
        milestones: epochs (or batches) at which they drop, each at least 1.
        gamma: factor, above 0.
        last_epoch: see ``torch.optim.lr_scheduler.LRScheduler``.

    Raises:
        TypeError: ``milestones`` are not whole numbers.
        ValueError: a number is out of range.

    Source: He et al. (2016), "Deep residual learning for image recognition", section 4.2: on
    CIFAR-10, divided by 10 at 32,000 and 48,000 batches.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ):
        milestones = sorted(milestones)
        for milestone in milestones:
            _check_count("milestones", milestone)
        self.milestones = milestones
        self.gamma = _check_factor(gamma)
        super().__init__(optimizer, last_epoch)

    def drops(self) -> int:
        """How often the learning rate has dropped by now."""
        return bisect_right(self.milestones, self.last_epoch)

    def get_lr(self) -> list[float | torch.Tensor]:
        """The learning rate of each parameter group now."""
        # From the initial one each time: repeated products would gather rounding errors.
        return [initial * self.gamma ** self.drops() for initial in self.base_lrs]


class StepLR(LRScheduler):
    """Multiply the learning rate by ``gamma`` after every ``step_size`` epochs.

    The learning rate in epoch e is ``initial * gamma ** (e // step_size)``.

    Args:
        optimizer: whose learning rates change.
        step_size: epochs (or batches, when :meth:`step` is called after each) between drops.
        gamma: factor, above 0. AlexNet divided by 10, three times in 90 epochs.
        last_epoch: see ``torch.optim.lr_scheduler.LRScheduler``.

    Raises:
        TypeError: ``step_size`` is not a whole number.
        ValueError: a number is out of range.

    Source: Krizhevsky et al. (2012), section 5.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        step_size: int,
        gamma: float = 0.1,
        last_epoch: int = -1,
    ):
        _check_count("step_size", step_size)
        self.step_size = step_size
        self.gamma = _check_factor(gamma)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | torch.Tensor]:
        """The learning rate of each parameter group now."""
        drops = self.last_epoch // self.step_size
        return [initial * self.gamma**drops for initial in self.base_lrs]


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be whole numbers, but holds {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, but holds {value}")


def _check_factor(gamma: float) -> float:
    _check("gamma", gamma)
    if gamma == 0:
        raise ValueError("gamma must be above 0, or nothing is learnt after the first drop")
    return gamma
