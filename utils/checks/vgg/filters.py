"""Lesson 5: filters that follow each other."""

import torch  # noqa: F401  (of a mistake)
import torch.nn.functional as F

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

# --- compose-filters -----------------------------------------------------------------------------


def _compose(first, second):
    size = second.shape[0]
    return F.conv2d(first[None, None], second.flip(0, 1)[None, None], padding=size - 1)[0, 0]


def _pair(seed, one, other):
    first, second = whole_numbers(one, one, seed=seed), whole_numbers(other, other, seed=seed + 1)
    return Case({"first": first, "second": second})


_sides = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2), (3, 3), (5, 3)]
_cases = [_pair(10 * place, *sides) for place, sides in enumerate(_sides)]

compose_filters = Exercise(
    "compose-filters",
    reference=_compose,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        Trait("a second filter > 1x1", "1x1 second", lambda c: len(c.arguments["second"]) > 1),
        Trait("a first filter > 1x1", "1x1 first", lambda c: len(c.arguments["first"]) > 1),
    ),
    every_device=True,
)

compose_filters.mistake(
    "the second filter is not turned round",
    "The tap (u, v) of the second filter *shifts* the first one by (u, v). Sliding it over the "
    "first one, as F.conv2d does, shifts it the other way: turn one of them by 180 degrees.",
    edit("second.flip(0, 1)", "second"),
)
compose_filters.mistake(
    "both filters are turned round",
    "Only the one that is slid is turned; turning both is as if none were.",
    edit("first[", "first.flip(0, 1)["),
)
compose_filters.mistake(
    "the second filter is only mirrored",
    "Turn it by 180 degrees: rows *and* columns.",
    edit("second.flip(0, 1)", "second.flip(1)"),
)
compose_filters.mistake(
    "the size of the first filter is kept",
    "The field grows: the composed filter has F1 + F2 - 1 pixels a side.",
    edit("[0, 0]", "[0, 0, : len(first), : len(first)]"),
)


@compose_filters.mistake(
    "the filters are added",
    "The second layer weighs what the first one gives: taps are multiplied, then added.",
)
def _added(first, second):
    one, other = len(first) - 1, len(second) - 1
    return F.pad(first, (0, other) * 2) + F.pad(second, (0, one) * 2)


compose_filters.mistake(
    "the first filter is put at each place with one weight",
    "Each tap of the second filter has a weight of its own.",
    edit("second.flip(0, 1)", "torch.ones_like(second)"),
    edit("[0, 0]", "[0, 0] * second[0, 0]"),
)
