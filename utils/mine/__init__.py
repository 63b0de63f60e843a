"""Your library: what you have written and what has passed its check, anywhere in the course.

``mine.conv2d`` is your own function, in later lessons too, and after a restart. What you have not
written yet is on loan from :mod:`utils.functional`. Your functions lie in ``my_convnet`` beside the
lessons, a small package that is yours to keep and needs torch alone. ``mine`` itself, as the last
line of a cell, shows which parts are yours; ``mine.whose("conv2d")`` says it of one. ``mine.nn``
has layers made of them, and ``models.resnet18(parts=mine)`` a network.

``mine.built()`` is a page for the end: your library, your network, and photographs that it named.

``mine.review()`` asks three questions from earlier lessons, and ``mine.predict("...")`` one before
the lesson answers it. What you answer is kept beside the lessons too.

Nothing is read or kept where a notebook runs by itself (*Validate*, the grader, the build): there
everything is on loan, so the library changes no score.
"""

import sys
from types import ModuleType

from utils.mine import answers, library, nn, shelf  # noqa: F401  (nn: as mine.nn)
from utils.mine.asking import predict, review
from utils.mine.built import built
from utils.mine.library import Drawing, check, drawing, lend, or_lent, take_back
from utils.mine.parts import PARTS
from utils.mine.shelf import whose

__all__ = [
    "Drawing",
    "built",
    "check",
    "drawing",
    "lend",
    "or_lent",
    "predict",
    "review",
    "take_back",
    "whose",
]


class _Library(ModuleType):
    """The module itself: it has the parts for attributes, and is shown as a table."""

    def __getattr__(self, name: str):
        try:
            return shelf.part(name)
        except KeyError:
            known = ", ".join(PARTS)
            raise AttributeError(f"there is no part {name!r}; there are {known}") from None

    def __dir__(self):
        return sorted({*super().__dir__(), *PARTS})

    def __repr__(self) -> str:
        return library.as_text()

    def _repr_html_(self) -> str:
        return library.as_html()


sys.modules[__name__].__class__ = _Library
