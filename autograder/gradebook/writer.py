"""Writes results into nbgrader's gradebook: one submission, one transaction, one writer.

What is written is what `nbgrader autograde` writes with the same verdicts. A submission that cannot
be graded loses the automatic scores of an earlier one; nobody's manual scores are touched.
"""

import contextlib
import datetime
import os
import shutil
import sys
from collections.abc import Iterator
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
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.orm import Session

from autograder.course import Course, Submission
from autograder.errors import CourseError
from autograder.gradebook import journal, scores
from autograder.judge.jobs import Result
from utils.atomic import beside

__all__ = ["Writer", "explain"]

WAIT = 30.0  # seconds for another program that is writing to an SQLite file


class Writer:
    """The one process that writes to a course's gradebook.

    Raises:
        CourseError: the plugin for late submissions cannot be had.
    """

    def __init__(self, course: Course):
        self.course = course
        self.late = _late_plugin(course)
        _make_database(course)
        self.engine = sa.create_engine(course.database)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _wait_for_others)
            sa.event.listen(self.engine, "begin", _begin)
        with self.engine.begin() as connection:
            journal.create(connection)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def entries(self, lesson: str) -> dict[str, journal.Entry]:
        """The journal of a lesson, where the gradebook has the submission too: student -> entry."""
        there = sa.select(SubmittedAssignment.student_id).join(Assignment)
        with self.engine.begin() as connection:
            known = set(connection.scalars(there.where(Assignment.name == lesson)))
            found = journal.entries(connection, lesson)
        return {x.student: x for x in found if x.student in known}

    def names(self) -> dict[str, str]:
        """The students' display names, where they are known: id -> name."""
        with self.engine.begin() as connection:
            return scores.names(connection)

    def due(self, lesson: str) -> tuple[str, dict[str, str]]:
        """A lesson's due date and the students' extensions, as texts to be hashed."""
        query = sa.select(SubmittedAssignment.student_id, SubmittedAssignment.extension)
        with self.engine.begin() as connection:
            date = sa.select(Assignment.duedate).where(Assignment.name == lesson)
            more = connection.execute(
                query.join(Assignment).where(
                    Assignment.name == lesson, SubmittedAssignment.extension.is_not(None)
                )
            )
            return str(connection.scalar(date)), {name: str(time) for name, time in more}

    def examined(self, lesson: str) -> str | None:
        """The hash of inputs with which the lesson's own solution last earned all points."""
        with self.engine.begin() as connection:
            return journal.examined(connection, lesson)

    def set_examined(self, lesson: str, inputs: str) -> None:
        """Remember that the lesson's own solution earns all points."""
        with self.engine.begin() as connection:
            journal.set_examined(connection, lesson, inputs)

    def write(self, submission: Submission, inputs: str, result: Result) -> journal.Entry:
        """Write one result: the scores, the journal and the notebook, or nothing of them.

        The notebook takes its place just before the transaction ends. A process that is killed in
        between leaves an older row in the journal, or no notebook: then it is graded again.
        """
        entry = _entry(submission, inputs, result)
        notebook = nbformat.reads(result.notebook, as_version=4) if entry.graded else None
        with Session(self.engine) as session, session.begin(), _Folder(self, submission) as folder:
            rows = self._rows(session, submission, entry.notes)
            for row in rows.notebooks:
                self._score(session, row, notebook, result)
            session.flush()
            self._penalise(rows, late=entry.graded)
            journal.write(session.connection(), entry)
            session.flush()
            folder.put(None if notebook is None else nbformat.writes(notebook))
            session.commit()
        return entry

    # --- the gradebook ---

    def _rows(self, session: Session, submission: Submission, notes: list) -> SubmittedAssignment:
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
        try:
            rows.timestamp = submission.timestamp or rows.timestamp
        except ValueError as error:
            notes.append(f"{error}: whether it is late is not known")
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
            if cell is None or not utils.is_grade(cell):  # a task is graded by hand
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
        query = sa.select(SourceCell.name, SourceCell.checksum)
        found = session.execute(query.where(SourceCell.notebook_id == row.id))
        known: dict[str, str] = {name: checksum for name, checksum in found}
        cells = {}
        for cell in notebook.cells:
            meta = cell.metadata.get("nbgrader")
            if meta and meta["grade_id"] in known:
                meta["checksum"] = known[meta["grade_id"]]
                cells[meta["grade_id"]] = cell
        return cells

    def _penalise(self, rows: SubmittedAssignment, late: bool) -> None:
        """Ask the configured plugin what being late costs."""
        seconds = rows.total_seconds_late if late and rows.assignment.duedate else 0
        for row in rows.notebooks:
            row.late_submission_penalty = None
            if seconds > 0:
                ask = self.late.plugin_inst.late_submission_penalty
                with _plugin_errors():
                    penalty = ask(rows.student_id, row.score, seconds)
                    if penalty is not None:
                        penalty = self.late._check_late_penalty(row, penalty)
                row.late_submission_penalty = penalty


class _Folder:
    """A submission's folder under autograded/: the new one takes its place, or the old one stays.

    The old one is kept in replaced/, out of nbgrader's sight: someone may have worked on it.
    """

    def __init__(self, writer: Writer, submission: Submission):
        self.course, self.submission = writer.course, submission
        ids = submission.student, submission.lesson
        self.target = self.course.folder("autograded", *ids)
        now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")
        kept = self.course.folder("autograded", ".", ".").parent / "replaced"
        self.kept = kept.joinpath(*ids, now)
        self.fresh = self.target.parent / f".{self.target.name}.new"
        self.moved: list[tuple[Path, Path]] = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            for source, target in reversed(self.moved):
                os.replace(target, source)
        shutil.rmtree(self.fresh, ignore_errors=True)

    def put(self, text: str | None) -> None:
        """Put the folder with this notebook into its place; without one, only clear the place."""
        if text is not None:
            self._fill(text)
        if self.target.exists():
            self.kept.parent.mkdir(parents=True, exist_ok=True)
            self._move(self.target, self.kept)
        if text is not None:
            self._move(self.fresh, self.target)

    def _move(self, source: Path, target: Path) -> None:
        os.replace(source, target)
        self.moved.append((source, target))

    def _fill(self, text: str) -> None:
        """Make what `nbgrader autograde` makes: the student's files, the lesson's, the notebook."""
        shutil.rmtree(self.fresh, ignore_errors=True)
        self.fresh.mkdir(parents=True)
        lesson, ignore = self.submission.lesson, self.course.directory.ignore
        theirs = self.submission.folder
        files = {x.relative_to(theirs): x for x in self.submission.others(ignore)}
        source = self.course.source(lesson).parent
        own = map(Path, utils.find_all_files(str(source), [*ignore, "*.ipynb"]))
        autograde = Autograde(coursedir=self.course.directory, config=self.course.config)
        kept = autograde.exclude_overwriting.get(lesson, [])
        files |= {x.relative_to(source): x for x in own if str(x.relative_to(source)) not in kept}
        for name, path in files.items():
            (self.fresh / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, self.fresh / name)
        with (self.fresh / f"{lesson}.ipynb").open("w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())  # the gradebook must not know a notebook that the disk lost
        mode = int(str(autograde.permissions), 8)
        for path in self.fresh.rglob("*"):
            if path.is_file():
                path.chmod(mode)
        if self.course.directory.groupshared:
            for path in (self.fresh, *(x for x in self.fresh.rglob("*") if x.is_dir())):
                path.chmod(0o2770 | path.stat().st_mode & 0o777)


# --- the database ---


def _make_database(course: Course) -> None:
    """Make the tables, with nbgrader's version for alembic, where there are none."""
    # nbgrader calls alembic by its bare name.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    url = sa.make_url(course.database)
    file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    if file is not None and not file.exists():
        # nbgrader would not repair a file that it was killed over.
        for left in file.parent.glob(f".{file.name}.*.part"):
            left.unlink(missing_ok=True)
        with (
            beside(file) as fresh,
            Gradebook(f"sqlite:///{fresh}", course.directory.course_id),
        ):
            pass
    elif file is None:
        with Gradebook(course.database, course.directory.course_id):
            pass


def _wait_for_others(connection, _record) -> None:
    """Wait for other programs, and leave it to us when a transaction begins."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={int(1000 * WAIT)}").close()
    connection.execute("PRAGMA synchronous=FULL").close()


def _begin(connection) -> None:
    """Begin as a writer: what is read then stays true until it is written."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


HINTS = {
    "locked": "another program writes to it; end it",
    "full": "make room",
    "No space": "make room",
    "readonly": "make it writable",
    "Read-only": "make it writable",
    "unable to open": "make its folder writable",
    "onnection": "start the database server",
    "authentication": "put it right in nbgrader_config.py",
}


def explain(course: Course, error: Exception) -> str:
    """Say in one line what is wrong with the gradebook or the disk, and what to do."""
    if isinstance(error, sa.exc.DBAPIError):
        said = f"the gradebook {sa.make_url(course.database)!r} cannot be used: {error.orig}"
    elif isinstance(error, OSError) and error.strerror:
        said = f"{error.strerror}: {error.filename or 'this machine'}"
    else:
        said = str(error)
    said = " ".join(said.split())
    hint = next((f" ({todo})" for words, todo in HINTS.items() if words in said), "")
    return f"{said}{hint}. Grades that were there are still there; the same command goes on."


def _late_plugin(course: Course) -> AssignLatePenalties:
    with _plugin_errors():
        late = AssignLatePenalties(config=course.config)
        late.init_plugin()
        return late


@contextlib.contextmanager
def _plugin_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise CourseError(f"the plugin that says what being late costs fails: {said}") from error


def _untouched(cell) -> bool:
    checksum = cell.metadata.nbgrader.get("checksum")
    answer = utils.is_solution(cell) and not utils.is_task(cell)
    return answer and checksum == utils.compute_checksum(cell)


def _entry(submission: Submission, inputs: str, result: Result) -> journal.Entry:
    verdicts = result.verdicts
    notes = [*([str(result.report)] if str(result.report) else []), *verdicts.notes]
    return journal.Entry(
        submission.lesson,
        submission.student,
        journal.QUARANTINED if result.reason else journal.GRADED,
        "" if result.again else inputs,
        result.reason.replace("\0", "?").encode("utf-8", "replace").decode(),
        verdicts.tests,
        notes,
        verdicts.missing_modules,
        verdicts.seconds,
        verdicts.peak_memory,
    )
