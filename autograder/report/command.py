"""Report on a lesson: what was solved, which mistakes were made, what could not be graded.

It says what the journal says of the automatic tests. Questions in words are graded by hand, and
are not in it.
"""

import argparse
from pathlib import Path

from rich.console import Console

from autograder import ROOT
from autograder.build.release import lessons, read
from autograder.errors import CourseError
from autograder.gradebook import journal, scores
from autograder.gradebook.export import write
from autograder.gradebook.scores import GRADE, opened
from autograder.report import text as report_text
from autograder.report.data import Report, report_on

__all__ = ["add_arguments", "main", "read_report"]


def read_report(name: str, root: Path = ROOT) -> Report:
    """Read all that was graded of a lesson.

    Raises:
        CourseError: there is no such lesson, it is not built, or nothing of it is graded.
    """
    (lesson,) = lessons(root, [name])
    notebook = read(lesson.solution)
    if notebook is None:
        how = f"python -m autograder release {name}"
        raise CourseError(f"solutions/{name} is not built; build it first: {how}")
    with opened(root) as session:
        entries = journal.entries(session.connection(), name)
        names = scores.names(session.connection())
    if not entries:
        how = GRADE.replace("LESSON", name)
        raise CourseError(f"nothing of {name} is graded yet; grade it first: {how}")
    return report_on(name, notebook, entries, names)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m autograder report`."""
    parser.add_argument("lesson", help="such as 01_convolution")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a row for each exercise")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one page that holds all")


def main(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Run the command; return its exit status."""
    report = read_report(arguments.lesson, root)
    report_text.show(report, Console(markup=False, highlight=False, emoji=False))
    if arguments.csv:
        write(arguments.csv, report_text.as_csv(report).encode())
    if arguments.html:
        from autograder.report.html import page  # matplotlib takes a second

        write(arguments.html, page(report).encode())
    for path in filter(None, (arguments.csv, arguments.html)):
        print(f"{path} written")
    return 0
