"""Train what takes too long for the lesson, and write it down: half an hour on a core.

`long_run.csv` holds every epoch of networks with shortcuts, trained as lesson 6 trains plain ones.
"""

import csv
from pathlib import Path

from utils.small_resnet import SEEDS, train

EPOCHS = 40
#: (depth, learning rate): seeds. Those of lesson 6, which has the plain networks.
RUNS = {
    (44, 0.05): SEEDS,
    (20, 0.05): SEEDS,
    (32, 0.05): SEEDS,
    (44, 0.025): (0,),
    (44, 0.1): (0,),
}


def long_run():
    """Yield a row for each epoch of a network with shortcuts and batch norm."""
    yield "depth", "rate", "seed", "epoch", "loss", "error"
    for (depth, rate), seeds in RUNS.items():
        for seed in seeds:
            _, curves = train(depth, True, rate=rate, seed=seed, epochs=EPOCHS)
            for epoch, (loss, error) in enumerate(zip(*curves, strict=True), start=1):
                yield depth, rate, seed, epoch, f"{loss:.5f}", f"{error:.5f}"


if __name__ == "__main__":
    with Path(__file__).with_name("long_run.csv").open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        for row in long_run():
            writer.writerow(row)
            stream.flush()
