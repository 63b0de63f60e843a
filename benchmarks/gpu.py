"""Run all that the course computes on a GPU, compare it with the CPU, and time whole networks.

    make gpu                                      # finds a Python whose torch has CUDA
    python -m benchmarks.gpu [--device cuda] [--out benchmarks/gpu] [--seconds 340] [--only layers]
    python -m benchmarks.gpu --device cpu --quick # a rehearsal, with the CPU in the GPU's place

Each step runs in a process of its own with its own time limit, so that one that crashes, hangs or
breaks the device stops no other. What is known is written after each step to OUT.json and OUT.md.
Ends with status 1 if anything failed.

The course's own results are compared with float64 on the CPU, with TF32 off. Networks are timed at
batch 64 in turns with the same networks of torch's layers (cuDNN, channels-last, its own search for
the fastest kernel); a ratio below 1 means that ours is faster.
"""

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent

#: Largest error of a result, as a part of its largest number, by dtype.
TOLERANCE = {
    torch.float64: 1e-9,
    torch.float32: 2e-4,
    torch.float16: 1e-2,
    torch.bfloat16: 6e-2,
}
#: step -> seconds that it may take at most.
STEPS = {
    "machine": 40,
    "layers": 60,
    "methods": 40,
    "models": 60,
    "checks": 60,
    "training": 40,
    "timings": 110,
    "lessons": 200,
}
Result = dict  # {"what": ..., "ok": True, False or None (left out), "said": ...}, or a timing


# --- the steps; each yields results as they come ---


def machine(device: torch.device, quick: bool) -> Iterator[Result]:
    """What this is measured on."""
    said = {"torch": torch.__version__, "python": sys.version.split()[0]}
    if device.type == "cuda":
        about = torch.cuda.get_device_properties(device)
        said |= {
            "device": about.name,
            "memory": f"{about.total_memory / 2**30:.0f} GiB",
            "CUDA": torch.version.cuda,
            "cuDNN": str(torch.backends.cudnn.version()),
        }
    yield {"what": "machine", "ok": True, "said": ", ".join(f"{k} {v}" for k, v in said.items())}
    from utils._common.devices import device as chosen

    ok = chosen().type == device.type
    yield {"what": "utils.device() picks it", "ok": ok, "said": str(chosen())}


def layers(device: torch.device, quick: bool) -> Iterator[Result]:
    """Every layer that is measured elsewhere, forward and backward, in all dtypes."""
    from benchmarks.cases import CASES

    for case in CASES:
        for dtype in list(TOLERANCE)[1:3] if quick else TOLERANCE:
            if not case.exact:
                continue
            with reported(f"{case.name}, {name_of(dtype)}") as result:
                torch.manual_seed(0)
                small = tuple(min(x, 24) for x in case.shape[1:]) if quick else case.shape[1:]
                # Rounded first, so that both sides see the same ties and kinks.
                drawn_here = drawn(case, small)
                rounded = [x.to(dtype) if x.is_floating_point() else x for x in drawn_here]
                exact = [x.double() if x.is_floating_point() else x for x in rounded]
                ours = [x.to(device) for x in rounded]
                wanted, got = case.ours(*exact), case.ours(*ours)
                errors = [error(got, wanted)]
                gradient = torch.randn_like(wanted).to(dtype)
                pairs = zip(
                    tuples(case.backward(gradient.to(device), *ours)),
                    tuples(case.backward(gradient.double(), *exact)),
                    strict=True,
                )
                errors += [error(a, b) for a, b in pairs if a is not None and b is not None]
                judge(result, errors, dtype)
            yield result


def drawn(case, size) -> list:
    """A case's tensors, for images of another size."""
    from dataclasses import replace

    return replace(case, shape=(case.shape[0], *size)).tensors(2, "cpu", torch.float32)


def methods(device: torch.device, quick: bool) -> Iterator[Result]:
    """Each way to convolve, on many shapes."""
    from utils import functional

    shapes = [(2, 3, 13, 11, 4, 3), (1, 8, 20, 20, 8, 5), (3, 4, 9, 16, 6, 2)]
    for method in ("auto", "im2col", "winograd", "fft", "naive"):
        for n, channels, height, width, filters, kernel in shapes[: 1 if method == "naive" else 3]:
            for dtype in (torch.float32, torch.float64):
                shape = f"{channels}x{height}x{width}, {filters} of {kernel}x{kernel}"
                with reported(f"conv2d by {method}, {shape}, {name_of(dtype)}") as result:
                    torch.manual_seed(0)
                    x = torch.randn(n, channels, height, width, dtype=torch.float64)
                    w = torch.randn(filters, channels, kernel, kernel, dtype=torch.float64)
                    b = torch.randn(filters, dtype=torch.float64)
                    there = [t.to(device, dtype) for t in (x, w, b)]
                    wanted = functional.conv2d(x, w, b, padding=1, method="im2col")
                    got = functional.conv2d(*there, padding=1, method=method)
                    errors = [error(got, wanted)]
                    if method != "naive":
                        ones = torch.ones_like(wanted)
                        right = functional.conv2d_backward(ones, x, w, padding=1, method="im2col")
                        ours = functional.conv2d_backward(
                            ones.to(got), *there[:2], padding=1, method=method
                        )
                        errors += [error(a, b) for a, b in zip(ours, right, strict=True)]
                    judge(result, errors, dtype)
                yield result


def networks(quick: bool) -> dict:
    """Builders of the course's networks."""
    from utils import models

    found = {
        "AlexNet": models.alexnet,
        "VGG-16": lambda **more: models.vgg("D", **more),
        "ResNet-50": lambda **more: models.resnet(50, **more),
        "GoogLeNet": models.googlenet,
    }
    more = {
        "VGG-11 with batch norm": lambda **more: models.vgg("A", True, **more),
        "ResNet-18": lambda **more: models.resnet(18, **more),
        "AlexNet in two towers": lambda **more: models.alexnet(towers=2, **more),
    }
    return {"ResNet-18": more["ResNet-18"]} if quick else found | more


def models_(device: torch.device, quick: bool) -> Iterator[Result]:
    """Every network once forward and once backward, in evaluation mode, where nothing is random."""
    import copy

    import torch.nn.functional as F

    for name, build in networks(quick).items():
        with reported(name) as result:
            torch.manual_seed(0)
            model = build(num_classes=10).eval()
            images, labels = torch.randn(2, 3, 224, 224), torch.tensor([1, 2])

            def run(model, images, labels=labels):
                output = model(images)
                F.cross_entropy(output, labels.to(output.device)).backward()
                return output, next(model.parameters()).grad

            ours = copy.deepcopy(model).to(device)
            wanted = run(model.double(), images.double())
            got = run(ours, images.to(device))
            errors = [error(a, b) for a, b in zip(got, wanted, strict=True)]
            result["ok"] = max(errors) < 5e-3  # depth adds up what single layers round
            result["said"] = f"largest error {max(errors):.1e}"
        yield result


def checks(device: torch.device, quick: bool) -> Iterator[Result]:
    """Each exercise's reference, tried as a student's answer is, on the device where it says so."""
    from utils.checks import EXERCISES, Exercise

    for name, exercise in EXERCISES.items():
        if not isinstance(exercise, Exercise) or not exercise.every_device:
            continue
        with reported(name) as result:
            forbidden, exercise.forbidden = exercise.forbidden, ()  # it may be torch's own layer
            try:
                result["said"] = exercise.check(exercise.reference).splitlines()[0]
                on_device = sum(case.on_device for case in exercise.all_cases)
                result["ok"] = bool(on_device) or device.type == "cpu"
            finally:
                exercise.forbidden = forbidden
        yield result


def training(device: torch.device, quick: bool) -> Iterator[Result]:
    """A network is trained, repeats, and goes on from a checkpoint as if it had not stopped."""
    from utils import data, nn
    from utils.optim import SGD
    from utils.training import evaluate, fit

    drawn = data.shapes(200 if quick else 1000, seed=0)
    epochs = 2 if quick else 4

    def network():
        torch.manual_seed(0)
        layers = [nn.Conv2d(3, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2)]
        layers += [nn.Conv2d(12, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU()]
        layers += [
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(24, int(drawn.labels.max()) + 1),
        ]
        return torch.nn.Sequential(*layers).to(device)

    def fitted(epochs, **more):
        model = network()
        optimizer = SGD(model.parameters(), lr=0.05)
        history = fit(model, drawn, epochs=epochs, optimizer=optimizer, progress=False, **more)
        return model, history.train_loss

    with reported("training learns") as result:
        model, whole = fitted(epochs)
        after = evaluate(model, drawn)
        result["ok"] = whole[-1] < whole[0]
        result["said"] = f"loss {whole[0]:.3f} to {whole[-1]:.3f}, accuracy {after.accuracy:.3f}"
    yield result
    with tempfile.TemporaryDirectory() as folder:
        kept = {"checkpoint": Path(folder) / "checkpoint.pt", "resume": True}
        for what, before in (("repeats", {}), ("goes on from a checkpoint", kept)):
            with reported(f"training {what}") as result:
                if before:
                    fitted(1, **before)
                _, losses = fitted(epochs, **before)
                most = max(abs(a - b) for a, b in zip(whole, losses, strict=True))
                result["ok"], result["said"] = most < 1e-3, f"losses differ by {most:.1e} at most"
            yield result


def timings(device: torch.device, quick: bool) -> Iterator[Result]:
    """Whole networks in turns with the same networks of torch's layers."""
    import copy

    import torch.nn.functional as F

    from utils.models.torch_layers import as_torch

    batch, rounds = (2, 2) if quick else (64, 7)
    torch.backends.cudnn.benchmark = True
    for name, build in list(networks(quick).items())[:4]:
        model = build(num_classes=1000).to(device).eval()
        theirs = as_torch(copy.deepcopy(model)).to(memory_format=torch.channels_last)
        for precision, dtype, tf32 in (
            ("float32", torch.float32, False),
            ("TF32", torch.float32, True),
            ("float16", torch.float16, False),
        ):
            if device.type == "cpu" and precision != "float32":
                continue
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
            images = torch.randn(batch, 3, 224, 224, device=device, dtype=dtype)
            last = images.to(memory_format=torch.channels_last)
            labels = torch.randint(1000, (batch,), device=device)
            pair = {"ours": (model.to(dtype), images), "torch": (theirs.to(dtype), last)}
            for work in ("forward", "training step"):
                with reported(f"{name}, {precision}, {work}") as result:
                    times = {who: [] for who in pair}
                    for turn in range(rounds + 2):
                        for who, (network, batch_of_images) in pair.items():

                            def once(network=network, batch_of_images=batch_of_images, work=work):
                                if work == "forward":
                                    with torch.no_grad():
                                        return network(batch_of_images)
                                network.zero_grad(set_to_none=True)
                                output = network(batch_of_images)
                                F.cross_entropy(output.float(), labels).backward()
                                return output

                            taken = seconds(once, device)
                            if turn >= 2:  # to warm up, and to search for the fastest kernels
                                times[who].append(taken)
                    middle = {who: statistics.median(x) for who, x in times.items()}
                    result |= {"ok": True, "batch": batch, "seconds": middle}
                    result["ratio"] = middle["ours"] / middle["torch"]
                    ours, torchs = (f"{1e3 * middle[who]:.1f} ms" for who in ("ours", "torch"))
                    result["said"] = f"ours {ours}, torch {torchs}, ratio {result['ratio']:.2f}"
                yield result
        del model, theirs, pair
        if device.type == "cuda":
            torch.cuda.empty_cache()


def lessons(device: torch.device, quick: bool) -> Iterator[Result]:
    """The code of each lesson's solution, from top to bottom, as a student runs it."""
    os.environ["MPLBACKEND"] = "agg"
    paths = sorted((ROOT / "solutions").glob("*/*.ipynb"))
    for path in paths[:1] if quick else paths:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = [(x["id"], "".join(x["source"])) for x in cells if x["cell_type"] == "code"]
        names: dict = {"__name__": "lesson"}
        with reported(path.stem) as result:
            started = time.perf_counter()
            with contextlib.chdir(path.parent):
                sys.path.insert(0, str(path.parent))
                for name, source in code:
                    try:
                        with contextlib.redirect_stdout(io.StringIO()):
                            exec(compile(source, f"<{path.stem}: {name}>", "exec"), names)
                    except Exception as problem:
                        raise RuntimeError(f"cell {name}: {kind(problem)}") from problem
                sys.path.remove(str(path.parent))
            took = time.perf_counter() - started
            result["ok"], result["said"] = True, f"{len(code)} cells in {took:.0f} s"
        yield result


RUN = {
    "machine": machine,
    "layers": layers,
    "methods": methods,
    "models": models_,
    "checks": checks,
    "training": training,
    "timings": timings,
    "lessons": lessons,
}


# --- what they share ---


@contextlib.contextmanager
def reported(what: str) -> Iterator[Result]:
    """Give a result to fill in; an exception fails it, a missing package leaves it out."""
    result: Result = {"what": what, "ok": False, "said": ""}
    try:
        yield result
    except ModuleNotFoundError as problem:
        result |= {"ok": None, "said": f"left out: {problem}"}
    except Exception as problem:
        where = traceback.extract_tb(problem.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        result |= {"ok": False, "said": f"{kind(problem)} ({place})"}


def kind(problem: BaseException) -> str:
    """An exception in a line."""
    return f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}"


def name_of(dtype: torch.dtype) -> str:
    """Such as float32."""
    return str(dtype).removeprefix("torch.")


def tuples(value) -> tuple:
    """A value as a tuple."""
    return value if isinstance(value, tuple) else (value,)


def error(got: torch.Tensor, wanted: torch.Tensor) -> float:
    """The largest difference, as a part of the largest number that is wanted."""
    got = got.detach().cpu().double()
    wanted = wanted.detach().cpu().double()
    if got.shape != wanted.shape or not bool(got.isfinite().all()):
        return float("inf")
    return float((got - wanted).abs().max() / wanted.abs().max().clamp(min=1e-12))


def judge(result: Result, errors: list[float], dtype: torch.dtype) -> None:
    """Compare errors with what the dtype allows."""
    result["ok"] = max(errors) < TOLERANCE[dtype]
    result["said"] = f"largest error {max(errors):.1e}"


def seconds(work, device: torch.device) -> float:
    """How long one call takes; on a GPU by events on its own clock."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        stop.record()
        torch.cuda.synchronize()
        return start.elapsed_time(stop) / 1000
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# --- the child: one step; its results, a line of JSON each, on the standard output ---


def child(step: str, device: torch.device, quick: bool) -> int:
    """Run one step."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    real = os.dup(1)
    os.dup2(2, 1)  # what others print is no result
    with os.fdopen(real, "w") as out:
        for result in RUN[step](device, quick):
            print(json.dumps(result), file=out, flush=True)
    return 0


# --- the parent ---


def run(step: str, arguments, limit: float) -> dict:
    """Run a step in a process of its own; return what it said, and how it ended."""
    words = [sys.executable, "-m", "benchmarks.gpu", "--step", step, "--device", arguments.device]
    words += ["--quick"] if arguments.quick else []
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(words, stdout=out, stderr=errors, text=True, cwd=ROOT)
        try:
            status: int | None = process.wait(limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = None
        out.seek(0)
        results = [json.loads(x) for x in out.read().splitlines() if x.endswith("}")]
        errors.seek(0)
        last = errors.read().strip().splitlines()[-1:] or ["nothing"]
    taken = time.monotonic() - started
    if status is None:
        said = f"stopped after {limit:.0f} s; the results so far are kept"
        results.append({"what": step, "ok": False, "said": said})
    elif status:
        said = f"ended with status {status}; it said last: {last[0][:300]}"
        results.append({"what": step, "ok": False, "said": said})
    return {"step": step, "seconds": round(taken, 1), "results": results}


def markdown(done: list[dict]) -> str:
    """All that is known, to be read."""
    lines = ["# On a GPU", "", "Made by `make gpu`; see `benchmarks/gpu.py` for what is run.", ""]
    for part in done:
        results = part["results"]
        failed = [x for x in results if x["ok"] is False]
        left_out = [x for x in results if x["ok"] is None]
        counts = f"{len(results) - len(failed) - len(left_out)} of {len(results)} right"
        lines += [f"## {part['step']}: {counts}, {part['seconds']} s", ""]
        shown = results if part["step"] in ("machine", "timings", "lessons") else failed + left_out
        lines += [f"- {'' if x['ok'] else '**failed** '}{x['what']}: {x['said']}" for x in shown]
        lines += [""] if shown else []
    return "\n".join(lines)


def main() -> int:
    """Run the steps; return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "gpu")
    parser.add_argument("--seconds", type=float, default=340.0, help="for all steps together")
    parser.add_argument("--only", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--quick", action="store_true", help="little of everything: a rehearsal")
    parser.add_argument(
        "--limit", nargs="+", default=[], metavar="STEP=SECONDS", help="other limits of time"
    )
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        return child(arguments.step, torch.device(arguments.device), arguments.quick)
    if arguments.device == "cuda" and not torch.cuda.is_available():
        print(f"{sys.executable}: its torch {torch.__version__} finds no CUDA device.")
        return 1
    limits = STEPS | {x.partition("=")[0]: float(x.partition("=")[2]) for x in arguments.limit}
    until, done = time.monotonic() + arguments.seconds, []
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    for step in arguments.only:
        left = until - time.monotonic()
        if left < 5:
            note = {"what": step, "ok": None, "said": "left out: no time was left"}
            done.append({"step": step, "seconds": 0.0, "results": [note]})
        else:
            done.append(run(step, arguments, min(limits[step], left)))
        arguments.out.with_suffix(".json").write_text(json.dumps(done, indent=1) + "\n")
        arguments.out.with_suffix(".md").write_text(markdown(done))
        print("\n".join(markdown(done[-1:]).splitlines()[4:]), flush=True)
    return int(any(x["ok"] is False for part in done for x in part["results"]))


if __name__ == "__main__":
    sys.exit(main())
