"""The task of the last lesson: tell drawn shapes apart with a network that keeps a budget.

:func:`grade` says what a design is worth. Its numbers are stated here, and it uses nothing else.
"""

import copy
import math
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from utils import data, sizing
from utils._common.devices import device, one_thread
from utils._common.printing import as_printed
from utils._common.seeding import seeded
from utils.data import Shapes

__all__ = [
    *("CLASSES", "SIZE", "Cost", "Grade", "best_rate", "cost", "flow", "grade", "images", "train")
]

CLASSES = ("circle", "triangle", "square", "cross", "star")
SIZE = 24
MOST_PARAMETERS = 20_000
MOST_MULTIPLY_ADDS = 950_000

POINTS_FLOW, POINTS_ACCURACY = 2.0, 10.0
# Full points up to the first number, none from the second one on, in between in proportion.
FLOW = (30.0, 300.0)  # on a logarithmic scale
ACCURACY = (0.85, 0.40)

TRAINING_IMAGES, TEST_IMAGES = 1500, 500
EPOCHS, BATCH, RATE = 12, 50, 0.05
#: A sound network may need a smaller step than another, so each is first tried with these.
RATES, TRIAL_EPOCHS = (RATE, 0.02, 0.005), 2
CHANCE = 1 / len(CLASSES)
MOST_UNTRAINED = 0.45  # share that guessing never gets right


class Cost(NamedTuple):
    """What a network needs for one image: numbers to learn, and multiply-adds."""

    parameters: int
    multiply_adds: int

    @property
    def within_budget(self) -> bool:
        """Whether both numbers are allowed."""
        return self.parameters <= MOST_PARAMETERS and self.multiply_adds <= MOST_MULTIPLY_ADDS

    def __str__(self) -> str:
        return f"{self.parameters:,} parameters, {self.multiply_adds:,} multiply-adds"

    def _repr_pretty_(self, printer, cycle: bool) -> None:
        as_printed(self, printer, cycle)


@dataclass(frozen=True)
class Grade:
    """Points for a design, and what they were given for."""

    cost: Cost
    flow: float | None = None
    accuracy: float | None = None
    rate: float | None = None  # the learning rate that it was trained with
    loss: float | None = None  # on the training images, in the last epoch; infinite if it diverged

    @property
    def points(self) -> float:
        """Up to 2 for the gradient's flow and up to 10 for accuracy; 0 over the budget."""
        return round(self.flow_points + self.accuracy_points, 1)

    @property
    def flow_points(self) -> float:
        """2 up to a ratio of 30, 0 from 300 on, in between by its logarithm."""
        if self.flow is None:
            return 0.0
        ratio, best, worst = (math.log(x) for x in (self.flow, *FLOW))
        return POINTS_FLOW * _share(ratio, best, worst)

    @property
    def accuracy_points(self) -> float:
        """10 from 85 % on, 0 up to 40 %, in between in proportion."""
        if self.accuracy is None:
            return 0.0
        return POINTS_ACCURACY * _share(self.accuracy, *ACCURACY)

    def __str__(self) -> str:
        lines = [
            f"parameters     {self.cost.parameters:9,} of {MOST_PARAMETERS:9,}",
            f"multiply-adds  {self.cost.multiply_adds:9,} of {MOST_MULTIPLY_ADDS:9,}",
        ]
        if not self.cost.within_budget:
            return "\n".join([*lines, "over the budget: 0 points", *self._reasons()])
        gap = " " * 13
        lines += [
            f"gradient flow  {self.flow:9.1f} {gap} {self.flow_points:4.1f} of  2 points",
            f"accuracy       {self.accuracy:9.1%} {gap} {self.accuracy_points:4.1f} of 10 points",
            f"together       {'':9} {gap} {self.points:4.1f} of 12 points",
        ]
        return "\n".join([*lines, *self._reasons()])

    _repr_pretty_ = as_printed

    def _reasons(self) -> list[str]:
        """Why it got what it got, in sentences."""
        if not self.cost.within_budget:
            most = Cost(MOST_PARAMETERS, MOST_MULTIPLY_ADDS)
            over = [
                f"{paid - allowed:,} {name.replace('_', '-' if 'adds' in name else ' ')}"
                for name, paid, allowed in zip(Cost._fields, self.cost, most, strict=True)
                if paid > allowed
            ]
            return [f"It has {' and '.join(over)} too many."]
        said = []
        if self.rate is not None:
            tried = ", ".join(f"{rate:g}" for rate in RATES)
            said.append(f"Trained with the learning rate {self.rate:g}, the best of {tried}.")
        if self.loss is not None and not math.isfinite(self.loss):
            said.append("The training diverged with each of them: does the signal grow in it?")
        elif self.accuracy is not None and self.accuracy < CHANCE + 0.05 and self.loss is not None:
            said.append(
                f"It never started: the loss stayed at {self.loss:.2f}, and guessing gives "
                f"{math.log(len(CLASSES)):.2f}. Does a gradient reach the first layer?"
            )
        if self.flow is not None and self.flow_points < POINTS_FLOW:
            said.append(
                f"One layer's gradient is {self.flow:.0f} times another's; full points need "
                f"{FLOW[0]:.0f} or less."
            )
        return said


def images(count: int = TRAINING_IMAGES, seed: int = 0) -> Shapes:
    """Draw images (count, 3, 24, 24) and labels (count,) of the five classes, in equal numbers."""
    return data.shapes(count, difficulty=0.5, seed=seed, classes=CLASSES, size=SIZE)


def ready(model: nn.Module) -> nn.Module:
    """Run a network once, in evaluation mode, and return it: lazy layers get their weights then."""
    with _evaluation(model), torch.no_grad(), one_thread():
        model(_nothing(model))
    return model


def cost(model: nn.Module, pictures: Tensor | None = None) -> Cost:
    """Count a network's parameters, and its multiply-adds for one image.

    Multiply-adds are counted in layers and, for a network that computes with functions instead,
    by torch; the larger number holds. With pictures, torch counts what those cost on average.
    """
    ready(model)
    seen = _nothing(model) if pictures is None else _standardised(pictures).to(_where(model))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    counter = FlopCounterMode(display=False)
    with _evaluation(model), torch.no_grad(), one_thread():
        with counter:
            model(seen)
        in_layers = sizing.summary(model, (3, SIZE, SIZE)).multiply_adds
    return Cost(parameters, max(in_layers, counter.get_total_flops() // (2 * len(seen))))


def flow(model: nn.Module) -> float:
    """Ratio of the largest to the smallest gradient of a layer's weights, after one step.

    Root mean squares, so that layers of different sizes compare; after one step of gradient
    descent, so that layers behind a last layer of zeros count too. The weights are the parameters
    with two axes or more that are longer than 1, in layers or without; those of LayerNorm and
    RMSNorm don't count, and scales and biases have one such axis at most. The model takes the
    step: hand over one that is not needed any more. Infinite where a layer gets no gradient, is
    frozen, or gets one that is not finite, and where there are no weights.

    A normalisation whose scales all start at 0, so that its branch starts as nothing (Goyal et al.
    (2017), arXiv:1706.02677, section 5.1), is measured with scales of 1: it opens as it learns.
    """
    ready(model)
    if not all(parameter.requires_grad for parameter in model.parameters()):
        return math.inf
    weights = _weights(model)
    if not weights:
        return math.inf
    _open_branches(model)
    drawn = images(100, seed=1)
    where = weights[0].device
    batch, labels = _standardised(drawn.images).to(where), drawn.labels.to(where)
    model.train()
    with one_thread():
        F.cross_entropy(model(batch), labels).backward()
        torch.optim.SGD(model.parameters(), lr=RATE).step()
        loss = F.cross_entropy(model(batch), labels)
        gradients = torch.autograd.grad(loss, weights, allow_unused=True)
    norms = [0.0 if grad is None else grad.square().mean().sqrt().item() for grad in gradients]
    if not all(0 < norm < math.inf for norm in norms):
        return math.inf
    return max(norms) / min(norms)


def train(model: nn.Module, drawn: Shapes, *, epochs: int = EPOCHS, rate: float = RATE) -> float:
    """Train as every design is trained: SGD, momentum 0.9, L2, batches of 50, a cosine to zero.

    Returns:
        The mean loss of the last epoch; infinite, and at once, if a loss is not finite.
    """
    where = next(model.parameters()).device
    inputs, labels = _standardised(drawn.images).to(where), drawn.labels.to(where)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, weight_decay=5e-4)
    steps = epochs * -(-len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    model.train()
    with one_thread():
        for _ in range(epochs):
            losses = []
            for batch in torch.randperm(len(inputs)).split(BATCH):
                loss = F.cross_entropy(model(inputs[batch]), labels[batch])
                if not torch.isfinite(loss):
                    return math.inf
                losses.append(loss.item())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    return sum(losses) / len(losses)


def best_rate(model: nn.Module, drawn: Shapes) -> float:
    """The learning rate of RATES with which a copy of the network learns most in two epochs."""
    losses = {
        rate: train(copy.deepcopy(model), drawn, epochs=TRIAL_EPOCHS, rate=rate) for rate in RATES
    }
    return min(losses, key=lambda rate: losses[rate])


def accuracy(model: nn.Module, drawn: Shapes) -> float:
    """Share of the images whose class the model finds, in evaluation mode."""
    where = next(model.parameters()).device
    with _evaluation(model), torch.no_grad():
        scores = model(_standardised(drawn.images).to(where))
    return (scores.argmax(1).cpu() == drawn.labels).double().mean().item()


def grade(design: Callable[[], nn.Module], *, seed: int = 2) -> Grade:
    """Build a design, and measure its cost, its gradient's flow and its accuracy once trained.

    Args:
        design: returns a new network for (N, 3, 24, 24) images with scores (N, 5).
        seed: of the images that it is tested with; those it is trained with have seed 0.

    Returns:
        A :class:`Grade`; over the budget nothing is trained.

    Raises:
        ValueError: the design brings weights along, or trains.
    """
    with seeded(0, device()):
        paid = cost(design())
        if not paid.within_budget:
            return Grade(paid)
        ratio = flow(design().to(device()))
        model, other = (ready(design().to(device())) for _ in range(2))
        test = images(TEST_IMAGES, seed)
        # What is trained has to keep the budget too, with as many images as it is tested with.
        for paid_here in (cost(model, test.images), cost(other)):
            if not paid_here.within_budget:
                return Grade(paid_here)
        if same_weights(model, other) or accuracy(model, test) > MOST_UNTRAINED:
            raise ValueError(
                "the design hands over weights that are not fresh: it must only build, and take "
                "random weights, without a fixed seed"
            )
        drawn = images()
        rate = best_rate(model, drawn)
        loss = train(model, drawn, rate=rate)
        return Grade(paid, ratio, accuracy(model, test), rate, loss)


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    """Whether two networks share random weights, so that these were not drawn for each anew."""
    pairs = zip(one.parameters(), other.parameters(), strict=False)
    return any(
        a.shape == b.shape and torch.equal(a, b) and a.min() < a.max()  # constants may be equal
        for a, b in pairs
    )


def _open_branches(model: nn.Module) -> None:
    """Set the scales of normalisations that start at 0 to 1."""
    for module in model.modules():
        scale = getattr(module, "weight", None)
        if "Norm" in type(module).__name__ and scale is not None and not scale.any():
            nn.init.ones_(scale)


def _share(value: float, best: float, worst: float) -> float:
    return min(max((value - worst) / (best - worst), 0.0), 1.0)


def _where(model: nn.Module) -> torch.device:
    return next(model.parameters(), torch.empty(0)).device


def _nothing(model: nn.Module) -> Tensor:
    return torch.zeros(1, 3, SIZE, SIZE, device=_where(model))


def _standardised(pictures: Tensor) -> Tensor:
    return (pictures - 0.5) / 0.25


def _weights(model: nn.Module) -> list[nn.Parameter]:
    return [
        parameter
        for module in model.modules()
        if not isinstance(module, (nn.LayerNorm, nn.RMSNorm))
        for parameter in module.parameters(recurse=False)
        if sum(size > 1 for size in parameter.shape) >= 2
    ]


@contextmanager
def _evaluation(model: nn.Module):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training
