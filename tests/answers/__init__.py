"""Right answers to the exercises of every lesson: lesson -> exercise -> solution cells."""

from importlib import import_module

from tests.course import LESSONS

# 03_pooling's are in pooling.py.
RIGHT: dict[str, dict[str, list[str]]] = {
    lesson: import_module(f"tests.answers.{lesson.partition('_')[2]}").RIGHT for lesson in LESSONS
}
