"""The plots of a report, as SVG that stands in a page and takes its text's colour."""

import io
import re
from html import escape
from statistics import median
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autograder.report.data import Exercise, Ranked, Report, percent, seconds
from autograder.texts import printable
from utils.contest import MOST_COST, front
from utils.plots import OKABE_ITO

__all__ = ["plots"]

#: Matplotlib knows no "colour of the text around"; this one becomes it when the SVG is written.
INK = "#010203"
STYLE: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10,
    "hatch.color": INK,
    "hatch.linewidth": 0.6,
    "patch.linewidth": 0.6,
    "svg.fonttype": "path",  # no font has to be there
    "svg.hashsalt": "report",  # the same report gives the same bytes
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
}
WIDTH = 4.7  # inches; at this width the text is still readable on a telephone


def plots(report: Report) -> list[tuple[str, str]]:
    """Draw a report; return each plot's caption and SVG, which has a text alternative."""
    tested = [x for x in report.exercises if x.verdicts]
    if not tested:
        return []
    with mpl.rc_context(STYLE):
        drawn = [
            ("How far each exercise was solved", _outcomes(tested)),
            ("Automatic points of a submission", _totals(report)),
            ("How long each exercise's test took", _times(tested)),
        ]
        if designs := [x for x in report.ranking if x.accuracy is not None]:
            drawn.append(("The designs of the contest", _designs(designs)))
        return drawn


def _outcomes(exercises: list[Exercise]) -> str:
    figure, axis = _rows(exercises)
    left = [0.0] * len(exercises)
    for label, style, counts in [
        ("all points", {"color": OKABE_ITO["blue"]}, [x.solved for x in exercises]),
        ("some", {"color": OKABE_ITO["orange"], "hatch": "///"}, [x.partly for x in exercises]),
        ("none", {"color": "none"}, [len(x.verdicts) - x.solved - x.partly for x in exercises]),
    ]:
        shares = [100 * n / len(x.verdicts) for n, x in zip(counts, exercises, strict=True)]
        places = range(len(exercises))
        axis.barh(places, shares, left=left, label=label, height=0.7, **style, edgecolor=INK)
        left = [a + b for a, b in zip(left, shares, strict=True)]
    axis.set(xlim=(0, 100), xlabel="% of the submissions")
    figure.legend(loc="outside upper center", ncols=3, frameon=False, labelcolor=INK)
    hardest, easiest = (choose(exercises, key=lambda x: x.share or 0) for choose in (min, max))
    return _svg(
        figure,
        "outcomes",
        f"A bar for each exercise, in the order of the lesson. Most submissions solve "
        f"{easiest.name} ({percent(easiest.share)}), fewest solve {hardest.name} "
        f"({percent(hardest.share)}). The table of exercises has all numbers.",
    )


def _totals(report: Report) -> str:
    totals, most = [x.points for x in report.graded], max(report.most, 1)
    figure = Figure(figsize=(WIDTH, 2.8), layout="constrained")
    axis = figure.subplots()
    edges = [most * step / 10 for step in range(11)]
    counts, _, _ = axis.hist(totals, edges, color=OKABE_ITO["blue"], edgecolor=INK)
    axis.set(xlabel=f"points, of {most:g}", ylabel="submissions", xlim=(0, most))
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    peak = int(np.argmax(counts))
    return _svg(
        figure,
        "totals",
        f"A histogram of {len(totals)} submissions. From {min(totals):g} to {max(totals):g} of "
        f"{most:g} points, median {median(totals):g}; most are between {edges[peak]:g} and "
        f"{edges[peak + 1]:g}.",
    )


def _times(exercises: list[Exercise]) -> str:
    figure, axis = _rows(exercises)
    middle = [median(x.times) for x in exercises]
    longest = [max(x.times) for x in exercises]
    places = range(len(exercises))
    axis.hlines(places, middle, longest, color=INK, linewidth=0.8)
    blue, red = OKABE_ITO["blue"], OKABE_ITO["vermillion"]
    axis.plot(middle, places, "o", color=blue, markeredgecolor=INK, label="median")
    axis.plot(longest, places, "s", color=red, markeredgecolor=INK, label="longest")
    shortest = min(middle)
    if shortest > 0 and max(longest) > 20 * shortest:
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter("{x:g}")  # powers would need the mathematics that is off
        axis.xaxis.set_minor_formatter("")
    axis.set(xlabel="seconds")
    figure.legend(loc="outside upper center", ncols=2, frameon=False, labelcolor=INK)
    slowest = max(exercises, key=lambda x: max(x.times))
    return _svg(
        figure,
        "times",
        f"Median and longest time of each test. The longest took {seconds(slowest.times, max)}, "
        f"for {slowest.name}, whose median is {seconds(slowest.times)}.",
    )


def _designs(designs: list[Ranked]) -> str:
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    axis = figure.subplots()
    costs = np.geomspace(min(x.cost["total"] for x in designs) * 0.8, MOST_COST, 100)
    axis.plot(costs, [100 * front(x) for x in costs], color=INK, label="the front")
    axis.plot(
        [x.cost["total"] for x in designs],
        [100 * (x.accuracy or 0) for x in designs],
        "o",
        color=OKABE_ITO["blue"],
        markeredgecolor=INK,
        label="a student's design",
    )
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(lambda x, _: f"{x / 1e6:g} million")
    axis.xaxis.set_minor_formatter("")
    axis.set(xlabel="cost", ylabel="accuracy in %")
    figure.legend(loc="outside upper center", ncols=2, frameon=False, labelcolor=INK)
    above = sum(x.margin > 0 for x in designs)
    best = designs[0]
    return _svg(
        figure,
        "designs",
        f"Accuracy against cost of {len(designs)} designs, {above} of them above the front. The "
        f"best is {best.margin:+.1%} from it, with {best.accuracy:.1%} at {best.cost['total']:,}.",
    )


def _rows(exercises: list[Exercise]):
    """A figure with a line for each exercise, the first at the top."""
    figure = Figure(figsize=(WIDTH, 1.3 + 0.27 * len(exercises)), layout="constrained")
    axis = figure.subplots()
    axis.set_yticks(range(len(exercises)), [printable(x.name) for x in exercises])
    axis.set_ylim(len(exercises) - 0.4, -0.6)
    return figure, axis


def _svg(figure: Figure, name: str, alt: str) -> str:
    """Write a figure as an SVG element: no ids but its own, no comments, no metadata."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True)
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor").replace("xlink:href", "href")
    for left_out in ("<!--.*?-->", "<metadata>.*?</metadata>", "<style.*?</style>"):
        svg = re.sub(left_out, "", svg, flags=re.DOTALL)
    used = set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg))
    svg = re.sub(r' id="([^"]+)"', lambda x: f' id="{name}-{x[1]}"' if x[1] in used else "", svg)
    svg = re.sub(r'href="#|url\(#', lambda x: f"{x[0]}{name}-", svg)
    box = "".join(re.findall(r'viewBox="[^"]+"', svg)[:1])
    label = escape(printable(alt))
    head = f'<svg {box} role="img" aria-label="{label}">'
    return re.sub("<svg[^>]*>", lambda _: head, svg, count=1)
