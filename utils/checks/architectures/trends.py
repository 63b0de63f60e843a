"""Lesson 6: whether deeper is better, what is worth its cost, and how even a gradient is.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch

from utils.checks.convolution.cases import in_double
from utils.checks.core import Case, Exercise, Trait

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
        Trait(
            "equal depths or errors",
            "no equal depths or errors",
            lambda case: any(len(set(x)) < len(x) for x in case.arguments.values()),
        ),
    ),
    returns=("better", "worse"),
)


@deeper_is_better.mistake(
    "only neighbours in the list are compared",
    "Take every pair of models, whatever stands between them.",
)
def _neighbours(depths, errors):
    import itertools

    rows = list(zip(depths, errors, strict=True))
    pairs = list(itertools.pairwise(rows))
    better = sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for a, b in pairs)
    worse = sum((a[0] - b[0]) * (a[1] - b[1]) > 0 for a, b in pairs)
    return better, worse


@deeper_is_better.mistake(
    "each pair is counted twice",
    "The pairs (a, b) and (b, a) are one pair.",
)
def _twice(depths, errors):
    rows = list(zip(depths, errors, strict=True))
    better = sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for a in rows for b in rows)
    worse = sum((a[0] - b[0]) * (a[1] - b[1]) > 0 for a in rows for b in rows)
    return better, worse


@deeper_is_better.mistake(
    "equal errors count as worse",
    "Where both have the same error, the pair says nothing.",
)
def _ties_worse(depths, errors):
    rows = sorted(zip(depths, errors, strict=True))
    pairs = [(a, b) for i, a in enumerate(rows) for b in rows[i + 1 :] if a[0] < b[0]]
    better = sum(b[1] < a[1] for a, b in pairs)
    return better, len(pairs) - better


@deeper_is_better.mistake(
    "pairs of the same depth are counted",
    "Where both are equally deep, the pair says nothing about depth.",
)
def _same_depth(depths, errors):
    rows = list(zip(depths, errors, strict=True))
    pairs = [(a, b) if a[0] <= b[0] else (b, a) for i, a in enumerate(rows) for b in rows[:i]]
    return sum(b[1] < a[1] for a, b in pairs), sum(b[1] > a[1] for a, b in pairs)


@deeper_is_better.mistake(
    "a higher error is taken as better",
    "The numbers are errors: the lower, the better.",
)
def _higher(depths, errors):
    rows = list(zip(depths, errors, strict=True))
    pairs = [(a, b) for i, a in enumerate(rows) for b in rows[:i]]
    better = sum((a[0] - b[0]) * (a[1] - b[1]) > 0 for a, b in pairs)
    worse = sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for a, b in pairs)
    return better, worse


@deeper_is_better.mistake(
    "the list is thought to be ordered by depth",
    "Compare the two depths of each pair: the deeper model may stand first.",
)
def _in_order(depths, errors):
    pairs = [(a, b) for i, b in enumerate(errors) for a in errors[:i]]
    return sum(b < a for a, b in pairs), sum(b > a for a, b in pairs)


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
        Trait(
            "equal costs or errors",
            "no equal costs or errors",
            lambda case: any(len(set(x)) < len(x) for x in case.arguments.values()),
        ),
    ),
)


@pareto_front.mistake(
    "a model must be beaten in both numbers",
    "One that costs the same and errs less beats it too.",
)
def _both(costs, errors):
    rows = list(zip(costs, errors, strict=True))
    return [i for i, (c, e) in enumerate(rows) if not any(a < c and b < e for a, b in rows)]


@pareto_front.mistake(
    "equal models knock each other out",
    "Neither of two equal models is better than the other: both stay.",
)
def _equal_out(costs, errors):
    rows = list(zip(costs, errors, strict=True))
    return [
        i
        for i, (c, e) in enumerate(rows)
        if not any(a <= c and b <= e for j, (a, b) in enumerate(rows) if j != i)
    ]


@pareto_front.mistake(
    "only the cheapest and the best are kept",
    "Between them lie models that nobody beats: cheaper than the best, better than the cheapest.",
)
def _ends(costs, errors):
    rows = list(zip(costs, errors, strict=True))
    cheapest = min(range(len(rows)), key=lambda i: rows[i])
    best = min(range(len(rows)), key=lambda i: rows[i][::-1])
    return sorted({cheapest, best})


@pareto_front.mistake(
    "the beaten models are returned",
    "Return those that no other model beats.",
)
def _beaten(costs, errors):
    rows = list(zip(costs, errors, strict=True))
    return [
        i
        for i, (c, e) in enumerate(rows)
        if any(a <= c and b <= e and (a, b) != (c, e) for a, b in rows)
    ]


@pareto_front.mistake(
    "the places are ordered by cost",
    "Return the places in the list, in ascending order.",
)
def _by_cost(costs, errors):
    rows = list(zip(costs, errors, strict=True))
    front = [
        i
        for i, (c, e) in enumerate(rows)
        if not any(a <= c and b <= e and (a, b) != (c, e) for a, b in rows)
    ]
    return sorted(front, key=lambda i: costs[i])


@pareto_front.mistake(
    "a model that is best in one number is dropped for the other",
    "To be beaten, *another single model* must be at least as good in both numbers.",
)
def _either(costs, errors):
    rows = list(zip(costs, errors, strict=True))
    return [
        i
        for i, (c, e) in enumerate(rows)
        if not (any(a < c for a, _ in rows) and any(b < e for _, b in rows))
    ]


# --- flow-ratio ----------------------------------------------------------------------------------


def _norms(*numbers):
    return Case({"norms": torch.tensor(numbers, dtype=torch.float32)})


_norm_cases = [
    _norms(2, 4),
    _norms(4, 2),
    _norms(3),
    _norms(1, 8, 2),
    _norms(8, 1, 2, 4),
    _norms(2, 0, 6),
    _norms(0, 3, 0, 12, 6),
]

flow_ratio = Exercise(
    "flow-ratio",
    reference=lambda norms: norms[norms > 0].max() / norms[norms > 0].min(),
    cases=[*_norm_cases, *in_double(_norm_cases[-2:])],
    traits=(
        Trait("a zero", "no zeros", lambda case: bool((case.arguments["norms"] == 0).any())),
        Trait("more than two layers", "at most two", lambda c: len(c.arguments["norms"]) > 2),
    ),
)


@flow_ratio.mistake(
    "zeros are taken along",
    "A layer whose gradient is exactly 0 would make the ratio infinite: leave it out.",
)
def _with_zeros(norms):
    return norms.max() / norms.min()


@flow_ratio.mistake(
    "the first layer is divided by the last",
    "The largest and the smallest may stand anywhere.",
)
def _first_last(norms):
    norms = norms[norms > 0]
    return norms[0] / norms[-1]


@flow_ratio.mistake(
    "the smallest is divided by the largest",
    "The other way round: an even flow gives 1, an uneven one a large number.",
)
def _inverse(norms):
    norms = norms[norms > 0]
    return norms.min() / norms.max()


@flow_ratio.mistake(
    "the difference is taken",
    "How many *times* as large? A ratio does not change when the loss is scaled.",
)
def _difference(norms):
    norms = norms[norms > 0]
    return norms.max() - norms.min()


@flow_ratio.mistake(
    "the largest is divided by the mean",
    "Divide by the *smallest*: a single starved layer should show.",
)
def _by_mean(norms):
    norms = norms[norms > 0]
    return norms.max() / norms.mean()
