"""How fast is EfficientNet-Lite0 of our layers, against the same network of torch's?

    python -m benchmarks.network [--threads 1] [--rounds 25] [--batch 1] [--wall]

Both run in turns in one process, in evaluation mode and without gradients; the ratio is the median
over the rounds of ours / torch, with its quartiles, and then that of each side's fastest round, in
which other programs disturb least. With one thread the time is that of the CPU, so that other
programs on the machine do not count; --wall takes the clock's.
"""

import argparse
import copy
import os
import statistics
import sys
import time

import torch

from benchmarks.layers import MALLOC
from utils import models
from utils.models.torch_layers import as_torch


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--wall", action="store_true")
    options = parser.parse_args()
    if sys.platform == "linux" and os.environ.get(next(iter(MALLOC))) is None:
        os.execve(sys.executable, sys.orig_argv, os.environ | MALLOC)
    torch.set_num_threads(options.threads)
    clock = time.perf_counter if options.wall or options.threads > 1 else time.thread_time
    ours = models.efficientnet_lite0("imagenet")
    theirs = as_torch(copy.deepcopy(ours)).eval()
    images = torch.randn(options.batch, 3, 224, 224)

    def seconds(model):
        start = clock()
        model(images)
        return clock() - start

    with torch.no_grad():
        for model in (ours, theirs) * 3:
            seconds(model)
        pairs = [(seconds(ours), seconds(theirs)) for _ in range(options.rounds)]
    low, middle, high = statistics.quantiles([a / b for a, b in pairs], n=4)
    milliseconds = [1000 * statistics.median(times) for times in zip(*pairs, strict=True)]
    print("ours {:.1f} ms, torch {:.1f} ms,".format(*milliseconds), end=" ")
    print(f"ratio {middle:.2f} ({low:.2f}-{high:.2f});", end=" ")
    ours_best, torch_best = (1000 * min(times) for times in zip(*pairs, strict=True))
    print(f"fastest {ours_best:.1f} and {torch_best:.1f} ms, ratio {ours_best / torch_best:.2f}")


if __name__ == "__main__":
    main()
