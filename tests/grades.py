"""A small gradebook in which happens what happens to submissions, for tests that read it."""

import sqlalchemy as sa
from nbgrader.api import Base

from autograder.gradebook import journal
from autograder.judge.judging import Verdict
from tests.course import LESSONS, RECORDS, copy_course, gradebook, points, questions

FIRST, SECOND = LESSONS[:2]
FORMULA = "=cmd|' /C calc'!A0"  # the id of a student
SCRIPT = "<script>alert(1)</script>"  # a first name
TERMINAL = "\x1b[2J[red]\u202egnp.exe"  # an id: clears a screen, is markup, and turns around
STUDENTS = {
    "ada": {"last_name": "Lovelace", "first_name": "Ada", "email": "ada@example.org"},
    "grace": {"last_name": "Hopper", "first_name": "Grace", "lms_user_id": "4711"},
    "late": {"last_name": "Late", "first_name": "=1+1"},
    "too-late": {},
    "absent": {"last_name": 'O\'Hara, "Bob"', "first_name": "Zoë 漢字"},
    "broken": {"first_name": SCRIPT},
    "refused": {"last_name": "Points Possible"},
    FORMULA: {"last_name": "@SUM(1)", "first_name": SCRIPT, "email": "+1"},
    TERMINAL: {"last_name": "two\nlines"},
}
WHY = "not a notebook:\n<b>bold</b> & \x1b[31mred"


_courses = []


def filled(tmp_path_factory):
    """A copy of the course with this gradebook, the same one for all tests that only read it."""
    if not _courses:
        course = copy_course(tmp_path_factory.mktemp("grades") / "course")
        fill(course)
        _courses.append(course)
    return _courses[0]


def fill(course):
    """Fill the gradebook of a copy of the course as its commands would."""
    (course / RECORDS).mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{course / RECORDS / 'gradebook.db'}")
    Base.metadata.create_all(engine)  # where it has to do that, nbgrader starts alembic: seconds
    engine.dispose()
    with gradebook(course) as book:
        _add_lessons(book)
        for student, about in STUDENTS.items():
            book.add_student(student, **about)
        _hand_in(book, FIRST, "ada", 1.0)
        _hand_in(book, FIRST, "grace", 0.1, manual=2.2, extra=0.3)
        _hand_in(book, FIRST, "late", 0.7, penalty=1.3)
        _hand_in(book, FIRST, "too-late", 0.3, penalty=99)
        _hand_in(book, FIRST, "broken", 0.5)  # an earlier submission; the journal knows better
        _hand_in(book, FIRST, "refused", None)
        _hand_in(book, FIRST, FORMULA, 0.9, manual=0.0)
        _hand_in(book, FIRST, TERMINAL, 0.0)
        for student, share in [("ada", 0.9), ("grace", 1 / 3), ("late", 0.0)]:
            _hand_in(book, SECOND, student, share)
        with book.engine.begin() as connection:
            journal.create(connection)
            for entry in entries():
                journal.write(connection, entry)


def _add_lessons(book):
    book.add_assignment(FIRST, duedate="2026-02-01 12:00:00.25 UTC")
    book.add_assignment(SECOND)
    for lesson in (FIRST, SECOND):
        book.add_notebook(lesson, lesson)
        for exercise, most in points(lesson).items():
            about = {"max_score": most, "cell_type": "code"}
            book.add_grade_cell(f"test-{exercise}", lesson, lesson, **about)
        for question, most in questions(lesson).items():
            about = {"max_score": most, "cell_type": "markdown"}
            book.add_grade_cell(question, lesson, lesson, **about)
    # An assignment of several notebooks, with a task, whose points nbgrader keeps elsewhere.
    book.add_notebook("another", SECOND)
    book.add_grade_cell("extra", "another", SECOND, max_score=1, cell_type="code")
    book.add_task_cell("task", "another", SECOND, max_score=2, cell_type="markdown")


def _hand_in(book, lesson, student, share, manual=None, extra=None, penalty=None):
    """Add a submission that earned a share of each test's points."""
    submission = book.add_submission(lesson, student, timestamp="2026-02-02 12:00:00 UTC")
    for notebook in submission.notebooks:
        notebook.late_submission_penalty = penalty
        for grade in notebook.grades:
            if grade.cell.cell_type == "code":
                grade.auto_score = None if share is None else share * grade.max_score
                grade.needs_manual_grade = False
                grade.extra_credit, extra = extra, None
            else:
                grade.manual_score, manual = manual, None
                grade.needs_manual_grade = grade.manual_score is None and share is not None
    book.db.commit()


def entries():
    """The journal of the first lesson."""
    tests = {f"test-{exercise}": most for exercise, most in points(FIRST).items()}
    shares = {"ada": 1, "grace": 0, "late": 0.5, FORMULA: 0, TERMINAL: 0}
    for place, (student, share) in enumerate(shares.items()):
        mistakes = [[], ["swaps <i>x</i> & y", "swaps <i>x</i> & y"], [], ["=1+1"], ["=1+1"]][place]
        verdicts = {
            name: Verdict(share * most, most, 0.1 * (place + 1), "", mistakes, place << 20)
            for name, most in tests.items()
        }
        notes = ["kernel died: \x1b[31m<img src=x onerror=alert(1)>"] if share == 0.5 else []
        memory = (place + 1) * 100 * 2**20
        yield entry(student, journal.GRADED, tests=verdicts, notes=notes, peak_memory=memory)
    yield entry("broken", journal.QUARANTINED, reason=WHY)


def entry(student, state, **more):
    return journal.Entry(FIRST, student, state, "0" * 64, seconds=3.0, **more)


def count_queries(work):
    """Run a function; return how many statements it sent to a database."""
    sent = []

    def note(_connection, _cursor, statement, *_):
        sent.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    return len(sent)
