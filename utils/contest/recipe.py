"""How a design is trained: always with the same pictures and as often, by a recipe of its own."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils._common.devices import one_thread
from utils.contest.cutouts import Pictures, standardised, turned

__all__ = ["EPOCHS", "TRAINING_PICTURES", "Recipe", "TooSlow", "train"]

TRAINING_PICTURES, EPOCHS = 5000, 8
SCHEDULES = ("cosine", "linear", "steps", "constant")
#: Smallest and largest value of each number in a recipe.
RANGES = {"rate": (1e-5, 10), "warm_up": (0, 0.5), "momentum": (0, 0.99), "weight_decay": (0, 0.1)}
BATCHES = (20, 200)
TIMED = 20  # steps after which it is known how long a training will take


class TooSlow(RuntimeError):
    """The training would take longer than it may; ``seconds`` says how long."""

    def __init__(self, seconds: float):
        super().__init__(f"the training would take {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Recipe:
    """How a design wants to be trained, by SGD with momentum.

    ``rate`` is the largest learning rate. It is reached linearly within the share ``warm_up`` of
    all steps; then ``schedule`` says how it falls: to 0 along a "cosine" or a "linear" line, to a
    tenth at a half and again at three quarters ("steps"), or not at all ("constant").
    ``weight_decay`` is the factor of L2 regularisation, ``batch`` the number of pictures in a step.
    """

    rate: float = 0.05
    schedule: str = "cosine"
    warm_up: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    batch: int = 25

    def __post_init__(self):
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"the recipe's {name} must be a number, but is {value!r}")
            if not least <= value <= most:
                raise ValueError(
                    f"the recipe's {name} must be from {least:g} to {most:g}, but is {value:g}"
                )
        if isinstance(self.batch, bool) or not isinstance(self.batch, int):
            raise TypeError(f"the recipe's batch must be a whole number, but is {self.batch!r}")
        if not BATCHES[0] <= self.batch <= BATCHES[1]:
            least, most = BATCHES
            raise ValueError(f"the recipe's batch must be from {least} to {most}, not {self.batch}")
        if self.schedule not in SCHEDULES:
            raise ValueError(
                f"the recipe's schedule must be one of {', '.join(SCHEDULES)}, "
                f"but is {self.schedule!r}"
            )

    @classmethod
    def of(cls, given: "Recipe | Mapping[str, Any] | None") -> "Recipe":
        """Read a recipe from a dictionary; what it leaves out stays as above.

        Raises:
            TypeError: it is no dictionary, or a value has the wrong type.
            ValueError: it has a key that no recipe has, or a value is out of range.
        """
        if isinstance(given, Recipe):
            return given
        if given is None:
            return cls()
        if not isinstance(given, Mapping):
            raise TypeError(
                f"a recipe is a dictionary such as {{'rate': 0.05}}, not {type(given).__name__}"
            )
        names = [field.name for field in fields(cls)]
        if unknown := [key for key in given if key not in names]:
            raise ValueError(
                f"a recipe has no {', '.join(map(repr, unknown))}; it may have {', '.join(names)}"
            )
        return cls(**given)

    def share(self, done: float) -> float:
        """Which share of ``rate`` is used after the share ``done`` of all steps."""
        if done < self.warm_up:
            return done / self.warm_up
        left = 1 - (done - self.warm_up) / (1 - self.warm_up)
        if self.schedule == "cosine":
            return (1 - math.cos(math.pi * left)) / 2
        if self.schedule == "linear":
            return left
        if self.schedule == "steps":
            return 0.1 ** ((left <= 0.5) + (left <= 0.25))
        return 1.0


def train(
    model: nn.Module,
    drawn: Pictures,
    recipe: Recipe,
    *,
    epochs: int = EPOCHS,
    most_seconds: float = math.inf,
) -> float:
    """Train a network by a recipe; return the mean loss of the last epoch.

    Returns:
        Infinity, and at once, if a loss is not finite.

    Raises:
        TooSlow: after some steps it shows that it would compute for more than ``most_seconds``.
    """
    where = next(model.parameters()).device
    inputs, labels = standardised(drawn.images).to(where), drawn.labels.to(where)
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=recipe.rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
    )
    steps, step = epochs * -(-len(inputs) // recipe.batch), 0
    started = time.thread_time()
    model.train()
    with one_thread():
        for _ in range(epochs):
            losses = []
            for batch in torch.randperm(len(inputs)).split(recipe.batch):
                step += 1
                optimizer.param_groups[0]["lr"] = recipe.rate * recipe.share(step / (steps + 1))
                loss = _step(model, optimizer, turned(inputs[batch]), labels[batch])
                if not math.isfinite(loss):
                    return math.inf
                losses.append(loss)
                if step == TIMED:
                    seconds = (time.thread_time() - started) / TIMED * steps
                    if seconds > most_seconds:
                        raise TooSlow(seconds)
    return sum(losses) / len(losses)


def _step(model: nn.Module, optimizer, inputs: Tensor, labels: Tensor) -> float:
    loss = F.cross_entropy(model(inputs), labels)
    if torch.isfinite(loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()
