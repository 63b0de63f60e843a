"""A report as one HTML page: nothing is fetched, nothing runs."""

from html import escape
from itertools import groupby

from autograder.report.data import Report, megabytes, percent, seconds
from autograder.report.plots import plots
from autograder.texts import printable

__all__ = ["page"]

CSS = """
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --line: #8a8a8a }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9e9e9; --paper: #16181b; --line: #7d838a }
}
body { margin: 0 auto; max-width: 70rem; padding: 1rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.5 system-ui, sans-serif }
h1, h2 { line-height: 1.2; overflow-wrap: anywhere }
h2 { margin-top: 2.5rem }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem }
dl div { border-left: 3px solid var(--line); padding-left: .6rem }
dt { font-size: .875rem }
dd { margin: 0; font-weight: 600 }
.scroll { overflow-x: auto }
.scroll:focus-visible { outline: 3px solid #56B4E9; outline-offset: 2px }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; padding-bottom: .4rem }
caption span { display: inline-block; max-width: calc(100vw - 2rem) }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem;
  border-bottom: 1px solid var(--line) }
tbody th { font-weight: 600 }
td.number { white-space: nowrap; font-variant-numeric: tabular-nums }
.number { text-align: right }
.long { overflow-wrap: anywhere; min-width: 9rem }
@media (max-width: 30rem) { th, td { padding: .3rem } .long { min-width: 7rem } }
.plots { display: grid; gap: 1.5rem; margin-top: 2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)) }
figure { margin: 0; max-width: 34rem }
figcaption { font-weight: 600; margin-bottom: .4rem }
svg { width: 100%; height: auto }
svg * { stroke-linejoin: round; stroke-linecap: butt }
footer { margin-top: 3rem; font-size: .875rem }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(report: Report) -> str:
    """Write the page. What students chose stands in it as text, and as nothing else."""
    title = f"Report on {_text(report.lesson)}"
    summary = "".join(
        f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>\n"
        for name, value in report.summary()
    )
    figures = "".join(
        f"<figure>\n<figcaption>{_text(caption)}</figcaption>\n{svg}</figure>\n"
        for caption, svg in plots(report)
    )
    sections = [
        *(_exercises(report), _mistakes(report), _ranking(report)),
        *(_quarantined(report), _notes(report)),
    ]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{CSS}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<dl>
{summary}</dl>
{sections[0]}<div class="plots">
{figures}</div>
{"".join(sections[1:])}</main>
<footer><p>Of the automatic tests only: questions in words are graded by hand and not counted here.
Peak memory is that of the student’s kernel, besides what it shares with the others.</p></footer>
</body>
</html>
"""


def _exercises(report: Report) -> str:
    headings = ["Exercise", "Points", "Solved", "Share solved", "Mean points"]
    rows = [
        [
            x.name,
            f"{x.most:g}",
            f"{x.solved} of {len(x.verdicts)}",
            percent(x.share),
            "–" if x.mean is None else f"{x.mean:.2f}",
            seconds(x.times),
            seconds(x.times, max),
            megabytes(max(x.memory)) if x.memory else "–",
        ]
        for x in report.exercises
    ]
    caption = "In the order of the lesson. Solved: all points. Time and memory are the test's."
    numbers = range(1, 8)
    headings += ["Median time", "Longest time", "Peak memory"]
    return _section("Exercises", _table(caption, headings, rows, numbers))


def _mistakes(report: Report) -> str:
    rows = []
    for x in report.exercises:
        rows += [[x.name, str(count), mistake] for mistake, count in x.mistakes]
        if x.unrecognised:
            rows.append([x.name, str(x.unrecognised), "(points lost by no mistake that it knows)"])
    caption = "What the checks recognised, and how many submissions did it."
    headings = ["Exercise", "Times", "You get this if …"]
    return _section("Mistakes", _table(caption, headings, rows, [1]))


def _ranking(report: Report) -> str:
    if not report.ranking:
        return ""
    rows = [
        [report.who(x.student), str(place), *x.cells()] for place, x in enumerate(report.ranking, 1)
    ]
    caption = "The designs of the contest, by how far their accuracy is above the front."
    headings = ["Student", "Place", "Points", "Accuracy", "Above the front", "Cost"]
    return _section("The contest", _table(caption, headings, rows, range(1, 6)))


def _quarantined(report: Report) -> str:
    rows = [(x.student, x.reason) for x in report.quarantined]
    caption = "Submissions that could not be graded. They have no score, and 0 is none."
    return _section("Quarantined", _of_students(report, caption, "Reason", rows))


def _notes(report: Report) -> str:
    rows = [(x.student, note) for x in report.noted for note in x.notes]
    caption = "What an instructor may want to look at."
    return _section("Notes", _of_students(report, caption, "Note", rows))


def _of_students(report: Report, caption: str, heading: str, rows: list[tuple[str, str]]) -> str:
    """Write a table of students, with a column of names where any of them is known."""
    if not any(student in report.names for student, _ in rows):
        return _table(caption, ["Student", heading], [list(x) for x in rows])
    named = [[student, report.names.get(student, "–"), text] for student, text in rows]
    return _table(caption, ["Student", "Name", heading], named, heads=2)


def _section(title: str, content: str) -> str:
    return f"<h2>{_text(title)}</h2>\n{content}"


def _table(
    caption: str, headings: list[str], rows: list[list[str]], numbers=(), heads: int = 1
) -> str:
    """Write a table whose first `heads` columns name the row, or rows; it scrolls where it must."""
    if not rows:
        return "<p>None.</p>\n"
    kinds = ["number" if place in numbers else "long" for place in range(len(headings))]
    head = "".join(
        f'<th scope="col" class="{kind}">{_text(x)}</th>'
        for x, kind in zip(headings, kinds, strict=True)
    )
    body = "".join(
        _row(names, len(group) if place == 0 else 0, cells, kinds[heads:])
        for names, group in _groups(rows, heads)
        for place, cells in enumerate(group)
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{_text(caption)}">\n'
        f"<table>\n<caption><span>{_text(caption)}</span></caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}</tbody>\n</table>\n</div>\n"
    )


def _groups(rows: list[list[str]], heads: int) -> list[tuple[list[str], list[list[str]]]]:
    """Put together the rows that follow one another with the same names."""
    found = groupby(rows, lambda x: x[:heads])
    return [(names, [x[heads:] for x in group]) for names, group in found]


def _row(names: list[str], height: int, cells: list[str], kinds: list[str]) -> str:
    """Write a row; the first of several with the same names has those for all of them."""
    span = f' rowspan="{height}"' if height > 1 else ""
    first = "".join(
        f'<th scope="row"{span} class="long"><bdi>{_text(x)}</bdi></th>'
        for x in (names if height else [])
    )
    others = "".join(
        f'<td class="{kind}">{_text(x)}</td>' for x, kind in zip(cells, kinds, strict=True)
    )
    return f"<tr>{first}{others}</tr>\n"


def _text(text: str) -> str:
    return escape(printable(text))
