"""How long the course's conv2d takes, as a ratio to torch's.

Run `python benchmarks/conv.py [--rounds N]` on a machine that does nothing else.

Ours and torch's run in turn in one process, on one thread, so that a busy machine slows both.
A ratio below 1 means that ours is faster. The spread is the middle half of the rounds' ratios.
"""

import argparse
import statistics
import time

import torch
import torch.nn.functional as F

from utils import device, functional

# name, batch, channels, size, filters, kernel, stride, padding
CASES = [
    ("digits, 3x3", 64, 1, 8, 8, 3, 1, 1),
    ("AlexNet conv1, 11x11/4", 1, 3, 227, 96, 11, 4, 0),
    ("ResNet conv1, 7x7/2", 1, 3, 224, 64, 7, 2, 3),
    ("VGG conv1_2, 3x3, 64 at 224", 1, 64, 224, 64, 3, 1, 1),
    ("VGG conv3_2, 3x3, 256 at 56", 1, 256, 56, 256, 3, 1, 1),
    ("1x1, 256 at 56", 1, 256, 56, 64, 1, 1, 0),
]
METHODS = ["auto", "im2col", "winograd"]


def seconds(function, *arguments, **options):
    """Time one call; a GPU is waited for."""
    if device().type == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    function(*arguments, **options)
    if device().type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def ratios(ours, theirs, rounds):
    """Ratio of our time to theirs in each round, sorted."""
    ours(), theirs()
    return sorted(seconds(ours) / seconds(theirs) for _ in range(rounds))


def cell(values):
    """Median and middle half, as text."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:5.2f} ({low:.2f} to {high:.2f})"


def backward_of_torch(output_mask, grad_output, input, weight, stride, padding):
    """torch's own explicit backward of a convolution."""
    return torch.ops.aten.convolution_backward(
        grad_output,
        input,
        weight,
        [weight.shape[0]],
        [stride] * 2,
        [padding] * 2,
        [1, 1],
        False,
        [0, 0],
        1,
        output_mask,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {device()}, 1 thread, {rounds} rounds, ours / torch")
    print("| case | " + " | ".join([*METHODS, "backward"]) + " |")
    print("|---|" + "---|" * (len(METHODS) + 1))
    for name, batch, channels, size, filters, kernel, stride, padding in CASES:
        input = torch.randn(batch, channels, size, size, device=device())
        weight = torch.randn(filters, channels, kernel, kernel, device=device())
        options = {"stride": stride, "padding": padding}
        output = F.conv2d(input, weight, **options)
        row = []
        for method in METHODS:
            if method == "winograd" and (kernel, stride) != (3, 1):
                row.append("")
                continue
            values = ratios(
                lambda m=method: functional.conv2d(input, weight, **options, method=m),
                lambda: F.conv2d(input, weight, **options),
                rounds,
            )
            row.append(cell(values))
        mask = (channels > 3, True, True)  # in training, an image's gradient is not asked for
        values = ratios(
            lambda: functional.conv2d_backward(output, input, weight, **options, output_mask=mask),
            lambda: backward_of_torch(mask, output, input, weight, stride, padding),
            rounds,
        )
        print(f"| {name} | " + " | ".join([*row, cell(values)]) + " |", flush=True)


if __name__ == "__main__":
    main()
