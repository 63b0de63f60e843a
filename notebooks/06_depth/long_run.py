"""Train the networks of section 1 for longer and write `long_run.csv`: five minutes on a core."""

import csv
from pathlib import Path

from utils.small_resnet import SEEDS, train

RECORD = Path(__file__).with_name("long_run.csv")
DEPTHS, EPOCHS = (20, 32, 44), 40


def main():
    """Train plain and residual networks for 40 epochs, and write every epoch down."""
    with RECORD.open("w", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(["seed", "depth", "residual", "epoch", "loss", "error"])
        for seed in SEEDS:
            for depth in DEPTHS:
                for residual in (False, True):
                    _, curves = train(depth, residual, seed=seed, epochs=EPOCHS)
                    for epoch, (loss, error) in enumerate(zip(*curves, strict=True), start=1):
                        rows.writerow(
                            [seed, depth, int(residual), epoch, f"{loss:.5f}", f"{error:.5f}"]
                        )
                    print(seed, depth, residual, f"{curves.losses[-1]:.4f} {curves.errors[-1]:.2%}")


if __name__ == "__main__":
    main()
