"""Measures the typical designs that define the contest's front; writes utils/contest/front.toml.

Each looks for its learning rate, from one start and with pictures of their own, until both
neighbours of the best are worse; with that rate it is then trained from three starts, and tested on
the contest's pictures. On one core this takes some quarter of an hour.

    python -m benchmarks.contest            # all five
    python -m benchmarks.contest ResNet     # these only; the others stay as they are
"""

import sys
from pathlib import Path

from utils import contest
from utils.contest import scoring

RATES, STARTS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5), (0, 1, 2)
FIRST_RATE = 0.05
OTHER_PICTURES = 3  # seed of those that a rate is chosen with
TARGET = Path(scoring.__file__).parent / "front.toml"
HEAD = "# Written by benchmarks/contest.py: accuracy of typical designs on 4000 new pictures.\n"


def measured(name: str) -> scoring.Typical:
    """The design at its best rate, from each start."""
    design = contest.typical.DESIGNS[name]
    tried: dict[float, contest.Score] = {}
    rate = FIRST_RATE
    while around := [x for x in neighbours(rate) if x not in tried]:
        for x in around:
            tried[x] = contest.grade(design, {"rate": x}, seed=OTHER_PICTURES)
            print(f"{name:20} rate {x:g}: {tried[x].accuracy:.1%}", flush=True)
        rate = max(tried, key=lambda x: tried[x].accuracy)
    found = tuple(contest.grade(design, {"rate": rate}, start=x).accuracy for x in STARTS)
    print(f"{name:20} {', '.join(f'{x:.1%}' for x in found)}", flush=True)
    return scoring.Typical(name, tried[rate].cost.total, rate, found)


def neighbours(rate: float) -> tuple[float, ...]:
    """A rate with those next to it."""
    place = RATES.index(rate)
    return RATES[max(place - 1, 0) : place + 2]


def as_toml(found: dict[str, scoring.Typical]) -> str:
    """The file's text, by rising cost."""
    parts = [HEAD]
    for x in sorted(found.values(), key=lambda x: x.cost):
        accuracies = ", ".join(f"{accuracy:g}" for accuracy in x.accuracies)
        parts.append(
            f'[[design]]\nname = "{x.name}"\ncost = {x.cost}\nrate = {x.rate:g}\n'
            f"accuracies = [{accuracies}]\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    found = {x.name: x for x in scoring.FRONT if x.name in contest.typical.DESIGNS}
    for name in sys.argv[1:] or contest.typical.DESIGNS:
        found[name] = measured(name)
        TARGET.write_text(as_toml(found))
