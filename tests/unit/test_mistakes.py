"""Mistakes as edits, two of them at once, and how a wrong result differs from the right one."""

import itertools
import re

import pytest
import torch

from utils.checks import EXERCISES, CheckFailed
from utils.checks.core import Exercise
from utils.checks.difference import describe
from utils.checks.mistakes import Mistake, edit, together
from utils.checks.running import same

FUNCTIONS = {name: x for name, x in EXERCISES.items() if isinstance(x, Exercise)}
#: Checking all pairs would take minutes; each eighth one is enough.
PAIRS = [
    (name, one, other)
    for name, exercise in FUNCTIONS.items()
    for one, other in itertools.islice(
        itertools.combinations([x for x in exercise.mistakes if x.edits], 2), 0, None, 8
    )
]


def right(x, k=2):
    return x.sum() + k * x.mean()


def test_an_edit_must_apply_exactly_once():
    assert Mistake("m", "", edits=(edit("k * ", ""),), right=right).answer(torch.ones(2)) == 3
    for old in ("nothing", "x."):
        with pytest.raises(ValueError, match=f"{re.escape(repr(old))} stands [02] times in right"):
            Mistake("m", "", edits=(edit(old, "y"),), right=right).answer  # noqa: B018


def test_edits_are_a_solution_cell_under_the_exercises_name():
    mistake = Mistake("m", "", edits=(edit("k * x", "x"),), right=right)
    source = mistake.source(FUNCTIONS["max-pool2d"])
    assert source.startswith("def max_pool2d(x, k=2):\n") and "+ x.mean()" in source


def test_two_edits_that_touch_the_same_text_do_not_go_together():
    one, other, third = (
        Mistake(name, f"{name}.", edits=(x,), right=right)
        for name, x in {
            "a": edit("k * x.mean()", "0"),
            "b": edit("k * ", ""),
            "c": edit("x.sum()", "1"),
        }.items()
    )
    assert together(one, other) is None
    both = together(other, third)
    assert both.name == "b, and c" and both.hint == "b. c." and both.parts == (other, third)
    assert both.answer(torch.ones(2)) == 2


def test_most_mistakes_are_edits():
    mistakes = [x for exercise in FUNCTIONS.values() for x in exercise.mistakes]
    assert sum(bool(x.edits) for x in mistakes) > 0.9 * len(mistakes)


@pytest.mark.slow
def test_two_mistakes_made_at_once_are_named_both():
    named, unnamed = 0, []
    alone = {
        name: [exercise.run(x.answer) for x in exercise.mistakes]
        for name, exercise in FUNCTIONS.items()
    }
    for name, one, other in PAIRS:
        exercise, both = FUNCTIONS[name], together(one, other)
        if both is None:
            continue
        outcomes = exercise.run(both.answer)
        findings = exercise.findings(outcomes)
        if not any(x.wrong for x in findings) or any(
            all(map(same, outcomes, single)) for single in alone[name]
        ):
            continue  # one hides the other, or both together are right
        recognised = [x for mistake, _ in exercise.recognise(findings) for x in mistake.parts]
        if {one, other} <= set(recognised) or len(recognised) == 2:
            named += 1
        else:
            unnamed.append(f"{name}: {both.name}")
    assert named > 75
    assert len(unnamed) < 0.1 * named, "\n".join(unnamed)


def test_the_message_names_both_and_gives_both_hints():
    one, other = (
        next(x for x in FUNCTIONS["avg-pool2d"].mistakes if x.name == name)
        for name in ("the largest number is taken", "the windows are laid side by side")
    )
    both = together(one, other)
    with pytest.raises(CheckFailed) as caught:
        FUNCTIONS["avg-pool2d"].check(both.answer)
    assert f"This is what you get if {one.name}, and {other.name}:" in str(caught.value)
    assert caught.value.mistakes == (one.name, other.name)


IMAGE = torch.arange(24.0).view(1, 2, 3, 4) ** 1.5
SQUARE = torch.arange(9.0).view(1, 1, 3, 3) ** 1.5


@pytest.mark.parametrize(
    ("wrong", "expected", "said"),
    [
        (IMAGE / 4, IMAGE, "Every number is 1/4 times what it should be."),
        (2.5 * IMAGE, IMAGE, "Every number is 5/2 times what it should be."),
        (-IMAGE, IMAGE, "Every number has the wrong sign."),
        (IMAGE + 3, IMAGE, "Every number is too large by 3."),
        (SQUARE.mT, SQUARE, "It is the right result, with rows and columns swapped."),
        (IMAGE.mT, IMAGE, "It is the right result, with rows and columns swapped."),
        (IMAGE.flip(-1), IMAGE, "It is the right result, mirrored from left to right."),
        (IMAGE.flip(-2), IMAGE, "It is the right result, upside down."),
        (IMAGE.flip(-1, -2), IMAGE, "It is the right result, turned by half a turn."),
        (IMAGE.transpose(0, 1), IMAGE, "It is the right result with axes 0 and 1 swapped."),
        (IMAGE.roll(1, -1), IMAGE, "It is the right result, shifted by one column right."),
        (IMAGE.roll(-1, -2), IMAGE, "It is the right result, shifted by one row up."),
        (
            SQUARE.index_fill(2, torch.tensor([0]), -7),
            SQUARE,
            "Only numbers at the border are wrong.",
        ),
        (
            IMAGE * torch.tensor([1.0, -2]).view(2, 1, 1),
            IMAGE,
            "Only the first channel is right.",
        ),
        (
            IMAGE * torch.tensor([-2.0, 1]).view(2, 1, 1),
            IMAGE,
            "Only one channel is wrong: number 0, from 0 on.",
        ),
        (
            IMAGE.flatten().roll(5).view_as(IMAGE),
            IMAGE,
            "The numbers are the right ones, in other places.",
        ),
        (torch.rand(1, 2, 3, 4), IMAGE, None),
        (torch.ones(2), torch.zeros(2), None),  # too little to tell
        (IMAGE, IMAGE.double(), None),  # wrong in its dtype alone
        (None, IMAGE, None),
        (torch.ones(1, 2, 3, 4, device="meta"), IMAGE, None),
        (IMAGE.to(torch.complex64), IMAGE, None),
        (torch.full_like(IMAGE, torch.nan), IMAGE, None),
        (torch.full_like(IMAGE, torch.inf), IMAGE, None),
    ],
)
def test_a_difference_is_described(wrong, expected, said):
    assert describe([(wrong, expected)]) == said


def test_a_difference_is_said_only_where_all_failing_cases_agree():
    assert describe([(2 * IMAGE, IMAGE), (2 * SQUARE, SQUARE)]) is not None
    assert describe([(2 * IMAGE, IMAGE), (3 * SQUARE, SQUARE)]) is None
    assert describe([(2 * IMAGE, IMAGE), (torch.ones(1), torch.zeros(1))]) is not None


def test_an_unknown_mistake_is_described():
    exercise = FUNCTIONS["avg-pool2d"]
    with pytest.raises(CheckFailed) as caught:
        exercise.check(lambda *args, **options: 3 * exercise.reference(*args, **options))
    assert "Every number is 3 times what it should be." in str(caught.value)
    assert "This is what you get if" not in str(caught.value)
