"""Begin a lesson: a text with its parts, and a place for its checks."""

import argparse
import re
from pathlib import Path

from autograder import ROOT
from autograder.build.new_exercise import filled, written
from autograder.build.release import Lesson
from autograder.build.trial import FILL_IN
from autograder.errors import CourseError

__all__ = ["add_arguments", "main", "new_lesson"]


def new_lesson(name: str, root: Path = ROOT) -> list[Path]:
    """Write a lesson's beginnings; return the files.

    Args:
        name: its folder, a number and a topic, such as "09_detection".
        root: the course's folder.

    Raises:
        CourseError: the name is of another form, or the lesson or its number is there already.
    """
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", name):
        raise CourseError(
            f"{name!r} is no name of a lesson: write two digits and a topic, 09_topic"
        )
    lesson = Lesson(root, name)
    if taken := sorted((root / "lessons").glob(f"{name[:2]}_*")):
        raise CourseError(f"there is a lesson {name[:2]} already: {taken[0].name}")
    if lesson.checks.exists():
        raise CourseError(f"there are checks of a lesson on {lesson.topic!r} already")
    templates = {
        lesson.text: "lesson.md",
        lesson.checks / "__init__.py": "package.txt",
        lesson.answers: "answers.txt",
    }
    about = {"number": str(lesson.number), "lesson": name}
    return written({path: filled(x, **about) for path, x in templates.items()})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m autograder new-lesson`."""
    parser.add_argument("lesson", help="such as 09_detection")


def main(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Run the command; return its exit status."""
    for path in new_lesson(arguments.lesson, root):
        print(f"{path.relative_to(root)}: replace each {FILL_IN}")
    print(f"Then: python -m autograder new-exercise {arguments.lesson} NAME")
    return 0
