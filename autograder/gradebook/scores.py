"""Reads nbgrader's gradebook, where nbgrader_config.py says it is; writes nothing to it.

How many queries that takes does not depend on the number of students. nbgrader's own interface
asks for each submission's score, and the database then goes through all grades for each answer.
"""

import datetime
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from nbgrader.api import Assignment, Grade, Student, SubmittedAssignment, SubmittedNotebook
from sqlalchemy.orm import Session

from autograder import ROOT
from autograder.course import Course
from autograder.errors import CourseError
from autograder.gradebook import journal

__all__ = ["Grades", "Score", "names", "opened", "read_grades"]


@contextmanager
def opened(root: Path = ROOT) -> Iterator[Session]:
    """Open a course's gradebook for reading.

    Raises:
        CourseError: there is none, or the database cannot be reached.
    """
    try:
        url = sa.make_url(Course(root).database)
        file = url.database if url.get_backend_name() == "sqlite" else None
        # SQLite would make an empty file.
        if file is not None and not Path(file).is_file():
            raise CourseError(f"there is no gradebook {file} yet; grade a lesson first: {GRADE}")
        engine = sa.create_engine(url)
    except (ImportError, sa.exc.ArgumentError) as error:
        raise CourseError(f"cannot open the gradebook: {error}") from None
    try:
        with Session(engine) as session:
            if not sa.inspect(session.connection()).has_table(Assignment.__tablename__):
                raise CourseError(f"the gradebook {url!r} is empty; grade a lesson: {GRADE}")
            yield session
    except sa.exc.DBAPIError as error:
        why = str(error.orig).strip().splitlines() or ["no reason given"]
        raise CourseError(f"cannot read the gradebook {url!r}: {why[0]}") from None
    finally:
        engine.dispose()


GRADE = "python -m autograder grade LESSON"


@dataclass(frozen=True)
class Score:
    """What one submission earned, in nbgrader's own terms."""

    timestamp: datetime.datetime | None
    raw: float  # all grades, with extra credit
    penalty: float  # for being late
    graded: bool  # whether anything, or anyone, gave it a score
    waits: bool  # for an instructor to grade something by hand

    @property
    def final(self) -> float:
        """What nbgrader exports as the score."""
        return max(0.0, self.raw - self.penalty)


@dataclass(frozen=True)
class Grades:
    """A gradebook's scores, in the order in which nbgrader exports them."""

    lessons: list[Assignment]
    students: list[Student]
    scores: dict[tuple[str, str], Score]  # (lesson's name, student's id) -> score
    quarantined: dict[tuple[str, str], str]  # the same -> why it could not be graded

    def ungraded(self) -> dict[tuple[str, str], str]:
        """The submissions whose 0 nobody has earned, with the reason."""
        others = {key: "not graded yet" for key, score in self.scores.items() if not score.graded}
        return dict(sorted((others | self.quarantined).items()))

    @property
    def names(self) -> dict[str, str]:
        """The students' display names: id -> name."""
        return _names(self.students)


def read_grades(session: Session, names: list[str] | None = None) -> Grades:
    """Read the scores of the named lessons, or of all.

    Raises:
        CourseError: a name is not in the gradebook.
    """
    # As in nbgrader.api.Gradebook, so that rows of equal rank come in the same order too.
    lessons = session.scalars(
        sa.select(Assignment).order_by(Assignment.duedate, Assignment.name)
    ).all()
    students = session.scalars(
        sa.select(Student).order_by(Student.last_name, Student.first_name)
    ).all()
    known = [lesson.name for lesson in lessons]
    if unknown := sorted(set(names or []) - set(known)):
        there = ", ".join(known) or f"none; grade one first: {GRADE}"
        raise CourseError(f"no lesson {', '.join(unknown)} in the gradebook; there are: {there}")
    chosen = [lesson for lesson in lessons if not names or lesson.name in names]
    wanted = {lesson.name for lesson in chosen}
    scores = {key: score for key, score in _scores(session).items() if key[0] in wanted}
    quarantined = {key: why for key, why in _quarantined(session).items() if key[0] in wanted}
    return Grades(chosen, list(students), scores, quarantined)


def names(connection: sa.Connection) -> dict[str, str]:
    """The display names that the gradebook has, from a roster or by hand: student's id -> name."""
    columns = sa.select(Student.id, Student.first_name, Student.last_name)
    return _names(connection.execute(columns))


def _names(students: Iterable) -> dict[str, str]:
    found = {x.id: " ".join(filter(None, (x.first_name, x.last_name))) for x in students}
    return {student: name for student, name in found.items() if name}


def _scores(session: Session) -> dict[tuple[str, str], Score]:
    earned = (
        sa.select(
            SubmittedNotebook.assignment_id,
            sa.func.sum(Grade.score).label("score"),
            (sa.func.count(Grade.auto_score) + sa.func.count(Grade.manual_score)).label("given"),
            sa.func.max(sa.case((Grade.needs_manual_grade, 1), else_=0)).label("waits"),
        )
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .group_by(SubmittedNotebook.assignment_id)
        .subquery()
    )
    penalty = sa.func.sum(SubmittedNotebook.late_submission_penalty).label("penalty")
    late = (
        sa.select(SubmittedNotebook.assignment_id, penalty)
        .group_by(SubmittedNotebook.assignment_id)
        .subquery()
    )
    query = (
        sa.select(
            Assignment.name,
            SubmittedAssignment.student_id,
            SubmittedAssignment.timestamp,
            sa.func.coalesce(earned.c.score, 0.0),
            sa.func.coalesce(late.c.penalty, 0.0),
            sa.func.coalesce(earned.c.given, 0),
            sa.func.coalesce(earned.c.waits, 0),
        )
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .outerjoin(earned, earned.c.assignment_id == SubmittedAssignment.id)
        .outerjoin(late, late.c.assignment_id == SubmittedAssignment.id)
    )
    return {
        (lesson, student): Score(timestamp, raw, penalty, given > 0, waits > 0)
        for lesson, student, timestamp, raw, penalty, given, waits in session.execute(query)
    }


def _quarantined(session: Session) -> dict[tuple[str, str], str]:
    """What the journal says, without its long column of details."""
    if not sa.inspect(session.connection()).has_table(journal.TABLE.name):
        return {}
    table = journal.TABLE.c
    query = sa.select(table.lesson, table.student, table.reason).where(
        table.state == journal.QUARANTINED
    )
    return {(lesson, student): reason for lesson, student, reason in session.execute(query)}
