"""The stock nbgrader commands, from generate_assignment to export, in a copy of the course."""

import csv
import filecmp
import re
import zipfile
from pathlib import Path

import nbformat
import pytest

from tests.course import (
    COURSE_ID,
    LESSON,
    LESSONS,
    RECORDS,
    ROOT,
    answered,
    autograded,
    environment,
    errors,
    find,
    gradebook,
    info,
    nbgrader,
    points,
    questions,
    quick,
    released,
    run,
    scores,
    short,
    solution,
    submit,
)


@pytest.fixture(params=LESSONS)
def lesson(request):
    return request.param


@pytest.fixture
def marked(graded, lesson):
    """The course that graded the lesson."""
    return graded(lesson)


def test_generate_assignment_gives_the_released_notebooks(marked, lesson):
    for path in (ROOT / "notebooks" / lesson).rglob("*.*"):
        built = marked / path.relative_to(ROOT)
        assert filecmp.cmp(path, built, shallow=False), path


def test_the_solution_earns_every_automatic_point(marked, lesson):
    assert scores(marked, "solved", lesson) == points(lesson)
    assert errors(autograded(marked, "solved", lesson)) == {}


def test_the_untouched_release_earns_nothing(marked, lesson):
    assert scores(marked, "untouched", lesson) == dict.fromkeys(points(lesson), 0)


def runs_to_its_end(notebook, lesson):
    """Assert that nothing fails but what is not written, its checks, and what is shown with it."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    graded_cells = {cell["id"] for cell in notebook.cells if info(cell)}
    shown_with_it = {x["id"] for x in code if "raises-exception" in x.metadata.get("tags", [])}
    failed = errors(notebook)
    assert set(failed) <= graded_cells | shown_with_it
    others = {error for cell, error in failed.items() if cell not in graded_cells}
    assert others <= {"NotImplementedError"}
    assert set(failed) >= {f"test-{exercise}" for exercise in points(lesson)}


#: What a kernel does first: a training takes a moment, as nobody looks at what a network learns.
HURRIED = """
def hurry():
    from utils import training
    from utils.contest import scoring

    def fit(*arguments, **more):
        return patiently(*arguments, **more | {"epochs": 1})

    patiently, training.fit = training.fit, fit
    scoring.TRAINING_PICTURES = scoring.TEST_PICTURES = 200


hurry()
del hurry
"""


def test_run_all_of_the_untouched_release_runs_to_its_end(course, lesson):
    startup = Path(environment(course)["HOME"], ".ipython", "profile_default", "startup")
    startup.mkdir(parents=True)
    (startup / "hurried.py").write_text(HURRIED)
    path = course / "notebooks" / lesson / f"{lesson}.ipynb"
    nbformat.write(quick(released(lesson), lesson), path)
    run(course, "jupyter", "execute", "--inplace", path)
    runs_to_its_end(nbformat.read(path, as_version=4), lesson)


def test_the_grader_runs_the_demonstrations_too_if_it_is_told_to(course):
    name = f"{LESSON}/{LESSON}.ipynb"
    nbgrader(course, "generate_assignment", LESSON, "--force")
    submit(course, "untouched", (ROOT / "notebooks" / name).read_bytes())
    nbformat.write(quick(solution()), course / "solutions" / name)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("\nc.Execute.demonstrations = True\n")
    nbgrader(course, "autograde", LESSON)
    runs_to_its_end(autograded(course, "untouched"), LESSON)


def test_a_question_in_words_waits_for_its_grader(marked, lesson):
    for student, waits in [("solved", True), ("untouched", False)]:
        with gradebook(marked) as book:
            for question, maximum in questions(lesson).items():
                grade = book.find_grade(question, lesson, lesson, student)
                assert grade.needs_manual_grade is waits
                assert grade.max_score == maximum


def test_every_lesson_asks_a_question_in_words():
    assert not [x for x in LESSONS if not questions(x)]


def test_feedback_shows_each_student_every_cell(marked, lesson):
    automatic = float(sum(points(lesson).values()))
    total = automatic + sum(questions(lesson).values())
    for student, score in [("solved", automatic), ("untouched", 0.0)]:
        nbgrader(marked, "generate_feedback", lesson, f"--student={student}")
        page = marked / RECORDS / "feedback" / student / lesson / f"{lesson}.html"
        text = page.read_text()
        assert f"(Score: {score} / {total})" in text
        assert all(f"test-{exercise}" in text for exercise in points(lesson))


def test_export_writes_the_scores(marked, lesson):
    course = marked
    nbgrader(course, "export", "--to=grades.csv")
    with (course / "grades.csv").open() as stream:
        exported = [row for row in csv.DictReader(stream) if row["assignment"] == lesson]
    rows = {row["student_id"]: row for row in exported}
    assert len(rows) >= 2
    total = sum(points(lesson).values()) + sum(questions(lesson).values())
    for student, row in rows.items():
        assert float(row["score"]) == sum(scores(course, student, lesson).values())
        assert float(row["max_score"]) == total


def test_validate_tells_a_solved_notebook_from_an_unsolved_one(course):
    solved = course / "notebooks" / LESSON / "solved.ipynb"
    answers = {exercise: find(solution(), exercise).source for exercise in points()}
    answers |= dict.fromkeys(questions(), "An edge is an edge wherever it is.")
    nbformat.write(answered(answers, short(released())), solved)
    said = nbgrader(course, "validate", solved)
    assert "Success! Your notebook passes all the tests." in said
    unsolved = course / f"notebooks/{LESSON}/{LESSON}.ipynb"
    nbformat.write(quick(released()), unsolved)
    said = nbgrader(course, "validate", unsolved)
    # All the checks in one summary, and the question in words.
    assert f"VALIDATION FAILED ON {1 + len(questions())} CELL(S)" in said
    assert f"0 of {len(points())} checks passed." in said
    missing = re.search(r"not answered yet: ([\w\s,-]*?)\n\n", said)[1]
    assert re.split(r",\s+", missing.strip()) == list(points())


HANDED_IN = {
    "ada": f"ada/{LESSON}.ipynb",
    "grace_h": f"grace_h/{LESSON}.ipynb",
    "alan": f"alan_{LESSON}.ipynb",
    "barbara": f"barbara_55_1200_{LESSON}-1.ipynb",  # Canvas, second upload
    "Edsger D": f"Edsger D_4711_assignsubmission_file_/{LESSON}.ipynb",  # Moodle
}


def test_zip_collect_sorts_what_came_back(course):
    archive = course / RECORDS / "downloaded" / LESSON / "archive"
    archive.mkdir(parents=True)
    notebook = nbformat.writes(released())
    with zipfile.ZipFile(archive / "submissions.zip", "w") as together:
        for name in HANDED_IN.values():
            together.writestr(name, notebook)
    with zipfile.ZipFile(archive / "mary.zip", "w") as alone:
        alone.writestr(f"{LESSON}.ipynb", notebook)
    (archive / f"tony_{LESSON} (1).ipynb").write_text(notebook)  # downloaded twice
    said = nbgrader(course, "zip_collect", LESSON, "--force")
    assert "7 files collected" in said
    submitted = course / RECORDS / "submitted"
    assert {path.name for path in submitted.iterdir()} == {*HANDED_IN, "mary", "tony"}
    for folder in submitted.iterdir():
        assert (folder / LESSON / f"{LESSON}.ipynb").read_text() == notebook


def test_collect_takes_what_was_submitted_through_an_exchange(course, tmp_path):
    exchange = tmp_path / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    through = f"--Exchange.root={exchange}"
    nbgrader(course, "generate_assignment", LESSON, "--force")
    nbgrader(course, "release_assignment", LESSON, through)

    # The student has no course folder and no configuration, only the exchange.
    student = tmp_path / "student"
    student.mkdir()
    theirs = {"PYTHONPATH": environment(course)["PYTHONPATH"]}
    run(student, "nbgrader", "fetch_assignment", LESSON, f"--course={COURSE_ID}", through, **theirs)
    fetched = student / LESSON / f"{LESSON}.ipynb"
    assert fetched.read_bytes() == (course / f"notebooks/{LESSON}/{LESSON}.ipynb").read_bytes()
    run(student, "nbgrader", "submit", LESSON, f"--course={COURSE_ID}", through, **theirs)

    nbgrader(course, "collect", LESSON, through)
    (collected,) = (course / RECORDS / "submitted").glob(f"*/{LESSON}")
    assert (collected / f"{LESSON}.ipynb").read_bytes() == fetched.read_bytes()
    assert (collected / "timestamp.txt").exists()
