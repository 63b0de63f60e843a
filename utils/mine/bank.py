r"""The bank of questions: what is asked, what can be answered, and why an answer is right or not.

Each lesson has a file in ``questions/``, a table for each question, the most important ones first.
Texts are Markdown with formulas between dollars. What is before ``03_`` in a file's name is the
lesson's number; 0 holds what the course takes for granted. A table looks like this::

    [what-a-filter-spans]                  # the question's name; the log knows it by this
    text = 'A filter of $3 \times 3$ …'
    checks = ["conv2d-naive"]              # who fails these is asked this question first
    right = ["…", "why it is right"]
    wrong = [
        ["…", "why it is wrong"],          # two or three
    ]
"""

import functools
import hashlib
import tomllib
from pathlib import Path
from typing import NamedTuple

__all__ = ["Option", "Question", "bank", "read"]

FOLDER = Path(__file__).parent / "questions"
FIELDS = {"text", "checks", "right", "wrong"}


class Option(NamedTuple):
    """An answer that can be chosen: its text, why it is right or wrong, and its key in the log."""

    text: str
    why: str
    key: str


class Question(NamedTuple):
    """A question: its name, where it is from, and its options in the order that is shown."""

    name: str
    lesson: int
    title: str  # of the lesson
    place: int  # in the lesson, from 0
    text: str
    options: tuple[Option, ...]
    right: int  # place of the right option
    checks: tuple[str, ...]  # exercises whose failure calls for it


def read(path: Path) -> list[Question]:
    """Read a lesson's questions.

    Raises:
        ValueError: the file is not as it should be; the message names the question.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        title = tables.pop("title")
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ValueError(f"{path.name}: {error}; is there a title, and is it TOML?") from error
    found = []
    for place, (name, table) in enumerate(tables.items()):
        try:
            found.append(_question(name, int(path.name[:2]), title, place, table))
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{path.name}: [{name}] needs text, right = [answer, why] and two or three such "
                f"pairs in wrong ({type(error).__name__}: {error})"
            ) from error
    return found


def _question(name: str, lesson: int, title: str, place: int, table: dict) -> Question:
    if unknown := table.keys() - FIELDS:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    pairs = [table["right"], *table["wrong"]]
    if not 3 <= len(pairs) <= 4:
        raise ValueError(f"{len(pairs)} answers")
    options = [Option(text.strip(), why.strip(), _key(name, text)) for text, why in pairs]
    if len({option.key for option in options}) < len(options):
        raise ValueError("two answers are the same")
    # An order that says nothing of which is right, and is the same on every day.
    shown = tuple(sorted(options, key=lambda option: option.key))
    checks = tuple(table.get("checks", ()))
    right = shown.index(options[0])
    return Question(name, lesson, title, place, table["text"].strip(), shown, right, checks)


def _key(name: str, text: str) -> str:
    """What the log calls an answer: another text is another answer."""
    return hashlib.sha256(f"{name}\n{text.strip()}".encode()).hexdigest()[:6]


@functools.cache
def bank() -> dict[str, Question]:
    """Return all questions by name, lesson by lesson.

    Raises:
        ValueError: a file is not as it should be, or two questions have one name.
    """
    found: dict[str, Question] = {}
    for path in sorted(FOLDER.glob("[0-9][0-9]_*.toml")):
        for question in read(path):
            if question.name in found:
                raise ValueError(f"{path.name}: another lesson has a question {question.name!r}")
            found[question.name] = question
    return found
