"""Fills the gradebook of a copy of the course with random scores: the same ones each time."""

import datetime
import random
from pathlib import Path

import sqlalchemy as sa
from nbgrader import api
from nbgrader.utils import is_grade, is_locked, is_solution
from sqlalchemy.orm import Session

from autograder.gradebook import journal
from autograder.gradebook import scores as gradebook
from autograder.judge.judging import Verdict
from tests.course import COURSE_ID, LESSONS, RECORDS, solution

HANDED_IN = datetime.datetime(2026, 2, 1, 12)
WORDS = ["swaps rows and columns", "forgets the padding", "divides by the batch twice"]


def fill(course: Path, students: int) -> dict[str, int]:
    """Fill a course's gradebook and its folders; return how many rows each table got."""
    (course / RECORDS).mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{course / RECORDS / 'gradebook.db'}"
    chance = random.Random(0)
    with api.Gradebook(url, COURSE_ID) as book:
        for number, lesson in enumerate(LESSONS):
            add_lesson(book.db, lesson, HANDED_IN + datetime.timedelta(weeks=number))
        book.db.commit()
    engine = sa.create_engine(url)
    with Session(engine) as session, session.begin():
        names = [f"s{number:04d}" for number in range(students)]
        rows = {api.Student: [student_row(name, chance) for name in names]}
        for assignment in session.scalars(sa.select(api.Assignment)):
            for name in names:
                add_submission(rows, assignment, name, chance)
        for table, values in rows.items():
            session.execute(sa.insert(table.__table__), values)
        add_journal(session.connection(), rows[api.SubmittedAssignment], chance)
        counts = {table.__tablename__: len(values) for table, values in rows.items()}
    engine.dispose()
    add_folders(course, rows[api.SubmittedAssignment])
    return counts


def add_lesson(db, lesson: str, due: datetime.datetime) -> None:
    assignment = api.Assignment(name=lesson, duedate=due, course_id=COURSE_ID)
    notebook = api.Notebook(name=lesson, assignment=assignment)
    db.add_all([assignment, notebook])
    for cell in (x for x in solution(lesson).cells if "nbgrader" in x.metadata):
        about = {"name": cell.metadata.nbgrader.grade_id, "notebook": notebook}
        kind = {"cell_type": cell.cell_type}
        if is_grade(cell):
            points = cell.metadata.nbgrader.points
            db.add(api.GradeCell(max_score=points, **about, **kind))
        if is_solution(cell):
            db.add(api.SolutionCell(**about))
        locked = is_locked(cell)
        db.add(api.SourceCell(locked=locked, source=cell.source, **about, **kind))


def student_row(name: str, chance: random.Random) -> dict:
    last = chance.choice(["Lovelace", "Hopper", "Turing", "Noether", None])
    first = chance.choice(["Ada", "Grace", "Alan", "Emmy"])
    return {"id": name, "last_name": last, "first_name": first, "email": f"{name}@example.org"}


def add_submission(rows: dict, assignment, student: str, chance: random.Random) -> None:
    """Add one student's submission, unless there is none, to the rows of each table."""
    if chance.random() < 0.03:
        return
    late = chance.random() < 0.1
    (notebook,) = assignment.notebooks
    one = {
        "id": api.new_uuid(),
        "assignment_id": assignment.id,
        "student_id": student,
        "timestamp": HANDED_IN,
        "extension": None,
    }
    inside = {
        "id": api.new_uuid(),
        "assignment_id": one["id"],
        "notebook_id": notebook.id,
        "flagged": False,
        "late_submission_penalty": round(chance.uniform(0, 9), 2) if late else None,
    }
    rows.setdefault(api.SubmittedAssignment, []).append(one)
    rows.setdefault(api.SubmittedNotebook, []).append(inside)
    for cell in notebook.grade_cells:
        rows.setdefault(api.Grade, []).append(grade_row(cell, inside["id"], chance))
    for cell in notebook.solution_cells:
        row = {"id": api.new_uuid(), "notebook_id": inside["id"], "cell_id": cell.id}
        rows.setdefault(api.Comment, []).append(row | {"auto_comment": None})


def grade_row(cell, notebook: str, chance: random.Random) -> dict:
    part = round(chance.uniform(0, cell.max_score), 2)  # such sums depend on their order
    score = chance.choice([cell.max_score, cell.max_score, part, 0.0])
    by_hand = cell.cell_type == "markdown"
    return {
        "id": api.new_uuid(),
        "notebook_id": notebook,
        "cell_id": cell.id,
        "auto_score": None if by_hand else score,
        "manual_score": score if by_hand and chance.random() < 0.8 else None,
        "extra_credit": 0.3 if chance.random() < 0.01 else None,
        "needs_manual_grade": by_hand,
    }


def add_journal(connection, submissions: list[dict], chance: random.Random) -> None:
    journal.create(connection)
    names = dict(connection.execute(sa.select(api.Assignment.id, api.Assignment.name)).all())
    tests = {
        lesson: [x for x in solution(lesson).cells if is_grade(x) and not is_solution(x)]
        for lesson in LESSONS
    }
    for submission in submissions:
        lesson = names[submission["assignment_id"]]
        bad = chance.random() < 0.01
        judged = {x.metadata.nbgrader.grade_id: verdict(x, chance) for x in tests[lesson]}
        entry = journal.Entry(
            lesson,
            submission["student_id"],
            journal.QUARANTINED if bad else journal.GRADED,
            inputs="0" * 64,
            reason="not a notebook" if bad else "",
            tests={} if bad else judged,
            seconds=chance.uniform(2, 9),
            peak_memory=chance.randrange(300, 500) * 2**20,
        )
        journal.write(connection, entry)


def verdict(cell, chance: random.Random) -> Verdict:
    most = float(cell.metadata.nbgrader.points)
    points = most if chance.random() < 0.7 else 0.0
    mistakes = [] if points or chance.random() < 0.3 else [chance.choice(WORDS)]
    return Verdict(points, most, chance.uniform(0.02, 0.9), "", mistakes)


def add_folders(course: Path, submissions: list[dict]) -> None:
    """Make the folders that the formgrader looks into: submitted, and graded since."""
    with gradebook.opened(course) as session:
        names = dict(session.execute(sa.select(api.Assignment.id, api.Assignment.name)).all())
    for submission in submissions:
        lesson = names[submission["assignment_id"]]
        for step in ("submitted", "autograded"):
            folder = course / RECORDS / step / submission["student_id"] / lesson
            folder.mkdir(parents=True)
            (folder / f"{lesson}.ipynb").write_text("{}")
            (folder / "timestamp.txt").write_text(f"{HANDED_IN} UTC")
