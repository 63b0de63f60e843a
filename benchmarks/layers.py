"""How fast are the layers of utils.functional, against torch's? Prints a table of ratios.

    python -m benchmarks.layers [--backward] [--batch 1 8 32] [--case 3x3] [--quick]
        [--threads 1] [--device cuda] [--plain-malloc] [--save benchmarks/RESULTS.md]

Ours and torch's run in turns in one process; a ratio is the median over the rounds of ours / torch,
with its quartiles: below 1 ours is faster. "NCHW" is contiguous, "NHWC" is channels-last. With
--backward, both run the forward pass and all gradients (of a network's first layer not that of the
input, as in training): torch through autograd, ours by the explicit backward.

On Linux the C library returns large blocks to the system after each call, and page faults then
decide. So the script restarts itself with MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ raised,
unless --plain-malloc is given.
"""

import argparse
import os
import statistics
import sys
import time

os.environ.setdefault("KINETO_LOG_LEVEL", "9")  # before torch, whose profiler is talkative

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks import report
from benchmarks.cases import CASES

MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(2**33), "MALLOC_TRIM_THRESHOLD_": str(2**34)}


def seconds(work, device) -> float:
    """How long one call takes; on a GPU by events on its own clock."""
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


def machine(device, dtype) -> tuple[float, float]:
    """Peak of a matrix product (flop/s) and of a copy (bytes/s, read and written)."""
    size = 2048 if device.type == "cpu" else 8192
    a, b, c = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(3))
    product = min(seconds(lambda: torch.mm(a, b, out=c), device) for _ in range(8))
    source = torch.zeros(2**26, device=device)  # 256 MiB: larger than any cache
    target = torch.zeros_like(source)
    copy = min(seconds(lambda: target.copy_(source), device) for _ in range(8))
    return 2 * size**3 / product, 2 * source.nbytes / copy


def nbytes(tensors) -> int:
    """Bytes of the storages behind some tensors, each counted once."""
    storages = {t.data_ptr(): t.untyped_storage().nbytes() for t in tensors if t is not None}
    return sum(storages.values())


def as_tuple(result) -> tuple:
    return result if isinstance(result, tuple) else (result,)


def extra_bytes(work, device) -> int:
    """Most memory in use at once during the call, less what is left of it: its results."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        results = work()
        return torch.cuda.max_memory_allocated() - before - nbytes(results)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        results = work()
    events = [e for e in record.profiler.kineto_results.events() if e.name() == "[memory]"]
    now = most = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    return max(0, most - nbytes(results))


def channels_last(tensors):
    return [
        t.to(memory_format=torch.channels_last) if t is not None and t.ndim == 4 else t
        for t in tensors
    ]


def calls(case, tensors, grad, backward: bool) -> dict:
    """What is timed: name -> function without arguments that returns the results."""

    def ours(grad, tensors):
        def forward():
            with torch.no_grad():
                return as_tuple(case.ours(*tensors))

        def both():
            with torch.no_grad():
                return *as_tuple(case.ours(*tensors)), *as_tuple(case.backward(grad, *tensors))

        return both if backward else forward

    def theirs(grad, tensors):
        leaves = [t.detach().requires_grad_() if t.is_floating_point() else t for t in tensors]
        leaves[0].requires_grad_(not case.first)
        wanted = [t for t in leaves if t.requires_grad]

        def forward():
            with torch.no_grad():
                return as_tuple(case.theirs(*tensors))

        def both():
            output = case.theirs(*leaves)
            return output.detach(), *torch.autograd.grad(output, wanted, grad)

        return both if backward else forward

    work = {"ours": ours(grad, tensors), "torch": theirs(grad, tensors)}
    if len(case.shape) == 3:
        last, grad_last = channels_last(tensors), channels_last([grad])[0]
        work["torch NHWC"] = theirs(grad_last, last)
        work["ours NHWC"] = ours(grad_last, last)
    return work


def error(case, output, tensors) -> float | None:
    """Largest difference from float64, relative to the largest number of the output."""
    if not case.exact:
        return None
    if case.family == "convolution":  # one image is enough, and as large as a test can take
        output, tensors = output[:1], [tensors[0][:1], *tensors[1:]]
    exact = case.theirs(*(t.double() if t.is_floating_point() else t for t in tensors))
    return ((output - exact).abs().max() / exact.abs().max()).item()


def traffic(case, results, tensors, grad, backward: bool) -> int:
    """Bytes that have to be read and written at the least."""
    forward = nbytes([*tensors, results[0]])
    # The way back reads the inputs and the output's gradient, and writes the inputs' gradients.
    return forward + (nbytes([*tensors, grad]) + nbytes(results[1:]) if backward else 0)


def rounds_for(work, device, options) -> int:
    """As asked for, but at most so many as fit the time for a row, and at least three."""
    once = sum(seconds(call, device) for call in work.values())
    return max(3, min(options.rounds, int(options.seconds / once)))


def measure(case, batch, options, device, peaks) -> dict:
    torch.manual_seed(0)
    tensors = case.tensors(batch, device, getattr(torch, options.dtype))
    with torch.no_grad():
        grad = torch.randn_like(case.theirs(*tensors))
    work = calls(case, tensors, grad, options.backward)
    for call in work.values():
        call()
    results = work["ours"]()
    row = {
        "case": case.name,
        "family": case.family,
        "batch": batch,
        "goal": case.goal_for(batch, options.backward),
        "error": error(case, results[0], tensors),
        "extra": extra_bytes(work["ours"], device),
    }
    flops = case.flops * batch * (1 if not options.backward else 2 if case.first else 3)
    moved = traffic(case, results, tensors, grad, options.backward)
    del results
    row["rounds"] = rounds_for(work, device, options)
    times = {name: [] for name in work}
    for _ in range(row["rounds"]):
        for name, call in work.items():
            times[name].append(seconds(call, device))
    row |= {"ms": {name: statistics.median(taken) * 1e3 for name, taken in times.items()}}
    for name, ours, theirs in [
        ("NCHW", "ours", "torch"),
        ("ours/NHWC", "ours", "torch NHWC"),
        ("NHWC", "ours NHWC", "torch NHWC"),
    ]:
        if theirs in times:
            pairs = zip(times[ours], times[theirs], strict=True)
            row[name] = statistics.quantiles([a / b for a, b in pairs], n=4)
    # A linear layer of few examples reads its weights once: it is bound by memory.
    seconds_each = statistics.median(times["ours"])
    least = {"product": flops / peaks[0], "memory": moved / peaks[1]}
    row["bound"] = max(least, key=least.get)
    row["fraction"] = least[row["bound"]] / seconds_each
    return row


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backward", action="store_true", help="time the gradients too")
    parser.add_argument("--batch", type=int, nargs="+", help="default: 1 8 32")
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("--family", default="", help="only cases of this family")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=12, help="for a row, at most about this")
    parser.add_argument("--quick", action="store_true", help="5 rounds, without batch 32")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--plain-malloc", action="store_true")
    parser.add_argument("--save", help="write tables and a plot into this file's markers")
    options = parser.parse_args()
    if options.quick:
        options.rounds = 5
    options.batch = options.batch or ([1, 8] if options.quick else [1, 8, 32])
    return options


def main():
    options = arguments()
    device = torch.device(options.device)
    raised = all(os.environ.get(name) == value for name, value in MALLOC.items())
    linux = sys.platform == "linux" and device.type == "cpu"
    if linux and not (options.plain_malloc or raised):
        os.execve(sys.executable, sys.orig_argv, os.environ | MALLOC)
    torch.set_num_threads(options.threads)
    # Full float32 products: TF32 would keep 10 of 23 bits.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    peaks = machine(device, getattr(torch, options.dtype))
    run = {
        "what": "forward with backward" if options.backward else "forward",
        "threads": options.threads,
        "malloc": "raised" if raised else "plain",
        "device": torch.cuda.get_device_name() if device.type == "cuda" else report.processor(),
        "torch": torch.__version__,
        "dtype": options.dtype,
        "peak": peaks[0],
        "bandwidth": peaks[1],
        "rows": [],
    }
    print(report.heading(run), *report.HEADER, sep="\n", flush=True)
    for case in CASES:
        if options.case in case.name and options.family in case.family:
            for batch in options.batch:
                run["rows"].append(measure(case, batch, options, device, peaks))
                print(report.line(run["rows"][-1]), flush=True)
    if options.save:
        report.save(run, options.save)


if __name__ == "__main__":
    main()
