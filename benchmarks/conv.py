"""How fast is utils.functional.conv2d, against torch's? Prints a table of ratios.

    python benchmarks/conv.py [--rounds 11] [--batch 1 8] [--case 3x3] [--backward] [--device cuda]

Ours and torch's run in turns in one process; a ratio is the median over the rounds of ours / torch,
with its quartiles: below 1 ours is faster. "NCHW" and "NHWC" are torch on contiguous and on
channels-last tensors; ours takes contiguous ones. "error" is the largest difference from float64,
relative to the largest output, and "extra" is the most memory in use besides input, weight and
output. With --backward, torch and ours each run the forward pass and the gradients of input,
weight and bias (of the first layers only those of weight and bias, as in training).

On Linux the C library returns large blocks to the system after each call, and page faults then
decide. So the script restarts itself with MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ raised,
unless --plain-malloc is given.
"""

import argparse
import os
import statistics
import sys
import time
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch.profiler import ProfilerActivity, profile

from utils.functional import conv2d, conv2d_backward

os.environ["KINETO_LOG_LEVEL"] = "9"
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(2**33), "MALLOC_TRIM_THRESHOLD_": str(2**34)}


class Case(NamedTuple):
    name: str
    channels: int
    size: int
    filters: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    target: float = 0  # ours / torch on NCHW, forward; 0 where none is set

    @property
    def options(self):
        return self.stride, self.padding, 1, self.groups


CASES = [
    Case("AlexNet conv1 11x11/4", 3, 227, 96, 11, 4, target=1.45),
    Case("AlexNet conv2 5x5", 96, 27, 256, 5, 1, 2, target=1.45),
    Case("AlexNet conv2 5x5, 2 groups", 96, 27, 256, 5, 1, 2, 2, target=1.6),
    Case("VGG conv1 3x3", 3, 224, 64, 3, 1, 1),
    Case("VGG 3x3, 64 at 224", 64, 224, 64, 3, 1, 1, target=0.9),
    Case("VGG 3x3, 256 at 56", 256, 56, 256, 3, 1, 1, target=0.7),
    Case("VGG 3x3, 512 at 14", 512, 14, 512, 3, 1, 1, target=0.85),
    Case("ResNet 7x7/2", 3, 224, 64, 7, 2, 3, target=1.45),
    Case("ResNet 3x3/2", 128, 56, 128, 3, 2, 1),
    Case("ResNet 1x1", 256, 56, 64, 1, target=1.1),
    Case("ResNet 1x1/2", 256, 56, 512, 1, 2, target=1.1),
    Case("depthwise 3x3", 128, 56, 128, 3, 1, 1, 128, target=3),
    Case("digits 3x3, 8 at 8", 1, 8, 8, 3, 1, 1),
]


def forward(function, input, weight, bias, case, grad_output):
    return function(input, weight, bias, *case.options)


def both_theirs(function, input, weight, bias, case, grad_output):
    output = function(input, weight, bias, *case.options)
    return torch.ops.aten.convolution_backward(
        grad_output,
        input,
        weight,
        [case.filters],
        [case.stride] * 2,
        [case.padding] * 2,
        [1, 1],
        False,
        [0, 0],
        case.groups,
        mask(case),
    )[1].add(output.flatten()[0])


def both_ours(function, input, weight, bias, case, grad_output):
    output = function(input, weight, bias, *case.options)
    _, grad_weight, _ = conv2d_backward(
        grad_output, input, weight, *case.options, output_mask=mask(case)
    )
    return grad_weight.add(output.flatten()[0])


def mask(case):
    return [case.channels > 3, True, True]


def seconds(work, device):
    if device.type == "cuda":
        start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        stop.record()
        torch.cuda.synchronize()
        return start.elapsed_time(stop) / 1000
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def extra_bytes(work, device):
    """Most memory in use at once during the call, less what is left of it: its output."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        output = work()
        return torch.cuda.max_memory_allocated() - before - output.untyped_storage().nbytes()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        output = work()
    events = [e for e in record.profiler.kineto_results.events() if e.name() == "[memory]"]
    now = most = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    return most - output.untyped_storage().nbytes()


def measure(case, batch, arguments, device):
    torch.manual_seed(0)
    dtype = getattr(torch, arguments.dtype)
    where = {"device": device, "dtype": dtype}
    input = torch.randn(batch, case.channels, case.size, case.size, **where)
    shape = (case.filters, case.channels // case.groups, case.kernel, case.kernel)
    weight = torch.randn(shape, **where) / weight_scale(shape)
    bias = torch.randn(case.filters, **where)
    last = [t.to(memory_format=torch.channels_last) for t in (input, weight)]
    output = conv2d(input, weight, bias, *case.options)
    exact = F.conv2d(input.double(), weight.double(), bias.double(), *case.options)
    error = ((output - exact).abs().max() / exact.abs().max()).item()
    grads = torch.randn_like(output)
    grads_last = grads.to(memory_format=torch.channels_last)
    del exact, output
    theirs, ours = (both_theirs, both_ours) if arguments.backward else (forward, forward)
    work = {
        "ours": lambda: ours(conv2d, input, weight, bias, case, grads),
        "NCHW": lambda: theirs(F.conv2d, input, weight, bias, case, grads),
        "NHWC": lambda: theirs(F.conv2d, *last, bias, case, grads_last),
    }
    times = {name: [] for name in work}
    with torch.no_grad():
        extra = extra_bytes(work["ours"], device)
        for turn in range(arguments.rounds + 2):
            for name, call in work.items():
                taken = seconds(call, device)
                if turn >= 2:  # two rounds to warm up
                    times[name].append(taken)
    return times, error, extra


def weight_scale(shape):
    return (shape[1] * shape[2] * shape[3]) ** 0.5


def row(case, batch, times, error, extra):
    ratios = {
        name: [a / b for a, b in zip(times["ours"], times[name], strict=True)]
        for name in ("NCHW", "NHWC")
    }
    low, middle, high = statistics.quantiles(ratios["NCHW"], n=4)
    target = f"{case.target:.2f}" if case.target else ""
    return (
        f"| {case.name} | {batch} | {statistics.median(times['ours']) * 1e3:.2f} "
        f"| {middle:.2f} ({low:.2f}-{high:.2f}) | {statistics.median(ratios['NHWC']):.2f} "
        f"| {target} | {error:.0e} | {extra / 2**20:.1f} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("--backward", action="store_true", help="time the gradients too")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--plain-malloc", action="store_true")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    raised = all(os.environ.get(name) == value for name, value in MALLOC.items())
    if sys.platform == "linux" and device.type == "cpu" and not (arguments.plain_malloc or raised):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | MALLOC)
    torch.set_num_threads(arguments.threads)
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    what = "forward and backward" if arguments.backward else "forward"
    print(
        f"torch {torch.__version__}, {device}, {arguments.dtype}, {arguments.threads} thread(s), "
        f"{what}, {arguments.rounds} rounds, malloc {'raised' if raised else 'plain'}, TF32 off\n"
    )
    print("| case | batch | ours, ms | /NCHW (quartiles) | /NHWC | goal | error | extra, MiB |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for case in CASES:
        if arguments.case in case.name:
            for batch in arguments.batch:
                print(row(case, batch, *measure(case, batch, arguments, device)), flush=True)


if __name__ == "__main__":
    main()
