"""What a student does with the library: look at it, lend and take back, try a part alone."""

from collections.abc import Callable
from html import escape

from utils.mine import picture, shelf, switch
from utils.mine.parts import LAYERS, PARTS

__all__ = ["Drawing", "check", "drawing", "lend", "or_lent", "take_back"]

HEADS = ("part", "whose", "since", "lesson")
ASLEEP = "Nobody works at this kernel, so everything is on loan."


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


def check(name: str) -> None:
    """Try a part of yours alone: run the check that it once passed.

    Raises:
        utils.checks.CheckFailed: it does not pass any more.
        ValueError: the part is not yours.
    """
    from utils import checks  # which import this package

    own = _own(name)
    (exercise,) = (x for x in checks.EXERCISES.values() if getattr(x, "part", "") == name)
    checks.check(exercise.id, own.function)


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


def or_lent(answer: Callable, other: Callable) -> Callable:
    """Return a student's function, for which another stands in until it is written.

    For what a lesson shows with an answer that is no part of the library.

    Args:
        answer: the student's function.
        other: is called in its place while it raises `NotImplementedError`.
    """

    def call(*arguments, **options):
        try:
            return answer(*arguments, **options)
        except NotImplementedError:
            return other(*arguments, **options)

    return call


def _own(name: str) -> shelf.Kept:
    own = shelf.kept(name) if name in PARTS else None
    if own is None:
        known = ", ".join(x for x in PARTS if shelf.whose(x) != "on loan") or "none yet"
        raise ValueError(f"{name!r} is not a part of yours; yours are: {known}")
    return own


def rows() -> list[tuple[str, str, str, str]]:
    """The table: part, whose it is, since when, and from which lesson."""
    found = []
    for name, about in PARTS.items():
        whose = shelf.whose(name)
        kept = shelf.kept(name) if whose.startswith("yours") else None
        since = kept.since if kept else ""
        found.append((name, whose, since, about.lesson))
    return found


def as_text() -> str:
    """The table as text."""
    table = [HEADS, *rows()]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
    return "\n".join([*lines, *[ASLEEP] * (not switch.live())])


def as_html() -> str:
    """The table as HTML."""
    head = "".join(f'<th scope="col">{x}</th>' for x in HEADS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(x)}</td>" for x in row) + "</tr>" for row in rows()
    )
    note = "" if switch.live() else f"<p>{ASLEEP}</p>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"
