"""Show what layers.py measured: tables in a Markdown file, and a plot beside it.

All runs are kept in ``results.json`` beside the Markdown file, one for each combination of
direction, threads, allocator and device. ``python -m benchmarks.report benchmarks/RESULTS.md``
writes the tables and the plot again.
"""

import json
import os
import platform
import sys
from pathlib import Path

from benchmarks.cases import CASES

BEGIN, END = "<!-- tables: written by layers.py -->", "<!-- end of tables -->"
HEADER = [
    "| layer | batch | ours, ms | ours / torch (quartiles) | goal | / torch NHWC | NHWC / NHWC "
    "| of peak | error | extra, MiB | rounds |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
]
# Okabe & Ito's colours, which colour-blind people can tell apart.
BATCHES = {1: ("#0072B2", "o"), 8: ("#E69F00", "s"), 32: ("#009E73", "D")}


def processor() -> str:
    """The CPU's name and number of cores."""
    name = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores"


def heading(run: dict) -> str:
    """What was run, on what."""
    return (
        f"### {run['what'].capitalize()}, {run['threads']} thread(s), malloc {run['malloc']}\n\n"
        f"{run['device']}; torch {run['torch']}, {run['dtype']}, TF32 off. Matrix product: "
        f"{run['peak'] / 1e9:.0f} GFLOP/s; copy: {run['bandwidth'] / 1e9:.1f} GB/s.\n"
    )


def line(row: dict) -> str:
    """One row of the table; a goal that is reached is marked."""
    low, middle, high = row["NCHW"]
    goal = ""
    if row["goal"]:
        goal = f"{row['goal']:.2f}{' ✓' if round(middle, 2) <= round(row['goal'], 2) else ''}"
    last = [f"{row[name][1]:.2f}" if name in row else "" for name in ("ours/NHWC", "NHWC")]
    kind = "P" if row["bound"] == "product" else "M"
    error = "" if row["error"] is None else f"{row['error']:.0e}"
    return (
        f"| {row['case']} | {row['batch']} | {row['ms']['ours']:.2f} "
        f"| {middle:.2f} ({low:.2f}-{high:.2f}) | {goal} | {last[0]} | {last[1]} "
        f"| {row['fraction']:.2f} {kind} | {error} | {row['extra'] / 2**20:.1f} | {row['rounds']} |"
    )


def name_of(run: dict) -> str:
    return f"{run['what']}, {run['threads']} thread(s), {run['malloc']}, {run['device']}"


def save(run: dict, path: str) -> None:
    """Keep the run, its rows in place of earlier ones like them; write all tables and the plot."""
    store = Path(path).with_name("results.json")
    runs = json.loads(store.read_text()) if store.exists() else {}
    earlier = runs.get(name_of(run), {"rows": []})["rows"]
    rows = {(row["case"], row["batch"]): row for row in [*earlier, *run["rows"]]}
    order = [case.name for case in CASES]
    known = [row for row in rows.values() if row["case"] in order]
    known.sort(key=lambda row: (order.index(row["case"]), row["batch"]))
    runs[name_of(run)] = run | {"rows": known}
    store.write_text(json.dumps(runs, indent=1) + "\n")
    render(path)


def render(path: str) -> None:
    """Write the tables between the file's markers, and the plot."""
    runs = json.loads(Path(path).with_name("results.json").read_text())
    tables = "\n\n".join(
        "\n".join([heading(run), *HEADER, *map(line, run["rows"])]) for run in runs.values()
    )
    text = Path(path).read_text() if Path(path).exists() else f"{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    Path(path).write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{rest.split(END, 1)[1]}")
    first = next(iter(runs.values()))
    chosen = [
        r
        for r in runs.values()
        if [r[k] for k in ("threads", "malloc", "device")]
        == [first[k] for k in ("threads", "malloc", "device")]
    ]
    plot(chosen, Path(path).with_name("results.png"))


def plot(runs: list[dict], path: Path) -> None:
    """Draw a dot for each ratio, with its quartiles, on a logarithmic axis; a bar is the goal."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    names = list(dict.fromkeys(row["case"] for run in runs for row in run["rows"]))
    size = (6 * len(runs) + 2, 0.34 * len(names) + 1.6)
    figure, panels = plt.subplots(1, len(runs), figsize=size, sharey=True, squeeze=False)
    for panel, run in zip(panels[0], runs, strict=True):
        for row in run["rows"]:
            _dot(panel, row, names.index(row["case"]))
        panel.axvline(1, color="black", linewidth=0.8)
        panel.set(xscale="log", xlabel="ours / torch, NCHW (left of 1: ours is faster)")
        panel.set_title(f"{run['what']}, {run['threads']} thread(s)", fontsize=10)
        ticks = [0.125, 0.25, 0.5, 1, 2, 4]
        panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        panel.minorticks_off()
        panel.grid(axis="x", color="0.9")
        panel.set_axisbelow(True)
    panels[0, 0].set_yticks(range(len(names)), names)
    panels[0, 0].invert_yaxis()
    for batch, (color, mark) in BATCHES.items():
        panels[0, 0].plot([], [], mark, color=color, label=f"batch {batch}")
    panels[0, 0].plot([], [], "|", color="black", markersize=11, label="goal")
    figure.legend(loc="lower center", ncols=4, frameon=False)
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _dot(panel, row: dict, place: int) -> None:
    low, middle, high = row["NCHW"]
    color, mark = BATCHES.get(row["batch"], ("#CC79A7", "^"))
    height = place + {1: -0.22, 8: 0, 32: 0.22}.get(row["batch"], 0)
    panel.plot([low, high], [height, height], color=color, linewidth=1.5)
    panel.plot(middle, height, mark, color=color, markersize=4.5)
    if row["goal"]:
        panel.plot(row["goal"], height, "|", color="black", markersize=7)


if __name__ == "__main__":
    render(sys.argv[1])
