"""The designs of the contest, by cost and accuracy, beside the front."""

import math
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from utils.contest import scoring
from utils.contest.scoring import MOST_COST, SCALE, Score, front
from utils.plots import OKABE_ITO

__all__ = ["describe", "draw"]

LEAST_COST = 200_000  # at the left end, unless a design is cheaper
LEAST_ACCURACY = 0.5  # at the lower end, unless a design is less accurate


def draw(scores: Mapping[str, Score]) -> Figure:
    """Draw designs, by name, over the front and the five typical ones that define it.

    What was not trained (over the budget, or too slow) is left out.
    """
    shown = {name: x for name, x in scores.items() if x.accuracy is not None}
    least = min([LEAST_COST, *(x.cost.total for x in shown.values())])
    costs = np.geomspace(least, MOST_COST, 200)
    beaten = np.array([front(x) for x in costs])
    lowest = min([LEAST_ACCURACY, *(x.accuracy or 0 for x in shown.values())])
    figure, axis = plt.subplots(figsize=(8, 4.8), layout="constrained")
    axis.plot(
        costs, beaten, "-", color=OKABE_ITO["black"], marker="", label="the front: half marks"
    )
    axis.fill_between(
        *(costs, beaten + SCALE[-1][0], 1),
        color=OKABE_ITO["green"],
        alpha=0.15,
        label="full marks",
    )
    for x in scoring.FRONT:
        above = x.cost > MOST_COST / 2 and x.accuracy >= front(x.cost)
        _point(axis, x.name, x.cost, x.accuracy, "o", OKABE_ITO["blue"], above=above)
    for name, own in shown.items():
        above = own.margin is not None and own.margin > 0
        found = own.accuracy or 0.0
        _point(axis, name, own.cost.total, found, "D", OKABE_ITO["vermillion"], above=above)
    axis.set(
        xscale="log",
        xlim=(least, MOST_COST),
        ylim=(math.floor(10 * lowest) / 10, 1),
        xlabel="cost of one picture: multiply-adds, other operations and parameters",
        ylabel="test accuracy",
    )
    axis.xaxis.set_major_formatter(_millions)
    axis.set_xticks([x for x in (1e5, 2e5, 5e5, 1e6, 2e6, 4e6) if x >= least], minor=False)
    axis.xaxis.set_minor_formatter("")
    axis.legend(loc="lower right", frameon=False)
    return figure


def describe(scores: Mapping[str, Score]) -> str:
    """What :func:`draw` shows, in words: a text alternative."""
    said = [f"{x.name} at {x.cost:,}: {x.accuracy:.0%}" for x in scoring.FRONT]
    said += [
        f"{name} at {x.cost.total:,}: {x.accuracy:.0%}"
        for name, x in scores.items()
        if x.accuracy is not None
    ]
    return f"Designs by cost and test accuracy, with the front. {'; '.join(said)}."


def _millions(cost: float, _place) -> str:
    return f"{cost / 1e6:g} million"


def _point(axis, name: str, cost: float, accuracy: float, marker, color, *, above: bool) -> None:
    axis.plot([cost], [accuracy], marker, color=color, markersize=7)
    left = above or cost > MOST_COST / 2
    axis.annotate(
        name,
        (cost, accuracy),
        (-7 if left else 7, 6 if above else -13),
        textcoords="offset points",
        ha="right" if left else "left",
        color=color,
        fontsize=9,
    )
