"""Lets nbgrader grade with the judge: what nbgrader_config.py puts in the place of nbgrader's own.

`nbgrader autograde` and the formgrader's button then run students' code in sandboxes, and take the
scores from the judge's verdicts. They read submissions as `python -m autograder grade` does.
"""

from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import is_solution
from traitlets import Bool, Unicode

from autograder.judge.jobs import read_notebook
from autograder.judge.judging import judge
from autograder.judge.sandbox import Limits

__all__ = ["Execute", "SaveVerdicts", "SubmissionExporter"]

VERDICTS = "convnets_verdicts"  # in nbgrader's resources


class SubmissionExporter(NotebookExporter):
    """Reads what :func:`read_notebook` reads; nbconvert's own takes every file for plain UTF-8."""

    def from_file(self, file_stream, resources=None, **kw):
        """Convert a notebook from an open file.

        Raises:
            ValueError: it is no notebook.
        """
        notebook = read_notebook(file_stream.buffer.read())  # its bytes: nbconvert opens it as text
        return self.from_notebook_node(notebook, resources=resources, **kw)


class Execute(NbGraderPreprocessor):
    """Runs a rebuilt submission in sandboxes; its outputs go into the notebook."""

    root = Unicode(help="The course's folder").tag(config=True)
    demonstrations = Bool(
        False, help="Run the lesson's demonstrations too, not only those that answers need"
    ).tag(config=True)

    def preprocess(self, nb, resources):
        """Return the executed notebook; the verdicts are in the resources.

        Raises:
            NoSandbox, NotWarm, LessonBroken: nothing can be graded here and now.
        """
        ids = resources["nbgrader"]
        root, lesson, limits = Path(self.root), ids["assignment"], Limits(parent=self)
        source = nbformat.read(root / "solutions" / lesson / f"{lesson}.ipynb", as_version=4)
        verdicts = judge(nb, source, limits, lesson, root, self.demonstrations)
        for note in verdicts.notes:
            self.log.warning("%s: %s", ids["student"], note)
        resources[VERDICTS] = verdicts
        return nb, resources


class SaveVerdicts(SaveAutoGrades):
    """Writes the judge's scores into the gradebook; outputs decide nothing."""

    def _add_score(self, cell, resources):
        super()._add_score(cell, resources)
        if cell.cell_type == "code" and not is_solution(cell):
            name = cell.metadata.nbgrader.grade_id
            verdict = resources[VERDICTS].tests.get(name)
            grade = self.gradebook.find_grade(
                name, self.notebook_id, self.assignment_id, self.student_id
            )
            grade.auto_score = verdict.points if verdict else 0.0
            grade.needs_manual_grade = grade.manual_score is not None
            self.gradebook.db.commit()
