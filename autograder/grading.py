"""Lets nbgrader grade with the judge: what nbgrader_config.py puts in the place of nbgrader's own.

`nbgrader autograde` and the formgrader's button then run students' code in sandboxes, and take the
scores from the judge's verdicts. They read submissions as `python -m autograder grade` does.
"""

import atexit
import hashlib
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import is_solution
from traitlets import Bool, Unicode

from autograder.sandbox import Limits
from autograder.verdict import Judge
from autograder.work import read_notebook

__all__ = ["Execute", "SaveVerdicts", "SubmissionExporter", "judge_of"]

VERDICTS = "convnets_verdicts"  # in nbgrader's resources
_judges: dict[tuple, Judge] = {}


def judge_of(root: Path, lesson: str, limits: Limits, demonstrations: bool) -> Judge:
    """The judge of a lesson, made once in this process and kept warm."""
    path = root / "solutions" / lesson / f"{lesson}.ipynb"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    # Without `parent` and `log`, which are others for each submission: so would the judge be.
    set_by_config = sorted(limits.trait_values(config=True).items())
    key = root, lesson, digest, demonstrations, str(set_by_config)
    if key not in _judges:
        source = nbformat.read(path, as_version=4)
        _judges[key] = Judge(root, lesson, source, limits, demonstrations)
    return _judges[key]


@atexit.register
def _close() -> None:
    for judge in _judges.values():
        judge.close()


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
        judge = judge_of(
            Path(self.root), ids["assignment"], Limits(parent=self), self.demonstrations
        )
        verdicts = judge.judge(nb)
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
