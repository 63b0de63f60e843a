"""Mistakes that people make: each with a name, a hint, and the wrong answer that it leads to.

A wrong function is an edit of a right one: "the padding is forgotten" is that function with its
padding taken out. Two edits of one function can be made together, so a check recognises two
mistakes made at once, without anybody having written that down. A class is edited as a function is.
"""

import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any, NamedTuple

__all__ = ["Edit", "Mistake", "edit", "together"]


class Edit(NamedTuple):
    """A change of a function's text, in which `old` stands exactly once."""

    old: str
    new: str


def edit(old: str, new: str = "") -> Edit:
    """Change the text of a right function: write `new` for `old`, which stands there once."""
    return Edit(old, new)


class Mistake:
    """One mistake that people make.

    Args:
        name: a clause, such as "the kernel is flipped".
        hint: what to think about.
        wrong: the wrong value, or a wrong function as a whole where no edit says it.
        edits: what it changes in the text of `right`.
        right: a right function, written out.
        parts: the mistakes that are made at once, if it is more than one.
    """

    def __init__(
        self,
        name: str,
        hint: str,
        wrong: Any = None,
        *,
        edits: tuple[Edit, ...] = (),
        right: Callable | None = None,
        parts: "tuple[Mistake, ...]" = (),
    ):
        self.name, self.hint, self.wrong = name, hint, wrong
        self.edits, self.parts = edits, parts or (self,)
        self.base: Any = right if edits else wrong  # whose text is edited, or is wrong as it is

    def __repr__(self):
        return f"Mistake({self.name!r})"

    @cached_property
    def answer(self):
        """The wrong value, or the wrong function."""
        if not self.edits:
            return self.wrong
        names = dict(vars(sys.modules[self.base.__module__]))
        exec(compile(self.text, f"<{self.name}>", "exec"), names)
        return names[self.base.__name__]

    @cached_property
    def text(self) -> str:
        """The text of the wrong function.

        Raises:
            ValueError: an edit cannot be made, or is not clear.
        """
        text = text_of(self.base)
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(
                    f"{self.name}: {old!r} stands {text.count(old)} times in "
                    f"{self.base.__name__}, and must stand there once:\n{text}"
                )
            text = text.replace(old, new)
        return text

    def source(self, exercise) -> str:
        """Return a solution cell that makes this mistake, under the exercise's name."""
        if not callable(self.answer):
            return f"{exercise.name} = {self.answer!r}\n"
        # A class also calls itself by its name.
        return re.sub(rf"\b{self.base.__name__}\b", exercise.name, self.text)


@cache
def text_of(function: Callable) -> str:
    """Return the text of a function or class, without its decorators."""
    text = textwrap.dedent(inspect.getsource(function))
    first = re.search(r"^(def|class) ", text, flags=re.MULTILINE)
    return text[first.start() :] if first else text


def together(one: Mistake, other: Mistake) -> Mistake | None:
    """Make two mistakes at once; None where their edits do not go together."""
    if not one.edits or not other.edits or one.base is not other.base:
        return None
    both = Mistake(
        f"{one.name}, and {other.name}",
        f"{one.hint} {other.hint}",
        edits=(*one.edits, *other.edits),
        right=one.base,
        parts=(one, other),
    )
    try:
        both.answer  # noqa: B018  (it is made here, or cannot be)
    except (ValueError, SyntaxError):
        return None
    return both
