"""The lessons as pages to read: solutions/L/L.ipynb -> docs/lessons/L.ipynb, before Sphinx reads.

A reader sees what a student sees, and can unfold the rest. Of an exercise the empty cell is shown
and the solution is folded below it; of its test the call of `check` with its message; hidden tests
are left out, and the mistakes that the check knows are folded. Text that makes sense only in a
notebook is left out. Nothing is executed.
"""

import html
import re
import textwrap
from pathlib import Path

import nbformat
from myst_nb.sphinx_ import HideCodeCellNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from paper import chromium

from autograder.cells import visible

ROOT = Path(__file__).resolve().parent.parent.parent
SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION\n?", re.M | re.S)
ANSWER = re.compile(r"<!-- BEGIN SOLUTION -->(.*?)<!-- END SOLUTION -->", re.S)
#: What makes sense only where code can be run; a page to read does without.
NOTEBOOK_ONLY = re.compile(r"\s*<!-- BEGIN NOTEBOOK -->.*?<!-- END NOTEBOOK -->", re.S)
MARK_SCHEME = re.compile(r"^\*\*(Mark scheme)\*\*(.*)\n", re.M)
CHECK = re.compile(r"""^check\(["']([a-z0-9-]+)["']""", re.M)
#: What students find in place of a solution; nbgrader's default.
STUB = ["# YOUR CODE HERE", "raise NotImplementedError()"]
NOTE = """\
:::{{admonition}} Read it, or do it
:class: note no-paper
This is the whole lesson with its results. Try each exercise before you unfold its solution.
To write and run the code yourself, {{doc}}`take the course's notebooks </start>`: this is
`notebooks/{name}/{name}.ipynb`. {pdf}
:::

:::{{div}} on-paper
This is the whole lesson with its results, as printed from the course's site. Hints, answers and
solutions stand at the end, numbered as in the text. Text and figures: CC BY 4.0.
:::
"""
PDF = 'To read on paper: <a href="{name}.pdf">PDF</a>, with the solutions at its end.'


def walkthrough(notebook: nbformat.NotebookNode, name: str, mistakes: dict) -> None:
    """Turn a solution, in place, into what a reader sees.

    Args:
        notebook: a built notebook of solutions/.
        name: the lesson's, such as "01_convolution".
        mistakes: exercise -> (name, hint) of each mistake that its check recognises.
    """
    pages = [page for cell in notebook.cells for page in pages_of(cell, mistakes)]
    title, _, rest = pages[0].source.partition("\n")
    pdf = PDF.format(name=name) if chromium() else ""
    pages[0].source = f"{title}\n\n{NOTE.format(name=name, pdf=pdf)}\n{rest}"
    notebook.cells = pages


def pages_of(cell: nbformat.NotebookNode, mistakes: dict) -> list[nbformat.NotebookNode]:
    """Return the cells that a reader gets for one of the solution's."""
    if cell.cell_type == "markdown":
        cell.source = NOTEBOOK_ONLY.sub("", cell.source).strip()
        cell.source = ANSWER.sub(lambda found: folded_answer(found[1]), cell.source)
        return [cell] if cell.source else []
    if cell.cell_type == "code" and SOLUTION.search(cell.source):
        empty = new_code_cell(stub(cell.source), metadata={"tags": ["stub"]})
        return [empty, folded_solution(cell)]
    cell.source = visible(cell.source).rstrip()
    exercises = CHECK.findall(cell.source)
    if not exercises:
        return [cell]
    cell.metadata.tags = [*cell.metadata.get("tags", []), "check"]
    known = [mistake for exercise in exercises for mistake in mistakes[exercise]]
    return [cell, new_markdown_cell(catalogue(known))]


def stub(source: str) -> str:
    """Return a solution cell as a student finds it."""
    return SOLUTION.sub(lambda found: "".join(f"{found[1]}{x}\n" for x in STUB), source).rstrip()


def folded_solution(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the cell without nbgrader's marks and without placeholders, to be unfolded."""
    source = SOLUTION.sub(lambda found: found[2], cell.source)
    lines = [line for line in source.splitlines() if not line.endswith("# no answer yet")]
    cell.source = textwrap.dedent("\n".join(lines)).strip()
    cell.metadata.tags = ["hide-input", "solution"]
    cell.metadata.mystnb = {"code_prompt_show": "Solution", "code_prompt_hide": "Solution"}
    return cell


def folded_answer(text: str) -> str:
    """Fold an answer in words, and below it the mark scheme, so that readers can mark their own."""
    answer, *scheme = MARK_SCHEME.split(text, maxsplit=1)
    folds = fold("Answer", answer)
    if scheme:
        title, points, table = scheme
        folds += fold(title + points, table)
    return folds


def fold(title: str, text: str) -> str:
    """Return a fold; it is closed, and opens by mouse or keyboard."""
    return f"<details><summary>{html.escape(title)}</summary>\n\n{text.strip()}\n\n</details>\n\n"


def catalogue(known: list[tuple[str, str]]) -> str:
    """Return a fold with the mistakes that a check recognises, each with its hint."""
    items = "\n".join(f"- **{name}.** {hint}" for name, hint in known)
    text = f"A wrong answer is compared with these. *This is what you get if …*\n\n{items}"
    return fold(f"Mistakes that this check recognises ({len(known)})", text)


def mistakes_of_all_checks() -> dict[str, list[tuple[str, str]]]:
    """Return the catalogue of `utils.checks`: exercise -> (name, hint) of each mistake."""
    from utils.checks import EXERCISES

    return {
        exercise: [(mistake.name, mistake.hint) for mistake in found.mistakes]
        for exercise, found in EXERCISES.items()
    }


def write(folder: Path, pages: dict[str, str]) -> None:
    """Make a folder hold these pages and no others: name -> text.

    A page that is as it should be is left alone, so that Sphinx need not read it again.
    """
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def write_lessons(app, config) -> None:
    """Write the lessons and the syllabus into the source folder."""
    pages, mistakes = {}, mistakes_of_all_checks()
    for path in sorted((ROOT / "solutions").glob("*/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        walkthrough(notebook, path.stem, mistakes)
        pages[path.name] = nbformat.writes(notebook)
    syllabus = (ROOT / "lessons" / "SYLLABUS.md").read_text("utf-8")
    pages["syllabus.md"] = re.sub(r"\]\(\w+/(\w+)\.md#", r"](\1.ipynb#", syllabus)
    write(Path(app.srcdir) / "lessons", pages)


def visit_fold(self, node) -> None:
    """Open a fold of a code cell as plain HTML; myst-nb's own has another name than it shows."""
    kind = "solution" if node["prompt_show"] == "Solution" else "code"
    summary = html.escape(node["prompt_show"])
    self.body.append(f'<details class="fold {kind}"><summary>{summary}</summary>\n')


def depart_fold(self, node) -> None:
    """Close it."""
    self.body.append("</details>\n")


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", write_lessons)
    app.add_node(HideCodeCellNode, override=True, html=(visit_fold, depart_fold))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
