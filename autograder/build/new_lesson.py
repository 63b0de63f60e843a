"""Begin a lesson: a text with its parts, and a place for its checks."""

import argparse
import re
from pathlib import Path

from autograder import ROOT
from autograder.build.new_exercise import filled
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
    if not (parts := re.fullmatch(r"(\d\d)_([a-z][a-z0-9_]*)", name)):
        raise CourseError(
            f"{name!r} is no name of a lesson: write two digits and a topic, 09_topic"
        )
    number, topic = parts.groups()
    if taken := sorted((root / "lessons").glob(f"{number}_*")):
        raise CourseError(f"there is a lesson {number} already: {taken[0].name}")
    if (root / "utils" / "checks" / topic).exists():
        raise CourseError(f"there are checks of a lesson on {topic!r} already")
    files = {
        Lesson(root, name).text: filled("lesson.md", number=str(int(number))),
        root / "utils" / "checks" / topic / "__init__.py": filled(
            "package.txt", number=str(int(number))
        ),
        root / "tests" / "answers" / f"{topic}.py": filled("answers.txt", number=str(int(number))),
    }
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return list(files)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m autograder new-lesson`."""
    parser.add_argument("lesson", help="such as 09_detection")


def main(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Run the command; return its exit status."""
    for path in new_lesson(arguments.lesson, root):
        print(f"{path.relative_to(root)}: replace each {FILL_IN}")
    print(f"Then: python -m autograder new-exercise {arguments.lesson} NAME")
    return 0
