"""Learn the patches of `utils.few_images` in several ways; write `transfer.csv`, for 20 minutes.

Each is tried with several learning rates and five draws of patches; the file holds the accuracy on
the test patches. Runs that it holds already are not repeated.
"""

import csv
from itertools import product
from pathlib import Path

import torch

from utils import models
from utils.few_images import POOL, draw, from_scratch, maps, patches, tuned
from utils.training import evaluate

RECORD = Path(__file__).with_name("transfer.csv")
HEADS = ["way", "patches", "factor", "rate", "steps", "draw", "accuracy"]
COUNTS, DRAWS = (1, 3, 10, 30), range(5)
RUNS = (
    *product(["from scratch"], COUNTS, [""], (0.01, 0.03, 0.1), [150], DRAWS),
    *product(["from scratch"], COUNTS, [""], [0.03], [600], DRAWS),
    *product(["tuned"], (3, 30), (0, 0.01, 0.1, 1), (0.003, 0.03), [60], DRAWS),
)


def main():
    """Run what the file doesn't hold."""
    torch.set_num_threads(1)
    known = set()
    if RECORD.exists():
        with RECORD.open(newline="") as stream:
            known = {tuple(row[:-1]) for row in csv.reader(stream)}
    else:
        RECORD.write_text(",".join(HEADS) + "\n")
    network = models.efficientnet_lite0(weights="imagenet").eval()
    (pool, labels), (test, answers) = patches(POOL), patches(20, right=True, seed=1)
    pool_maps, test_maps = maps(network, pool), maps(network, test)
    for run in RUNS:
        setting = tuple(map(str, run))
        if setting in known:
            continue
        way, count, factor, rate, steps, seed = run
        chosen = draw(count, seed)
        if way == "tuned":
            model = tuned(network, pool_maps[chosen], labels[chosen], rate, factor, seed, steps)
        else:
            model = from_scratch(pool[chosen], labels[chosen], rate, seed, steps)
        accuracy = evaluate(model, (test_maps if way == "tuned" else test, answers)).accuracy
        with RECORD.open("a", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerow([*setting, f"{accuracy:.4f}"])


if __name__ == "__main__":
    main()
