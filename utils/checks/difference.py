"""Describes how a wrong tensor differs from the right one. It describes; it does not guess why."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import torch

__all__ = ["describe"]


def describe(pairs: Iterable[tuple[object, object]]) -> str | None:
    """Say what the wrong results of all failing cases have in common, if anything.

    Args:
        pairs: in each failing case the result, and the right one. Other things than tensors, and
            tensors that are too small or too uniform to tell, say nothing.

    Returns:
        A sentence that is true of every pair that tells something, or None.
    """
    telling = [
        (got.detach().double(), right.detach().double())
        for got, right in pairs
        if isinstance(got, torch.Tensor) and isinstance(right, torch.Tensor)
        if got.device == right.device and not got.is_complex() and not right.is_complex()
        if right.numel() > 3 and len(right.unique()) > 2 and got.isfinite().all()
    ]
    if all(_alike(*pair) for pair in telling):  # right, but for the dtype or the precision
        return None
    for trait in TRAITS:
        said = {trait(got, right) for got, right in telling}
        if len(said) == 1 and (sentence := said.pop()) is not None:
            return sentence
    return None


def _alike(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, rtol=1e-4, atol=1e-5)


def _factor(got: torch.Tensor, right: torch.Tensor) -> str | None:
    if got.shape != right.shape:
        return None
    factor = (got * right).sum() / (right * right).sum()
    if not factor.isfinite() or abs(factor) < 1e-3 or not _alike(got, factor * right):
        return None
    if _alike(factor, -torch.ones_like(factor)):
        return "Every number has the wrong sign."
    return f"Every number is {_number(factor.item())} times what it should be."


def _offset(got: torch.Tensor, right: torch.Tensor) -> str | None:
    if got.shape != right.shape:
        return None
    offset = (got - right).mean()
    if not _alike(got, right + offset):
        return None
    size, way = _number(abs(offset.item())), "large" if offset > 0 else "small"
    return f"Every number is too {way} by {size}."


def _turned(got: torch.Tensor, right: torch.Tensor) -> str | None:
    if right.ndim < 2:
        return None
    turns = {
        "with rows and columns swapped": right.mT,
        "upside down": right.flip(-2),
        "mirrored from left to right": right.flip(-1),
        "turned by half a turn": right.flip(-2, -1),
    }
    for how, turned in turns.items():
        if _alike(got, turned):
            return f"It is the right result, {how}."
    return None


def _axes(got: torch.Tensor, right: torch.Tensor) -> str | None:
    if right.ndim < 3:
        return None
    for one in range(right.ndim):
        for other in range(one + 1, right.ndim):
            if _alike(got, right.transpose(one, other)):
                return f"It is the right result with axes {one} and {other} swapped."
    return None


def _shifted(got: torch.Tensor, right: torch.Tensor) -> str | None:
    if got.shape != right.shape or right.ndim < 2:
        return None
    for axis, what, ways in ((-2, "row", ("down", "up")), (-1, "column", ("right", "left"))):
        size = right.shape[axis]
        if size < 3:
            continue
        for way, (a, b) in zip(ways, ((got, right), (right, got)), strict=True):
            moved, still = a.narrow(axis, 1, size - 1), b.narrow(axis, 0, size - 1)
            if _alike(moved, still):
                return f"It is the right result, shifted by one {what} {way}."
    return None


def _place(got: torch.Tensor, right: torch.Tensor) -> str | None:
    if got.shape != right.shape:
        return None
    wrong = ~torch.isclose(got, right, rtol=1e-4, atol=1e-5)
    if right.ndim >= 2 and min(right.shape[-2:]) > 2 and not wrong[..., 1:-1, 1:-1].any():
        return "Only numbers at the border are wrong."
    if right.ndim == 4:
        for axis, what in ((1, "channel"), (0, "image of the batch")):
            places = wrong.transpose(0, axis).flatten(1).any(1)
            if right.shape[axis] > 1 and not places[0] and places[1:].all():
                return f"Only the first {what} is right."
            if right.shape[axis] > 1 and places.sum() == 1:
                return f"Only one {what} is wrong: number {int(places.nonzero()[0])}, from 0 on."
    return None


def _order(got: torch.Tensor, right: torch.Tensor) -> str | None:
    if got.numel() == right.numel() and _alike(*(x.flatten().sort().values for x in (got, right))):
        return "The numbers are the right ones, in other places."
    return None


TRAITS: tuple[Callable[[torch.Tensor, torch.Tensor], str | None], ...] = (
    *(_factor, _offset, _turned, _axes, _shifted, _place, _order),
)


def _number(value: float) -> str:
    """A number as a person would write it: whole, a small fraction, or three digits."""
    fraction = Fraction(value).limit_denominator(64)
    if abs(fraction - Fraction(value)) < 1e-4 * max(1, abs(value)):
        return str(fraction)
    return f"{value:.3g}"
