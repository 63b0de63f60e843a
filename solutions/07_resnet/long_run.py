"""Train what takes too long for the lesson, and write it down: a few minutes on a core.

`long_run.csv` holds every epoch of networks with shortcuts, beside the plain ones that lesson 6
has trained in the same way; `variants.csv` the fourth epoch of some kinds of residual network.
"""

import csv
from pathlib import Path

from utils.small_resnet import SEEDS, train

EPOCHS = 40
#: (depth, learning rate): seeds.
RUNS = {(44, 0.05): SEEDS}
#: Kind of network: options of `small_resnet`, and learning rates.
VARIANTS = {
    "residual": ({}, (0.025, 0.05, 0.1, 0.2)),
    "pre-activation": ({"preactivation": True}, (0.025, 0.05, 0.1, 0.2)),
    "zero-gamma": ({"zero_gamma": True}, (0.05, 0.1, 0.2, 0.4)),
}
FOLDER = Path(__file__).parent


def long_run():
    """Yield a row for each epoch of a network with batch norm: plain, then with shortcuts."""
    yield "shortcuts", "depth", "rate", "seed", "epoch", "loss", "error"
    with (FOLDER.parent / "06_depth" / "long_run.csv").open() as stream:
        for row in csv.DictReader(stream):
            yield 0, *row.values()
    for (depth, rate), seeds in RUNS.items():
        for seed in seeds:
            _, curves = train(depth, True, rate=rate, seed=seed, epochs=EPOCHS)
            for epoch, (loss, error) in enumerate(zip(*curves, strict=True), start=1):
                yield 1, depth, rate, seed, epoch, f"{loss:.5f}", f"{error:.5f}"


def variants():
    """Yield a row for each network of 44 layers: its training error in the fourth of 4 epochs."""
    yield "kind", "rate", "seed", "error"
    for kind, (options, rates) in VARIANTS.items():
        for rate in rates:
            for seed in SEEDS:
                _, curves = train(44, True, rate=rate, seed=seed, epochs=4, **options)
                yield kind, rate, seed, f"{curves.errors[-1]:.5f}"


if __name__ == "__main__":
    for rows in (long_run, variants):
        with (FOLDER / f"{rows.__name__}.csv").open("w", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows())
