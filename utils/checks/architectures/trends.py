"""Lesson 8: whether deeper is better, what is worth its cost, and how even a gradient is.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch

from utils.checks.convolution.cases import in_double
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

# --- deeper-is-better ----------------------------------------------------------------------------


def _deeper(depths, errors):
    better = worse = 0
    for place, (depth, error) in enumerate(zip(depths, errors, strict=True)):
        for other_depth, other_error in zip(depths[:place], errors[:place], strict=True):
            product = (depth - other_depth) * (error - other_error)
            better += product < 0
            worse += product > 0
    return better, worse


def _tables(first, second, *rows):
    return [Case({first: list(one), second: list(other)}) for one, other in rows]


def _ties(case):
    return any(len(set(column)) < len(column) for column in case.arguments.values())


deeper_is_better = Exercise(
    "deeper-is-better",
    reference=_deeper,
    cases=_tables(
        "depths",
        "errors",
        ([10, 20], [5.0, 4.0]),
        ([10, 11], [4.0, 4.5]),
        ([20, 10], [4.0, 5.0]),
        ([10, 20, 30], [5.0, 4.0, 3.0]),
        ([10, 20, 30], [5.0, 3.0, 4.0]),
        ([10, 10, 20], [5.0, 6.0, 4.0]),
        ([10, 20, 30], [4.0, 4.0, 3.0]),
        ([34, 18, 34, 50, 16], [9.0, 8.0, 7.0, 6.0, 8.0]),
        ([16, 22, 22, 34, 34, 50], [9.3, 9.1, 7.4, 10.0, 7.8, 6.7]),
    ),
    traits=(
        Trait("more than two models", "two models", lambda case: len(case.arguments["depths"]) > 2),
        Trait("equal depths or errors", "no equal depths or errors", _ties),
    ),
    returns=("better", "worse"),
)

deeper_is_better.mistake(
    "only neighbours in the list are compared",
    "Take every pair of models, whatever stands between them.",
    edit("depths[:place]", "depths[:place][-1:]"),
    edit("errors[:place]", "errors[:place][-1:]"),
)
deeper_is_better.mistake(
    "each pair is counted twice",
    "The pairs (a, b) and (b, a) are one pair.",
    edit("depths[:place], errors[:place]", "depths, errors"),
)
deeper_is_better.mistake(
    "equal errors count as worse",
    "Where both have the same error, the pair says nothing.",
    edit("product > 0", "product >= 0 and depth != other_depth"),
)
deeper_is_better.mistake(
    "pairs of the same depth are counted",
    "Where both are equally deep, the pair says nothing about depth.",
    edit("(depth - other_depth)", "(1 if depth > other_depth else -1)"),
)
deeper_is_better.mistake(
    "a higher error is taken as better",
    "The numbers are errors: the lower, the better.",
    edit("(error - other_error)", "(other_error - error)"),
)
deeper_is_better.mistake(
    "the list is thought to be ordered by depth",
    "Compare the two depths of each pair: the deeper model may stand first.",
    edit("(depth - other_depth) * "),
)

# --- pareto-front --------------------------------------------------------------------------------


def _front(costs, errors):
    rows = list(zip(costs, errors, strict=True))
    return [
        place
        for place, (cost, error) in enumerate(rows)
        if not any(c <= cost and e <= error and (c, e) != (cost, error) for c, e in rows)
    ]


pareto_front = Exercise(
    "pareto-front",
    reference=_front,
    cases=_tables(
        "costs",
        "errors",
        ([1, 2], [5, 4]),
        ([1, 2], [4, 5]),
        ([1, 1], [4, 5]),
        ([1, 2], [4, 4]),
        ([3, 3], [4, 4]),
        ([1, 2, 3], [9, 8, 3]),
        ([2, 1, 3], [4, 9, 5]),
        ([5, 1, 3, 2, 4], [1, 9, 4, 6, 5]),
        ([4, 2, 2, 7, 1, 7], [4, 6, 6, 2, 8, 3]),
    ),
    traits=(
        Trait("more than two models", "two models", lambda case: len(case.arguments["costs"]) > 2),
        Trait("equal costs or errors", "no equal costs or errors", _ties),
    ),
)

pareto_front.mistake(
    "a model must be beaten in both numbers",
    "One that costs the same and errs less beats it too.",
    edit("c <= cost and e <= error and (c, e) != (cost, error)", "c < cost and e < error"),
)
pareto_front.mistake(
    "equal models knock each other out",
    "Neither of two equal models is better than the other: both stay.",
    edit(
        "and (c, e) != (cost, error) for c, e in rows",
        "for i, (c, e) in enumerate(rows) if i != place",
    ),
)


@pareto_front.mistake(
    "only the cheapest and the best are kept",
    "Between them lie models that nobody beats: cheaper than the best, better than the cheapest.",
)
def _ends(costs, errors):
    rows = list(zip(costs, errors, strict=True))
    cheapest = min(range(len(rows)), key=lambda i: rows[i])
    best = min(range(len(rows)), key=lambda i: rows[i][::-1])
    return sorted({cheapest, best})


pareto_front.mistake(
    "the beaten models are returned",
    "Return those that no other model beats.",
    edit("if not any", "if any"),
)
pareto_front.mistake(
    "the places are ordered by cost",
    "Return the places in the list, in ascending order.",
    edit("enumerate(rows)", "sorted(enumerate(rows), key=lambda row: row[1][0])"),
)
pareto_front.mistake(
    "a model that is best in one number is dropped for the other",
    "To be beaten, *another single model* must be at least as good in both numbers.",
    edit(
        "any(c <= cost and e <= error and (c, e) != (cost, error) for c, e in rows)",
        "(min(costs) < cost and min(errors) < error)",
    ),
)

# --- flow-ratio ----------------------------------------------------------------------------------


def _ratio(norms):
    norms = norms[norms > 0]
    return norms.max() / norms.min()


_norm_cases = [
    Case({"norms": torch.tensor(norms, dtype=torch.float32)})
    for norms in [(2, 4), (4, 2), (3,), (1, 8, 2), (8, 1, 2, 4), (2, 0, 6), (0, 3, 0, 12, 6)]
]

flow_ratio = Exercise(
    "flow-ratio",
    reference=lambda norms: norms[norms > 0].max() / norms[norms > 0].min(),
    written=_ratio,
    cases=[*_norm_cases, *in_double(_norm_cases[-2:])],
    traits=(
        Trait("a zero", "no zeros", lambda case: bool((case.arguments["norms"] == 0).any())),
        Trait("more than two layers", "at most two", lambda c: len(c.arguments["norms"]) > 2),
    ),
)

flow_ratio.mistake(
    "zeros are taken along",
    "A layer whose gradient is exactly 0 would make the ratio infinite: leave it out.",
    edit("    norms = norms[norms > 0]\n"),
)
flow_ratio.mistake(
    "the first layer is divided by the last",
    "The largest and the smallest may stand anywhere.",
    edit("norms.max() / norms.min()", "norms[0] / norms[-1]"),
)
flow_ratio.mistake(
    "the smallest is divided by the largest",
    "The other way round: an even flow gives 1, an uneven one a large number.",
    edit("norms.max() / norms.min()", "norms.min() / norms.max()"),
)
flow_ratio.mistake(
    "the difference is taken",
    "How many *times* as large? A ratio does not change when the loss is scaled.",
    edit("max() / norms", "max() - norms"),
)
flow_ratio.mistake(
    "the largest is divided by the mean",
    "Divide by the *smallest*: a single starved layer should show.",
    edit("norms.min()", "norms.mean()"),
)
