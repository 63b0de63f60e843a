"""A function that runs in another process, and how a check learns what a call of it did.

When a submission is graded, the check runs in one process and the student's function in another
(`autograder.judge.inside.peers`). Nothing that happens there can be watched from here.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = ["Call", "RunsElsewhere"]


class Call(NamedTuple):
    """What one call did: returned a value or raised, made a forbidden call, changed arguments.

    ``changed`` holds the places of positional arguments and the names of the others.
    """

    value: Any
    error: Exception | None = None
    forbidden: str | None = None
    changed: Sequence[int | str] = ()


class RunsElsewhere:
    """The base class of such functions: they report what a call did, besides being called."""

    def __call__(self, *args, **options):
        """Call the function, and return or raise what it does."""
        raise NotImplementedError

    def call_elsewhere(self, args: Sequence, options: dict, forbidden: Sequence[str] = ()) -> Call:
        """Call the function, and report what happened.

        Args:
            args: the positional arguments, which are copied.
            options: the others, by name.
            forbidden: dotted names of functions that it may not call.
        """
        raise NotImplementedError
