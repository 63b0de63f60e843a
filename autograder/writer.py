"""Writes results into nbgrader's gradebook: one submission, one transaction, one writer.

What is written is what `nbgrader autograde` writes with the same verdicts. A submission that cannot
be graded loses the automatic scores of an earlier one; nobody's manual scores are touched.
"""

import contextlib
import datetime
import os
import shutil
from pathlib import Path

import nbformat
import sqlalchemy as sa
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import LateSubmissionPlugin
from sqlalchemy.orm import Session

from autograder import journal
from autograder.course import Course, Submission
from autograder.work import Result

__all__ = ["Writer"]


class Writer:
    """The one process that writes to a course's gradebook."""

    def __init__(self, course: Course):
        self.course = course
        with Gradebook(course.database, course.directory.course_id):
            pass  # makes the database, with its version for alembic, where there is none
        self.engine = sa.create_engine(course.database)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _careful)
        with self.engine.begin() as connection:
            journal.create(connection)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def entries(self, lesson: str) -> dict[str, journal.Entry]:
        """The journal of a lesson: student -> entry."""
        with self.engine.connect() as connection:
            return {x.student: x for x in journal.entries(connection, lesson)}

    def write(self, submission: Submission, inputs: str, result: Result) -> journal.Entry:
        """Write one result: the scores and the journal in one transaction, then the notebook.

        Killed in between, a second run finds the notebook missing and grades again.
        """
        entry = _entry(submission, inputs, result)
        target = self.course.folder("autograded", submission.student, submission.lesson)
        notebook = nbformat.reads(result.notebook, as_version=4) if result.notebook else None
        with Session(self.engine) as session, session.begin():
            rows = self._rows(session, submission)
            for row in rows.notebooks:
                self._score(session, row, notebook, result)
            if notebook is not None:
                session.flush()
                self._penalise(rows)
            journal.write(session.connection(), entry)
            self._set_aside(target)
        if notebook is not None:
            self._put(submission, target, nbformat.writes(notebook))
        return entry

    # --- the gradebook ---

    def _rows(self, session: Session, submission: Submission) -> SubmittedAssignment:
        """The submission's rows, made as nbgrader makes them where they are missing."""
        assignment = session.scalars(
            sa.select(Assignment).where(Assignment.name == submission.lesson)
        ).one()
        student = session.get(Student, submission.student)
        if student is None:
            student = Student(id=submission.student)
            session.add(student)
        rows = session.scalars(
            sa.select(SubmittedAssignment).where(
                SubmittedAssignment.assignment_id == assignment.id,
                SubmittedAssignment.student_id == student.id,
            )
        ).one_or_none()
        if rows is None:
            rows = SubmittedAssignment(assignment=assignment, student=student)
            session.add(rows)
        self._mirror(session, assignment, rows)
        if submission.timestamp:
            with contextlib.suppress(ValueError):
                rows.timestamp = utils.parse_utc(submission.timestamp)
        return rows

    def _mirror(self, session: Session, assignment: Assignment, rows: SubmittedAssignment) -> None:
        """Give a submission a row for each cell of the lesson that has none."""
        session.flush()
        known = {row.notebook_id: row for row in rows.notebooks}
        for notebook in assignment.notebooks:
            row = known.get(notebook.id)
            if row is None:
                row = SubmittedNotebook(notebook=notebook, assignment=rows)
                session.add(row)
            graded = {grade.cell_id for grade in row.grades}
            commented = {comment.cell_id for comment in row.comments}
            for cell in (*notebook.grade_cells, *notebook.task_cells):
                if cell.id not in graded:
                    session.add(Grade(cell_id=cell.id, notebook=row))
            for cell in (*notebook.solution_cells, *notebook.task_cells):
                if cell.id not in commented:
                    session.add(Comment(cell_id=cell.id, notebook=row))
        session.flush()

    def _score(self, session: Session, row: SubmittedNotebook, notebook, result: Result) -> None:
        cells = {} if notebook is None else self._with_checksums(session, row.notebook, notebook)
        for grade in row.grades:
            cell = cells.get(grade.name)
            if cell is None:
                score = None
            elif cell.cell_type == "code" and not utils.is_solution(cell):
                verdict = result.verdicts.tests.get(grade.name)
                score = verdict.points if verdict else 0.0
            else:
                score, _ = utils.determine_grade(cell)
            grade.auto_score = score
            grade.needs_manual_grade = grade.manual_score is not None or score is None
        for comment in row.comments:
            cell = cells.get(comment.name)
            comment.auto_comment = "No response." if cell and _untouched(cell) else None

    def _with_checksums(self, session: Session, row: Notebook, notebook) -> dict:
        """The notebook's nbgrader cells by name, with the checksums that tell untouched ones."""
        known = dict(
            session.execute(
                sa.select(SourceCell.name, SourceCell.checksum).where(
                    SourceCell.notebook_id == row.id
                )
            ).all()
        )
        cells = {}
        for cell in notebook.cells:
            meta = cell.metadata.get("nbgrader")
            if meta:
                meta["checksum"] = known.get(meta["grade_id"])
                cells[meta["grade_id"]] = cell
        return cells

    def _penalise(self, rows: SubmittedAssignment) -> None:
        """Ask the configured plugin what being late costs."""
        late = rows.total_seconds_late
        plugin = LateSubmissionPlugin(config=self.course.config)
        for row in rows.notebooks:
            row.late_submission_penalty = None
            if late > 0:
                penalty = plugin.late_submission_penalty(rows.student_id, row.score, late)
                if penalty is not None:
                    row.late_submission_penalty = min(max(penalty, 0), row.score)

    # --- the files ---

    def _set_aside(self, target: Path) -> None:
        """Keep an earlier result of this submission, out of nbgrader's sight."""
        if target.exists():
            now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")
            kept = self.course.root / "autograder/records/replaced" / target.parent.name
            kept = kept / target.name / now
            kept.parent.mkdir(parents=True, exist_ok=True)
            os.replace(target, kept)

    def _put(self, submission: Submission, target: Path, text: str) -> None:
        """Write the result's folder beside its place, and rename it into it."""
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.parent / f".{target.name}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        (fresh / f"{submission.lesson}.ipynb").write_text(text, encoding="utf-8")
        if submission.timestamp:
            (fresh / "timestamp.txt").write_text(submission.timestamp)
        os.replace(fresh, target)


def _careful(connection, _record) -> None:
    """Readers do not block the writer, and it waits for others instead of giving up."""
    for pragma in ("journal_mode=WAL", "busy_timeout=30000", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}").close()


def _untouched(cell) -> bool:
    if not utils.is_solution(cell) and not utils.is_task(cell):
        return False
    return cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(
        cell
    ) and not utils.is_task(cell)


def _entry(submission: Submission, inputs: str, result: Result) -> journal.Entry:
    verdicts = result.verdicts
    notes = [*([str(result.report)] if str(result.report) else []), *verdicts.notes]
    return journal.Entry(
        submission.lesson,
        submission.student,
        journal.QUARANTINED if result.reason else journal.GRADED,
        inputs,
        result.reason,
        verdicts.tests,
        notes,
        verdicts.seconds,
        verdicts.peak_memory,
    )
