"""Shows mark schemes to the person who grades in the formgrader, and to nobody else."""

import re
from pathlib import Path

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Unicode

from autograder.cells import HIDDEN, answers_in_words, grade_id

__all__ = ["ShowMarkSchemes"]

SOLUTION = re.compile(r"^[^\n]*BEGIN SOLUTION[^\n]*\n(.*?)^[^\n]*END SOLUTION", re.S | re.M)
DELIMITER = re.compile(r"^[^\n]*### (?:BEGIN|END) MARK SCHEME[^\n]*\n?", re.M)


class ShowMarkSchemes(Preprocessor):
    """Puts below each answer in words what the instructor wrote in its place.

    The students' feedback is made by the same exporter. What is shown in the formgrader has a
    ``submission_id``, a page of feedback has none.
    """

    source_directory = Unicode(help="Folder of the solutions, one folder a lesson").tag(config=True)

    def preprocess(self, nb, resources):
        """Return the notebook with mark schemes, if it is shown in the formgrader."""
        if "submission_id" not in resources:
            return nb, resources
        name = Path(resources["assignment_id"], f"{resources['notebook_id']}.ipynb")
        schemes = _schemes(nbformat.read(Path(self.source_directory, name), as_version=4))
        cells, nb.cells = nb.cells, []
        for cell in cells:
            if cell.cell_type == "markdown":  # nbgrader's tasks carry theirs in the cell itself
                cell.source = HIDDEN.sub(lambda m: _framed(DELIMITER.sub("", m[0])), cell.source)
            nb.cells.append(cell)
            if text := schemes.get(grade_id(cell)):
                nb.cells.append(nbformat.v4.new_markdown_cell(_framed(text)))
        return nb, resources


def _schemes(source: NotebookNode) -> dict[str | None, str]:
    """Return what stands for each answer in words: grade_id -> text."""
    found = {}
    for cell in source.cells:
        if answers_in_words(cell):
            marked = SOLUTION.search(cell.source)
            found[grade_id(cell)] = marked[1] if marked else cell.source
    return found


def _framed(text: str) -> str:
    note = "*For the person who grades. Students do not see this.*"
    return f'<div class="alert alert-info">\n\n{note}\n\n{text.strip()}\n\n</div>\n'
