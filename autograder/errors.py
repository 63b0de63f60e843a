"""The error that a command shows in one line, instead of a traceback."""

__all__ = ["CourseError"]


class CourseError(Exception):
    """Something cannot be done; the message says why, and what to do."""
