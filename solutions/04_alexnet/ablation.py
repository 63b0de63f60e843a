"""Train the small AlexNet without each of its tricks, and write `ablation.csv`: some ten minutes.

Each side gets its own best learning rate, by its accuracy on the validation images with the first
seed; the rates go on in steps of two until the best has a worse one on both sides. Two more seeds
follow at that rate. Runs that the file holds already are not repeated.
"""

import csv
from pathlib import Path

from utils.small_alexnet import EPOCHS, TRICKS, accuracy, images, train

RECORD = Path(__file__).with_name("ablation.csv")
HEADS = ["off", "rate", "seed", "train", "validation", "test"]
HEADS += ["epochs", "curve", "curve_validation"]
BOTH = ("dropout", "augmentation")
SIDES = [(), ("dropout",), ("augmentation",), BOTH]
SIDES += [(trick,) for trick in TRICKS if trick not in BOTH]
SEEDS = (0, 1, 2)


def recorded():
    """Return what the file holds: (off, rate, seed) -> final accuracy on the validation images."""
    if not RECORD.exists():
        return {}
    with RECORD.open(newline="") as stream:
        return {
            (row["off"], float(row["rate"]), int(row["seed"])): float(row["validation"])
            for row in csv.DictReader(stream)
        }


def run(sets, off, rate, seed):
    """Train once, unless the file has it, and return the accuracy on the validation images."""
    name = " + ".join(off)
    known = recorded()
    if (name, rate, seed) in known:
        return known[name, rate, seed]
    model, curves = train(sets, off=off, rate=rate, seed=seed)
    final = curves.validation[-1] if EPOCHS in curves.epochs else 0.0  # it diverged
    figures = [accuracy(model, sets.train), final, accuracy(model, sets.test)]
    lines = [" ".join(f"{x:.4g}" for x in values) for values in curves]
    new = not RECORD.exists()
    with RECORD.open("a", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        if new:
            rows.writerow(HEADS)
        rows.writerow([name, rate, seed, *(f"{x:.4f}" for x in figures), *lines])
    print(f"without {name or 'nothing':22} rate {rate:5} seed {seed}: {final:.1%}", flush=True)
    return final


def main():
    """Sweep the rate of each side, and run its best with all seeds."""
    sets = images()
    for off in SIDES:
        rate = 0.32 if "momentum" in off else 0.04
        found = {r: run(sets, off, r, SEEDS[0]) for r in (rate / 2, rate)}
        while (best := max(found, key=found.get)) in (min(found), max(found)):
            farther = best / 2 if best == min(found) else best * 2
            found[farther] = run(sets, off, farther, SEEDS[0])
        for seed in SEEDS[1:]:
            run(sets, off, best, seed)


if __name__ == "__main__":
    main()
