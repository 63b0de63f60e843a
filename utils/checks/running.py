"""Run an answer over one case, and compare what came back with what was expected."""

import copy
import operator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from utils._common.devices import device
from utils.elsewhere import RunsElsewhere
from utils.watch import Watch

# Relative and absolute tolerance by dtype. The cases hold small whole numbers, so that a right
# answer is exact in float32; float64 then shows an answer that computes in float32 on the way.
TOLERANCE = {torch.float64: 1e-10}
DEFAULT_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Case:
    """One call that a check makes.

    Args:
        arguments: by name, in the order of the function's parameters.
        dtype: tensors among the arguments are converted to it.
        on_device: use `utils.device()` instead of the CPU.
    """

    arguments: dict
    dtype: torch.dtype = torch.float32
    on_device: bool = False

    def fresh(self) -> dict:
        """Return copies of the arguments, of this case's dtype and on its device."""
        target = device() if self.on_device else torch.device("cpu")

        def fresh(value):
            # copy=True: a student who works in place must not spoil the catalogue.
            if isinstance(value, torch.Tensor):
                return value.to(target, self.dtype, copy=True)
            if type(value) is tuple:  # a layer as (weight, bias)
                return tuple(map(fresh, value))
            return copy.copy(value)

        return {name: fresh(value) for name, value in self.arguments.items()}

    @property
    def size(self) -> int:
        """How much there is to read: the number of values among the arguments."""
        return sum(
            x.numel() if isinstance(x, torch.Tensor) else 1
            for value in self.arguments.values()
            for x in (value if type(value) is tuple else (value,))
        )


@dataclass(frozen=True)
class Outcome:
    """What one call did: returned a value, raised, made a forbidden call, changed an argument."""

    value: Any = None
    error: BaseException | None = None
    forbidden: str | None = None
    changed: str | None = None


def run(function, case: Case, forbidden: tuple[str, ...] = (), positional: int = 0) -> Outcome:
    """Call `function` with fresh copies of the case's arguments and tell what happened.

    The first `positional` arguments are passed by position, the others by keyword.
    """
    arguments = case.fresh()
    names = list(arguments)
    args = [arguments[name] for name in names[:positional]]
    options = {name: arguments[name] for name in names[positional:]}
    if isinstance(function, RunsElsewhere):
        call = function.call_elsewhere(args, options, forbidden)
        changed = [names[x] if isinstance(x, int) else x for x in call.changed]
        return Outcome(call.value, call.error, call.forbidden, changed[0] if changed else None)
    with Watch(forbidden) as watch:
        try:
            value, error = function(*args, **options), None
        except Exception as raised:
            value, error = None, raised
    return Outcome(value, error, watch.found, _changed(arguments, case.fresh()))


def _changed(arguments: dict, originals: dict) -> str | None:
    for name, original in originals.items():
        pairs = [(arguments[name], original)]
        if type(original) is tuple:
            pairs = list(zip(arguments[name], original, strict=True))
        for now, before in pairs:
            if isinstance(before, torch.Tensor) and (
                now.shape != before.shape or not torch.equal(now.detach(), before)
            ):
                return name
    return None


def same(one: Outcome, other: Outcome) -> bool:
    """Say whether two answers did the same: equal values, or errors of one type."""
    if one.forbidden or other.forbidden:
        return bool(one.forbidden and other.forbidden)
    if one.changed != other.changed or type(one.error) is not type(other.error):
        return False
    return one.error is not None or equal(one.value, other.value)


def equal(one, other) -> bool:
    """Compare two results: same kind, and for tensors same shape, dtype, device and values."""
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return (
            one.shape == other.shape
            and one.dtype == other.dtype
            and one.device == other.device
            and bool(close(one, other).all())
        )
    if isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)):
        return len(one) == len(other) and all(equal(a, b) for a, b in zip(one, other, strict=True))
    if is_integer(one) and is_integer(other):
        return operator.index(one) == operator.index(other)
    if isinstance(one, (float, str)) and type(one) is type(other):
        return one == other
    return type(one) is type(other) and one is other


def close(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return elementwise whether two tensors of one shape agree within the dtype's tolerance."""
    tolerance = TOLERANCE.get(other.dtype, DEFAULT_TOLERANCE)
    return torch.isclose(
        one.detach(), other.detach(), rtol=tolerance, atol=tolerance, equal_nan=True
    )


def is_integer(value) -> bool:
    """Say whether a value counts as an integer answer.

    Accepted is what Python itself takes as an index: int, NumPy's integers, and a 0-dimensional
    integer tensor or array. A bool is refused, and so is a float, even a whole one.
    """
    if isinstance(value, (bool, np.bool_)):
        return False
    if isinstance(value, (torch.Tensor, np.ndarray)):
        if value.ndim or value.dtype in (torch.bool, np.bool_):
            return False
    try:
        operator.index(value)
    except TypeError:
        return False
    return True
