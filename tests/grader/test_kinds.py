"""What the visible check takes, the hidden tests take: who saw *passed* loses no points.

Both stand in one cell, the check first, so what the check refuses is refused whatever follows.
"""

import numpy as np
import pytest
import torch

from autograder.cells import visible
from tests.course import LESSONS, find, points, solution
from utils.checks import EXERCISES as EXERCISES_OF
from utils.checks import ModuleExercise


def deep(change):
    """Apply a change to the leaves of a result, in tuples and lists too."""

    def changed(value):
        if type(value) in (tuple, list):
            return type(value)(changed(x) for x in value)
        return change(value)

    return changed


def swapped(value):
    """Tuples as lists, and lists as tuples."""
    if isinstance(value, tuple | list) and not isinstance(value, torch.Size):
        return (list if isinstance(value, tuple) else tuple)(swapped(x) for x in value)
    return value


def is_int(value):
    return type(value) is int


def is_real(value):
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def apart(tensor):
    """The same numbers, not side by side in memory."""
    return tensor.unsqueeze(-1).repeat(*[1] * tensor.ndim, 2)[..., 0]


KINDS = {
    "a tuple for a list, a list for a tuple": swapped,
    "NumPy's ints": deep(lambda x: np.int64(x) if is_int(x) else x),
    "0-dimensional tensors": deep(lambda x: torch.tensor(x) if is_int(x) else x),
    "whole floats": deep(lambda x: float(x) if is_int(x) else x),
    "bools": deep(lambda x: bool(x) if is_int(x) else x),
    "texts": deep(lambda x: str(x) if is_int(x) else x),
    "tensors that want a gradient": deep(
        lambda x: x.detach().clone().requires_grad_() if is_real(x) else x
    ),
    "tensors with gaps in memory": deep(lambda x: apart(x) if is_real(x) else x),
    "another precision": deep(
        lambda x: (
            x.to(torch.float32 if x.dtype == torch.float64 else torch.float64) if is_real(x) else x
        )
    ),
    "arrays": deep(lambda x: x.detach().numpy() if is_real(x) else x),
}
EXERCISES = [(lesson, name) for lesson in LESSONS for name in points(lesson)]


def namespace(lesson):
    """The names that the lesson's first cell gives."""
    names = {}
    exec(next(x.source for x in solution(lesson).cells if x.cell_type == "code"), names)
    return names


@pytest.fixture(scope="module")
def names():
    return {lesson: namespace(lesson) for lesson in LESSONS}


def passes(source, scope):
    try:
        exec(source, scope)
    except Exception:
        return False
    return True


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES, ids=lambda x: x)
def test_the_hidden_tests_take_what_the_check_takes(names, lesson, exercise, capsys):
    if exercise == "design" or isinstance(EXERCISES_OF[exercise], ModuleExercise):
        pytest.skip("a network or a module: test_contest_graded.py, test_modules.py")
    notebook, scope = solution(lesson), dict(names[lesson])
    exec(find(notebook, exercise).source, scope)
    name = EXERCISES_OF[exercise].name
    answer, test = scope[name], find(notebook, f"test-{exercise}").source
    hidden = test.replace(visible(test).strip(), "", 1)
    assert "### BEGIN HIDDEN TESTS" in hidden
    taken, lost = [], []
    for kind, change in KINDS.items():
        if callable(answer):
            scope[name] = lambda *args, change=change, **more: change(answer(*args, **more))
        else:
            scope[name] = change(answer)
        if passes(visible(test), scope):
            taken.append(kind)
            lost += [] if passes(hidden, scope) else [kind]
    assert taken
    assert lost == []
