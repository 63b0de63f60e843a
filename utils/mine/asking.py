"""Questions at the start of a lesson, and predictions in it.

What is asked first is what went wrong: a wrong answer, a wrong prediction, or a check that failed.
Then comes what is due by spaced repetition: FSRS estimates from each question's history how likely
its answer is still known, and a question is due when that falls to nine in ten. Then what was never
asked, the last lesson's first.

Source: Ye, Su and Cao (2022), "A stochastic shortest path algorithm for optimizing spaced
repetition scheduling", KDD; the package ``fsrs`` (github.com/open-spaced-repetition/py-fsrs).
"""

import os
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from utils.mine.answers import Answer, answers
from utils.mine.bank import Question, bank
from utils.mine.switch import live

__all__ = ["due", "predict", "review"]

COUNT = 3


def review(lesson: int | None = None):
    """Ask three questions from earlier lessons; in the first one, what it takes for granted.

    Args:
        lesson: the number of the lesson that begins; by default that of the notebook's folder.
            One more than the last asks about all lessons.

    Returns:
        A widget, to be the last line of a cell; None where the lesson is not known and nobody
        works at the kernel.

    Raises:
        ValueError: there is no such lesson, or its number is not to be found.
    """
    from utils.mine.quiz import Quiz  # without it, a check starts faster

    last = max(question.lesson for question in bank().values())
    number = _here() if lesson is None else lesson
    if number is None and not live():
        return None
    if number is None or number not in range(1, last + 2):
        said = "the notebook's folder has no number" if number is None else f"not {number}"
        raise ValueError(
            f"mine.review() needs a lesson from 1 to {last + 1} ({said}): mine.review(lesson=3)"
        )
    return Quiz("review", due(number, answers(), datetime.now(UTC)))


def predict(name: str):
    """Ask a question before the lesson answers it, and keep what was chosen.

    What was chosen first stays, also when the notebook is opened again.

    Args:
        name: of a question in ``utils/mine/questions/``.

    Returns:
        A widget, to be the last line of a cell.

    Raises:
        KeyError: there is no such question.
    """
    from utils.mine.quiz import Quiz

    if name not in bank():
        lesson = _here()
        near = [q.name for q in bank().values() if lesson is None or q.lesson == lesson]
        raise KeyError(f"there is no question {name!r}; there are {', '.join(near)}")
    question = bank()[name]
    keys = [option.key for option in question.options]
    kept = [x for x in answers() if (x.kind, x.name) == ("predict", name) and x.key in keys]
    return Quiz("predict", [question], {name: keys.index(kept[0].key)} if kept else {})


def due(lesson: int, log: list[Answer], now: datetime, count: int = COUNT) -> list[Question]:
    """Choose the questions to ask at the start of a lesson.

    Args:
        lesson: its number; questions are from the lessons before it.
        log: what was answered, the earliest first.
        now: the time.
        count: how many to choose.
    """
    # A tenth of a second that only who answers a question spends.
    from fsrs import Card, Rating, Scheduler

    # The steps of some minutes are made for an hour with cards, not for the start of a lesson.
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    by_name = defaultdict(list)
    for answer in log:
        by_name[answer.kind == "check", answer.name].append(answer)

    def urgency(question: Question) -> tuple:
        failed = (x for name in question.checks for x in by_name[True, name] if not x.right)
        history = sorted([*by_name[False, question.name], *failed])
        if not history:
            return 2, question.lesson == 0, question.place, -question.lesson
        card = Card(card_id=1)
        for answer in history:
            rating = Rating.Good if answer.right else Rating.Again
            card, _ = scheduler.review_card(card, rating, answer.when)
        rank = 0 if not history[-1].right else 1 if card.due <= now else 3
        return rank, scheduler.get_card_retrievability(card, now), question.place, -question.lesson

    earlier = [question for question in bank().values() if question.lesson < lesson]
    return sorted(earlier, key=urgency)[:count]


def _here() -> int | None:
    """The number of the lesson whose folder this is; None if it is none's."""
    places = [Path.cwd(), Path(os.environ.get("JPY_SESSION_NAME", "")).parent]
    for folder in [y for x in places for y in (x, *x.parents)]:
        if match := re.match(r"(\d\d)_", folder.name):
            return int(match[1])
    return None
