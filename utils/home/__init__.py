"""The course home: the page beside the lessons, with what has passed counted on it."""

from utils.home.page import draw, record

__all__ = ["draw", "record"]
