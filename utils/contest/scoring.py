"""What a design is worth: its accuracy, measured against the front that typical designs define."""

import json
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import torch
from torch import nn

from utils._common.devices import one_thread
from utils._common.seeding import seeded
from utils.contest import typical
from utils.contest.cost import Cost, counted, evaluation, ready
from utils.contest.cutouts import CLASSES, Pictures, pictures, standardised
from utils.contest.recipe import TRAINING_PICTURES, Recipe, TooSlow, train

__all__ = [
    *("FRONT", "MOST_COST", "POINTS", "SCALE"),
    *("Score", "Typical", "accuracy", "cost", "front", "grade", "same_weights"),
]

POINTS = 12.0
MOST_COST = 4_000_000
TEST_PICTURES, BATCH = 4000, 50
CHANCE = 1 / len(CLASSES)
MOST_UNTRAINED = 0.25  # accuracy that guessing never reaches on so many pictures
#: A training may compute this many times as long as that of the typical ResNet, on this machine.
SLOWEST = 3.0
LONGEST = 120.0  # seconds of computing, however slow the machine: the grader's tests end at 180
MIME = "application/vnd.convnets.score+json"


class Typical(NamedTuple):
    """A typical design of :mod:`utils.contest.typical`, as it was measured."""

    name: str
    cost: int
    rate: float  # the best of the learning rates that were tried
    accuracies: tuple[float, ...]  # one for each start

    @property
    def accuracy(self) -> float:
        """The mean."""
        return fmean(self.accuracies)


def _measured() -> tuple[Typical, ...]:
    """Read front.toml, which `python -m benchmarks.contest` writes."""
    text = (Path(__file__).parent / "front.toml").read_text()
    rows = tomllib.loads(text)["design"]
    return tuple(Typical(**row | {"accuracies": tuple(row["accuracies"])}) for row in rows)


FRONT = _measured()
#: Accuracy above the front (below it if negative) and its points; in between in proportion. A copy
#: of a typical design earns half marks. The lesson's solution lies 7 to 10 percentage points above
#: the front, from start to start, so full marks begin below that: a percentage point is a point.
SCALE = ((-0.24, 0.0), (0.0, 6.0), (0.06, 12.0))


def front(cost: float) -> float:
    """The accuracy to beat at a cost.

    The upper hull of the typical designs, over the logarithm of the cost: no mixture of two of
    them, some pictures for each, lies above it. Below the cheapest and above the most expensive one
    it is level.
    """
    hull = _hull()
    where = math.log(cost)
    for (left, low), (right, high) in pairwise(hull):
        if where < right:
            return low + (high - low) * max(where - left, 0) / (right - left)
    return hull[-1][1]


@lru_cache
def _hull() -> list[tuple[float, float]]:
    """Corners of the front, by rising cost: (logarithm of the cost, accuracy)."""
    hull: list[tuple[float, float]] = []
    for cost, found in sorted((math.log(x.cost), x.accuracy) for x in FRONT):
        if hull and found <= hull[-1][1]:
            continue
        while len(hull) > 1 and _below(hull[-2], hull[-1], (cost, found)):
            hull.pop()
        hull.append((cost, found))
    return hull


def _below(left, middle, right) -> bool:
    """Whether the middle one of three points lies below the line between the others."""
    slope = (right[1] - left[1]) / (right[0] - left[0])
    return middle[1] <= left[1] + slope * (middle[0] - left[0])


@dataclass(frozen=True)
class Score:
    """What a design got, and why.

    ``accuracy`` is that on the test pictures, ``learnt`` that on pictures that it was trained with.
    Both are None where nothing was trained; ``seconds`` then says how long it would have taken.
    """

    cost: Cost
    recipe: Recipe = field(default_factory=Recipe)
    accuracy: float | None = None
    learnt: float | None = None
    loss: float | None = None  # of the last epoch; infinite if the training diverged
    seconds: float | None = None  # that the training would have taken, where that is too long

    @property
    def within_budget(self) -> bool:
        """Whether it costs no more than it may."""
        return self.cost.total <= MOST_COST

    @property
    def margin(self) -> float | None:
        """Accuracy above the front at its cost; negative below."""
        return None if self.accuracy is None else self.accuracy - front(self.cost.total)

    @property
    def points(self) -> float:
        """0 to 12, in halves: by the margin, along :data:`SCALE`."""
        if self.margin is None:
            return 0.0
        if self.margin >= SCALE[-1][0]:
            return POINTS
        for (low, fewer), (high, more) in pairwise(SCALE):
            if low <= self.margin < high:
                exact = fewer + (more - fewer) * (self.margin - low) / (high - low)
                return round(2 * exact) / 2
        return 0.0

    def __str__(self) -> str:
        lines = [f"cost      {self.cost}"]
        if self.accuracy is not None and self.margin is not None:
            lines += [
                f"accuracy  {self.accuracy:.1%} on new pictures, {self.learnt:.1%} on its own",
                f"front     {self.accuracy - self.margin:.1%} at this cost: "
                f"{100 * abs(self.margin):.1f} percentage points "
                f"{'above' if self.margin >= 0 else 'below'} it",
            ]
        lines.append(f"points    {self.points:g} of {POINTS:g}")
        return "\n".join([*lines, *self.reasons()])

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        """The text, and the same as data: the grader reads that, for the instructor's report."""
        found = {
            **asdict(self),
            "cost": self.cost._asdict() | {"total": self.cost.total},
            "front": front(self.cost.total),
            "points": self.points,
        }
        found = {k: None if v in (math.inf, -math.inf) else v for k, v in found.items()}
        return {"text/plain": str(self), MIME: json.dumps(found)}

    def reasons(self) -> list[str]:
        """Why it got what it got, in sentences."""
        if not self.within_budget:
            return [f"That is {self.cost.total - MOST_COST:,} over the budget of {MOST_COST:,}."]
        if self.accuracy is None or self.margin is None or self.learnt is None:
            return [
                f"It was not trained: that would have taken {self.seconds or 0:.0f} s here, and "
                f"it may take {SLOWEST:g} times as long as the typical ResNet, at most "
                f"{LONGEST:.0f} s. Many small layers, and depthwise ones above all, compute slowly "
                "for their cost."
            ]
        if self.loss is not None and not math.isfinite(self.loss):
            return [
                f"The training diverged at a rate of {self.recipe.rate:g}. Try a third of it, a "
                "longer warm-up, or batch norm."
            ]
        if self.learnt < CHANCE + 0.05:
            return [
                f"It never started: the loss stayed at {self.loss:.2f}, and guessing gives "
                f"{math.log(len(CLASSES)):.2f}. Try another rate; does the signal reach the end, "
                "and a gradient the first layer?"
            ]
        said = []
        better = [x for x in FRONT if x.cost <= self.cost.total and x.accuracy > self.accuracy]
        if better:
            best = max(better, key=lambda x: x.accuracy)
            said.append(
                f"The typical {best.name} costs {best.cost:,} and reaches {best.accuracy:.0%}: "
                "no more expensive, and better."
            )
        elif self.margin > 0:
            said.append("No typical design, and no mixture of two, is as good at this cost.")
        if self.margin < SCALE[-1][0]:
            gap = self.learnt - self.accuracy
            if gap > 0.1:
                said.append(
                    f"It knows its own pictures much better than new ones, {100 * gap:.0f} "
                    "percentage points apart: it has capacity to spare, so make it cheaper, or "
                    "regularise it."
                )
            elif self.learnt < 0.9:
                said.append(
                    "It does not even know its own pictures well: it needs more capacity where it "
                    "counts (channels, depth, receptive field), or a recipe that learns faster."
                )
        return said


def cost(model: nn.Module) -> Cost:
    """Count what a network costs for one picture; see :class:`utils.contest.cost.Cost`."""
    where = _where(model)
    try:  # other devices have operations of their own for the same work
        with seeded(0, where), one_thread():
            return counted(ready(model.cpu()), standardised(_drawn(BATCH, 2).images))[0]
    finally:
        model.to(where)


def accuracy(model: nn.Module, drawn: Pictures) -> float:
    """Share of the pictures whose class the model finds, in evaluation mode."""
    where, right = _where(model), 0
    with evaluation(model), torch.no_grad():
        for images, labels in _batches(drawn):
            right += int((model(images.to(where)).argmax(1).cpu() == labels).sum())
    return right / len(drawn.labels)


def grade(
    design: Callable[[], nn.Module],
    recipe: Recipe | Mapping[str, Any] | None = None,
    *,
    seed: int = 1,
    start: int = 0,
) -> Score:
    """Build a design, train it by its recipe, and measure its cost and its accuracy.

    All is computed on one thread of the CPU, as it is where the grader does it.

    Args:
        design: returns a new network for (N, 3, 32, 32) images with scores (N, 10).
        recipe: see :class:`Recipe`; a dictionary of what is to differ.
        seed: of the test's pictures; those of the training have seed 0.
        start: seed of the first weights and of the order of the pictures.

    Raises:
        ValueError: the design brings weights along or trains, costs what nobody can count, or the
            recipe is wrong.
        TypeError: the recipe is no dictionary.
    """
    recipe = Recipe.of(recipe)
    with seeded(start), one_thread():
        model, other = (ready(design().cpu()) for _ in range(2))
        paid = max((cost(x) for x in (model, other)), key=lambda x: x.total)
        if paid.total > MOST_COST:
            return Score(paid, recipe)
        test = _drawn(TEST_PICTURES, seed)
        if same_weights(model, other) or accuracy(model, test) > MOST_UNTRAINED:
            raise ValueError(
                "the design hands over weights that are not fresh: it must only build, and take "
                "random weights, without a fixed seed"
            )
        drawn = _drawn(TRAINING_PICTURES, 0)
        try:
            loss = train(model, drawn, recipe, most_seconds=min(SLOWEST * _yardstick(), LONGEST))
        except TooSlow as error:
            return Score(paid, recipe, seconds=error.seconds)
        # What is paid is what the test itself has cost.
        tested, found = _tested(model, test)
        paid = max(paid, tested, key=lambda x: x.total)
        if paid.total > MOST_COST:
            return Score(paid, recipe)
        own = Pictures(drawn.images[:1000], drawn.labels[:1000])
        return Score(paid, recipe, found, accuracy(model, own), loss)


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    """Whether two networks share random weights, so that these were not drawn for each anew."""
    pairs = zip(one.parameters(), other.parameters(), strict=False)
    return any(
        a.shape == b.shape and torch.equal(a, b) and a.min() < a.max()  # constants may be equal
        for a, b in pairs
    )


def _tested(model: nn.Module, drawn: Pictures) -> tuple[Cost, float]:
    """The cost for one picture, that of the most expensive batch, and the accuracy."""
    costs, right = [], 0
    for images, labels in _batches(drawn):
        paid, scores = counted(model, images)
        costs.append(paid)
        right += int((scores.argmax(1) == labels).sum())
    return max(costs, key=lambda x: x.total), right / len(drawn.labels)


def _batches(drawn: Pictures):
    images, labels = standardised(drawn.images).split(BATCH), drawn.labels.split(BATCH)
    return zip(images, labels, strict=True)


def _where(model: nn.Module) -> torch.device:
    return next(model.parameters(), torch.empty(0)).device


_drawn = lru_cache(maxsize=4)(pictures)


@lru_cache
def _yardstick() -> float:
    """Seconds that the typical ResNet's training would take on this machine, now."""
    with seeded(0):
        try:
            train(typical.resnet(), _drawn(TRAINING_PICTURES, 0), Recipe(), most_seconds=0)
        except TooSlow as slow:
            return slow.seconds
    raise AssertionError("a training without time must be too slow")
