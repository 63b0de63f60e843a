"""Your library: what you have written and what has passed its check, anywhere in the course.

``mine.conv2d`` is your own function, in later lessons too, and after a restart. What you have not
written yet is on loan from :mod:`utils.functional`. Your functions lie in ``my_convnet`` beside the
lessons, a small package that is yours to keep and needs torch alone. ``mine`` itself, as the last
line of a cell, shows which parts are yours.

Nothing is read or kept where a notebook runs by itself (*Validate*, the grader, the build): there
everything is on loan, so the library changes no score.
"""

import html
import sys
from types import ModuleType

from utils.mine import nn, picture, shelf, switch
from utils.mine.parts import LAYERS, PARTS

__all__ = ["Drawing", "check", "drawing", "lend", "nn", "take_back"]


def check(name: str) -> None:
    """Try a part of yours alone: run the check that it once passed.

    Raises:
        utils.checks.CheckFailed: it does not pass any more.
        ValueError: the part is not yours.
    """
    from utils import checks  # which import this module

    own = _own(name)
    checks.check(own.exercise, own.function)


def lend(name: str) -> None:
    """Go back to the loan for a part, until :func:`take_back` or until the kernel is restarted.

    Raises:
        ValueError: the part is not yours.
    """
    _own(name)
    shelf.lent.add(name)


def take_back(name: str) -> None:
    """Use your own part again after :func:`lend`.

    Raises:
        ValueError: the part is not yours.
    """
    _own(name)
    shelf.lent.discard(name)


class Drawing:
    """A drawing of the network, for a cell; as text, what is to be seen."""

    def __init__(self, own: set[str]):
        self.own = own

    def _repr_html_(self) -> str:
        return picture.draw(PARTS, LAYERS, self.own)

    def __repr__(self) -> str:
        return f"[Drawing: {picture.words(PARTS, self.own)}]"


def drawing() -> Drawing:
    """Draw the network: what is yours is filled with colour, and what comes next is framed."""
    return Drawing({name for name in PARTS if shelf.whose(name).startswith("yours")})


def _own(name: str) -> shelf.Kept:
    own = shelf.kept(name) if name in PARTS else None
    if own is None:
        known = ", ".join(x for x in PARTS if shelf.whose(x) != "on loan") or "none yet"
        raise ValueError(f"{name!r} is not a part of yours; yours are: {known}")
    return own


def _rows() -> list[tuple[str, str, str, str]]:
    """The table: part, whose, since when, from which lesson."""
    rows = []
    for name, about in PARTS.items():
        whose = shelf.whose(name)
        since = shelf.kept(name).since if whose.startswith("yours") else ""
        rows.append((name, whose, since, about.lesson))
    return rows


HEADS = ("part", "whose", "since", "lesson")
ASLEEP = "Nobody works at this kernel, so everything is on loan."


class _Library(ModuleType):
    """The module itself: it has the parts for attributes, and is shown as a table."""

    def __getattr__(self, name: str):
        try:
            return shelf.part(name)
        except KeyError:
            raise AttributeError(
                f"there is no part {name!r}; there are {', '.join(PARTS)}"
            ) from None

    def __dir__(self):
        return sorted({*super().__dir__(), *PARTS})

    def __repr__(self) -> str:
        rows = [HEADS, *_rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join([*lines, *[ASLEEP] * (not switch.live())])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{x}</th>' for x in HEADS)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(x)}</td>" for x in row) + "</tr>" for row in _rows()
        )
        note = "" if switch.live() else f"<p>{ASLEEP}</p>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


sys.modules[__name__].__class__ = _Library
