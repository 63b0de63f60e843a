"""The journal: one row per submission, with a hash of what it was graded from and the result.

From the hash, a later run knows which submissions it need not grade again. The table lies in
nbgrader's own database, so that scores and row are written in one transaction. A second table
records for each lesson the hash with which its own solution last earned all points. nbgrader
reads neither table.
"""

import datetime
from dataclasses import asdict, dataclass, field

import sqlalchemy as sa

from autograder.judge.judging import Verdict

__all__ = ["TABLE", "Entry", "create", "entries", "examined", "set_examined", "write"]

GRADED, QUARANTINED = "graded", "quarantined"

TABLE = sa.Table(
    "convnets_journal",
    sa.MetaData(),
    sa.Column("lesson", sa.String(128), primary_key=True),
    sa.Column("student", sa.String(128), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),  # GRADED or QUARANTINED
    sa.Column("reason", sa.Text, nullable=False, default=""),  # why it could not be graded
    sa.Column("inputs", sa.String(64), nullable=False),  # SHA-256 of all that decides the result
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("graded_at", sa.String(32), nullable=False),  # ISO 8601, UTC
)

LESSONS = sa.Table(
    "convnets_lessons",
    TABLE.metadata,
    sa.Column("lesson", sa.String(128), primary_key=True),
    sa.Column("examined", sa.String(64), nullable=False),  # SHA-256 of all that decides the result
)


@dataclass
class Entry:
    """What came of one submission."""

    lesson: str
    student: str
    state: str
    inputs: str
    reason: str = ""
    tests: dict[str, Verdict] = field(default_factory=dict)  # grade_id of the test -> verdict
    notes: list[str] = field(default_factory=list)
    missing_modules: list[str] = field(default_factory=list)  # imported, but not installed here
    seconds: float = 0.0
    peak_memory: int | None = None  # bytes
    graded_at: str = ""

    @property
    def graded(self) -> bool:
        """Whether there are scores."""
        return self.state == GRADED

    @property
    def points(self) -> float:
        """All automatic points."""
        return sum(verdict.points for verdict in self.tests.values())

    @property
    def most(self) -> float:
        """All automatic points that there are."""
        return sum(verdict.most for verdict in self.tests.values())


def create(connection: sa.Connection) -> None:
    """Make the tables where they are missing."""
    TABLE.metadata.create_all(connection)


def write(connection: sa.Connection, entry: Entry) -> None:
    """Put an entry in the place of an earlier one of the same student and lesson."""
    key = (TABLE.c.lesson == entry.lesson) & (TABLE.c.student == entry.student)
    connection.execute(TABLE.delete().where(key))
    details = {
        "tests": {name: asdict(verdict) for name, verdict in entry.tests.items()},
        "notes": entry.notes,
        "missing_modules": entry.missing_modules,
        "seconds": entry.seconds,
        "peak_memory": entry.peak_memory,
    }
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    connection.execute(
        TABLE.insert().values(
            lesson=entry.lesson,
            student=entry.student,
            state=entry.state,
            reason=entry.reason,
            inputs=entry.inputs,
            details=details,
            graded_at=entry.graded_at or now,
        )
    )


def entries(
    connection: sa.Connection, lesson: str | None = None, student: str | None = None
) -> list[Entry]:
    """All entries, or those of a lesson or a student, by lesson and student."""
    if not sa.inspect(connection).has_table(TABLE.name):
        return []
    query = sa.select(TABLE).order_by(TABLE.c.lesson, TABLE.c.student)
    if lesson is not None:
        query = query.where(TABLE.c.lesson == lesson)
    if student is not None:
        query = query.where(TABLE.c.student == student)
    return [_entry(row) for row in connection.execute(query)]


def _entry(row) -> Entry:
    details = dict(row.details)
    tests = {name: Verdict(**verdict) for name, verdict in details.pop("tests").items()}
    return Entry(
        row.lesson,
        row.student,
        row.state,
        row.inputs,
        row.reason,
        tests,
        graded_at=row.graded_at,
        **details,
    )


def examined(connection: sa.Connection, lesson: str) -> str | None:
    """With which inputs the lesson's own solution has earned all points, if it has."""
    query = sa.select(LESSONS.c.examined).where(LESSONS.c.lesson == lesson)
    return connection.execute(query).scalar()


def set_examined(connection: sa.Connection, lesson: str, inputs: str) -> None:
    """Remember that the lesson's own solution earns all points."""
    connection.execute(LESSONS.delete().where(LESSONS.c.lesson == lesson))
    connection.execute(LESSONS.insert().values(lesson=lesson, examined=inputs))
