"""Learn the patches of `utils.few_images` in several ways, and write `transfer.csv`: ten minutes.

Each way is tried with three learning rates and five draws of patches; the file holds the accuracy
on the test patches. Runs that it holds already are not repeated.
"""

import csv
from itertools import product
from pathlib import Path

import torch

from utils import models
from utils.few_images import POOL, draw, from_nothing, maps, patches, tuned

RECORD = Path(__file__).with_name("transfer.csv")
HEADS = ["way", "patches", "factor", "rate", "draw", "accuracy"]
NOTHING = product(["from nothing"], (1, 3, 10, 30), [""], (0.01, 0.03, 0.1), range(5))
TUNED = product(["tuned"], (3, 30), (0, 0.01, 0.1, 1), (0.003, 0.01, 0.03), range(5))


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
    for way, count, factor, rate, seed in [*NOTHING, *TUNED]:
        setting = tuple(map(str, (way, count, factor, rate, seed)))
        if setting in known:
            continue
        chosen = draw(count, seed)
        if way == "tuned":
            model = tuned(network, pool_maps[chosen], labels[chosen], rate, factor, seed)
        else:
            model = from_nothing(pool[chosen], labels[chosen], rate, seed)
        with torch.no_grad():
            scores = model(test_maps if way == "tuned" else test)
        accuracy = (scores.argmax(1) == answers).double().mean().item()
        with RECORD.open("a", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerow([*setting, f"{accuracy:.4f}"])


if __name__ == "__main__":
    main()
