"""Begin an exercise: cells in the lesson, a check, right answers; each says what to add."""

import argparse
import re
from pathlib import Path
from string import Template

from autograder import ROOT
from autograder.build.release import Lesson, convert, lessons
from autograder.build.trial import FILL_IN
from autograder.cells import grade_id
from autograder.errors import CourseError

__all__ = ["add_arguments", "filled", "main", "new_exercise", "written"]

TEMPLATES = Path(__file__).parent / "templates"
#: What a test of each kind begins with; an answer in words has none.
HIDDEN_TESTS = {"function": "assert {}(3) == 6", "value": "assert {} == 42"}


def filled(template: str, **words: str) -> str:
    """Return a template's text with its words: name, function, number."""
    return Template((TEMPLATES / template).read_text("utf-8")).substitute(words)


def written(files: dict[Path, str]) -> list[Path]:
    """Write texts into files, with the folders that they need; return the files."""
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return list(files)


def new_exercise(
    lesson: Lesson, name: str, kind: str = "function", after: str | None = None
) -> list[Path]:
    """Write an exercise's beginnings; return the files.

    Args:
        lesson: the lesson that gets it.
        name: the answer's `grade_id`, such as "stochastic-pooling".
        kind: "function", "value" or "manual".
        after: the exercise behind which it comes; by default the lesson's last; a lesson's
            first one comes before its summary.

    Raises:
        CourseError: the name is taken or is no slug, or there is no exercise `after`.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise CourseError(f"{name!r} is no name of an exercise: small letters, 0-9 and hyphens")
    for other in lessons(lesson.root):
        if name in map(grade_id, convert(other).cells):
            raise CourseError(f"{other.name} has an exercise {name!r} already; choose another name")
    function = name.replace("-", "_")
    words = {"name": name, "function": function, "number": str(lesson.number)}
    cells = filled("task.md") + filled(f"{kind}.md", **words)
    if kind in HIDDEN_TESTS:
        cells += filled("test.md", hidden=HIDDEN_TESTS[kind].format(function), **words)
    text = lesson.text.read_text("utf-8")
    place = _place(text, after)
    files = {lesson.text: text[:place] + cells + text[place:]}
    if kind in HIDDEN_TESTS:
        check = lesson.checks / f"{function}.py"
        if check.exists():
            raise CourseError(f"{check.relative_to(lesson.root)} is there already")
        files[check] = filled(f"{kind}_check.txt", **words)
        there = lesson.answers.is_file()
        before = lesson.answers.read_text("utf-8") if there else filled("answers.txt", **words)
        files[lesson.answers] = before + filled(f"{kind}_answers.txt", **words)
    return written(files)


def _place(text: str, after: str | None) -> int:
    """Where in a lesson's text an exercise goes: behind another one, or behind the last."""
    cells = list(re.finditer(r"^```\{code-cell\}.*?^```\n", text, re.DOTALL | re.MULTILINE))
    tests = [x for x in cells if re.search(r"grade_id: test-", x[0])]
    if after is None and tests:
        return tests[-1].end()
    if after is None:  # a new lesson's first exercise
        summary = re.search(r"^## Summary$", text, re.MULTILINE)
        return summary.start() if summary else len(text)
    for cell in tests:
        if re.search(rf"grade_id: test-{re.escape(after)},", cell[0]):
            return cell.end()
    raise CourseError(f"the lesson has no exercise {after!r} with a test")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m autograder new-exercise`."""
    parser.add_argument("lesson", help="such as 03_pooling")
    parser.add_argument("exercise", help="such as stochastic-pooling: the answer's grade_id")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--value", action="store_true", help="a number or a list, not a function")
    kinds.add_argument("--manual", action="store_true", help="an answer in words, graded by hand")
    parser.add_argument("--after", metavar="EXERCISE", help="its place (default: the last)")


def main(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Run the command; return its exit status."""
    (lesson,) = lessons(root, [arguments.lesson])
    kind = "value" if arguments.value else "manual" if arguments.manual else "function"
    for path in new_exercise(lesson, arguments.exercise, kind, arguments.after):
        print(f"{path.relative_to(root)}: replace each {FILL_IN}")
    print(f"Then: python -m autograder try {arguments.exercise}")
    return 0
