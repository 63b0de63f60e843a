"""A report as tables on the terminal, and as CSV."""

import csv
import io
from statistics import median

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.report.data import Report, megabytes, percent, seconds
from autograder.texts import no_formula, printable

__all__ = ["as_csv", "show"]

SHOWN = 3  # mistakes of an exercise on the terminal; the CSV file and the page have all


def show(report: Report, console: Console) -> None:
    """Print a report."""
    console.print(f"{report.lesson}\n", style="bold")
    for name, value in report.summary():
        console.print(f"  {name}: {value}")
    tables = [_exercises(report), _mistakes(report), _ranking(report)]
    quarantined = [(report.who(x.student), [x.reason]) for x in report.quarantined]
    tables.append(_of_students("Quarantined", "Reason", quarantined))
    noted = [(report.who(x.student), x.notes) for x in report.noted]
    tables.append(_of_students("Notes", "Note", noted))
    for table in tables:
        if table.row_count:
            console.print()
            console.print(table)


def _exercises(report: Report) -> Table:
    title = "Exercises (median and longest time, and peak memory, of the test)"
    table = Table(title=title, title_justify="left")
    table.add_column("Exercise", overflow="fold")
    for heading in ("Points", "Solved", "Share", "Mean", "Median", "Longest", "Memory"):
        table.add_column(heading, justify="right", no_wrap=True)
    for x in report.exercises:
        mean = "–" if x.mean is None else f"{x.mean:.2f}"
        numbers = [f"{x.most:g}", f"{x.solved}/{len(x.verdicts)}", percent(x.share), mean]
        memory = megabytes(max(x.memory)) if x.memory else "–"
        table.add_row(_text(x.name), *numbers, seconds(x.times), seconds(x.times, max), memory)
    return table


def _mistakes(report: Report) -> Table:
    table = Table(title="Mistakes most often made", title_justify="left")
    table.add_column("Exercise", overflow="fold")
    table.add_column("Times", justify="right", no_wrap=True)
    table.add_column("What the check recognised", overflow="fold")
    for x in report.exercises:
        name = x.name
        for mistake, count in x.mistakes[:SHOWN]:
            table.add_row(_text(name), str(count), _text(mistake))
            name = ""
        if left := len(x.mistakes[SHOWN:]):
            table.add_row("", "", f"({left} more: --csv, --html)")
        if x.unrecognised:
            table.add_row(_text(name), str(x.unrecognised), "(no mistake that it knows)")
    return table


def _ranking(report: Report) -> Table:
    table = Table(title="The contest, the best design first", title_justify="left")
    table.add_column("", justify="right")
    table.add_column("Student", overflow="fold")
    for heading in ("Points", "Accuracy", "Above the front", "Cost"):
        table.add_column(heading, justify="right", no_wrap=True)
    for place, x in enumerate(report.ranking, 1):
        table.add_row(str(place), _text(report.who(x.student)), *x.cells())
    return table


def _of_students(title: str, heading: str, rows: list[tuple[str, list[str]]]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("Student", overflow="fold")
    table.add_column(heading, overflow="fold")
    for student, texts in rows:
        for text in texts:
            table.add_row(_text(student), _text(text))
            student = ""
    return table


def _text(text: str) -> Text:
    """Text that is no markup, and gives the terminal no commands."""
    return Text(printable(text))


def as_csv(report: Report) -> str:
    """Write a row for each exercise; what is known of whole submissions only is in every row."""
    memory = [x.peak_memory for x in report.graded if x.peak_memory]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        [
            *("lesson", "exercise", "points_possible", "submissions", "solved", "solved_in_part"),
            *("share_solved", "mean_points", "median_seconds", "max_seconds"),
            *("peak_memory_bytes", "mistakes"),
            *("no_known_mistake", "lesson_quarantined", "lesson_with_notes"),
            *("lesson_peak_memory_bytes", "limit_seconds", "lesson_missing_modules"),
        ]
    )
    for x in report.exercises:
        mistakes = "; ".join(f"{name} ({count})" for name, count in x.mistakes)
        times = [round(choose(x.times), 3) for choose in (median, max)] if x.times else ["", ""]
        share, mean = ("" if y is None else round(y, 4) for y in (x.share, x.mean))
        rows.writerow(
            [
                *(report.lesson, no_formula(x.name), f"{x.most:g}", len(x.verdicts)),
                *(x.solved, x.partly, share, mean, *times, max(x.memory, default="")),
                *(no_formula(mistakes), x.unrecognised),
                *(len(report.quarantined), len(report.noted), max(memory, default="")),
                *(x.limit or "", "; ".join(f"{name} ({n})" for name, n in report.missing_modules)),
            ]
        )
    return text.getvalue()
