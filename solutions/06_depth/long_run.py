"""Train what takes too long for the lesson, and write it down: a quarter of an hour on a core.

`sweep.csv` holds the test accuracy of plain networks of 14 layers by the scale of their first
weights and by their learning rate; `long_run.csv` every epoch of deeper ones.
"""

import csv
from itertools import product
from pathlib import Path

from utils.small_resnet import SEEDS, test_accuracy, train

SCALES, SWEPT_RATES = (0.25, 0.5, 0.71, 1, 1.41, 2, 4), (0.005, 0.02, 0.08, 0.32)
EPOCHS = 40
#: (depth, learning rate): seeds.
RUNS = {
    (20, 0.025): SEEDS,
    (20, 0.05): SEEDS,
    (20, 0.1): (0,),
    (32, 0.05): SEEDS,
    (44, 0.0125): SEEDS,
    (44, 0.025): SEEDS,
    (44, 0.05): SEEDS,
    (44, 0.1): (0,),
}


def sweep():
    """Yield a row for each network of 14 layers: three epochs, with batch norm and without."""
    yield "batch_norm", "scale", "rate", "seed", "accuracy"
    for setting in product((False, True), SCALES, SWEPT_RATES, SEEDS):
        batch_norm, scale, rate, seed = setting
        model, _ = train(14, False, batch_norm, scale=scale, rate=rate, seed=seed, epochs=3)
        yield int(batch_norm), scale, rate, seed, f"{test_accuracy(model):.4f}"


def long_run():
    """Yield a row for each epoch of a network with batch norm."""
    yield "depth", "rate", "seed", "epoch", "loss", "error"
    for (depth, rate), seeds in RUNS.items():
        for seed in seeds:
            _, curves = train(depth, False, rate=rate, seed=seed, epochs=EPOCHS)
            for epoch, (loss, error) in enumerate(zip(*curves, strict=True), start=1):
                yield depth, rate, seed, epoch, f"{loss:.5f}", f"{error:.5f}"


if __name__ == "__main__":
    for rows in (sweep, long_run):
        with Path(__file__).with_name(f"{rows.__name__}.csv").open("w", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows())
