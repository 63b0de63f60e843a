"""The author's kit: a lesson and exercises begun, filled in and tried, as an author does it."""

import re
import subprocess
import sys

import pytest

from tests.course import LESSONS, points


def autograder(course, *words):
    """Run the command in a course; return its status and what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "autograder", *words],
        cwd=course,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def fill_in(path, changes):
    """Replace what a template asks for; every other line that still asks loses its mark."""
    text = path.read_text()
    for old, new in changes.items():
        assert text.count(old) == 1, (path, old)
        text = text.replace(old, new)
    path.write_text(text.replace("FILL IN: ", "").replace("FILL IN", ""))


def test_a_lesson_and_an_exercise_are_begun_filled_in_and_tried(course):
    status, said = autograder(course, "new-lesson", "09_detection")
    assert status == 0, said
    assert "lessons/09_detection/09_detection.md: replace" in said
    status, said = autograder(course, "new-exercise", "09_detection", "box-area")
    assert status == 0
    files = [course / x for x in re.findall(r"^(\S+): replace each FILL IN$", said, re.MULTILINE)]
    assert [x.name for x in files] == ["09_detection.md", "box_area.py", "detection.py"]
    headings = re.findall(r"^##+ (.+)$", files[0].read_text("utf-8"), re.MULTILINE)
    assert headings[1].startswith("FILL IN: what the student") and headings[4] == "Summary"
    status, said = autograder(course, "try", "box-area")
    assert status == 1
    # It runs already; what is to do is said with the place where.
    assert "there are 1 right answers; at least 3" in said
    assert "there are 1 mistakes; at least 5" in said
    for path in files:
        assert re.search(rf"- {re.escape(str(path.relative_to(course)))}:\d+: .*FILL IN", said)
    assert "fails the" not in said

    text, check, answers = files
    fill_in(text, {"return 2 * input": "return max(0, input)", "assert box_area(3) == 6": "pass"})
    mistakes = "".join(
        f'box_area.mistake("{name}", "Look.", edit("max(0, input)", "{new}"))\n'
        for name, new in {
            "it is cut at one": "max(1, input)",
            "it is not cut": "input",
            "the sign is lost": "abs(input)",
            "it is cut above": "min(0, input)",
            "it is turned": "max(0, -input)",
        }.items()
    )
    start = check.read_text().index("# FILL IN: five or more")
    check.write_text(check.read_text()[:start] + mistakes)
    fill_in(check, {"return 2 * input": "return max(0, input)", "(1, 2, 5)": "(0, -2, 5, 1)"})
    more = [
        f"def box_area(input):\n    return {x}\n"
        for x in ("(input + abs(input)) // 2", "input * (input > 0)")
    ]
    answers.write_text(answers.read_text() + f'RIGHT["box-area"] += {more!r}\n')
    fill_in(answers, {"return input + input": "return [0, input][input > 0]"})
    status, said = autograder(course, "try", "box-area")
    assert status == 0, said
    assert "4 right answers, 5 mistakes, all as it should be" in said
    assert "the hidden tests alone let pass: it is cut at one; " in said


@pytest.mark.parametrize("kind", ["--value", "--manual"])
def test_other_kinds_of_exercises(course, kind):
    lesson = LESSONS[-1]
    status, said = autograder(course, "new-exercise", lesson, "box-count", kind)
    assert status == 0
    status, said = autograder(course, "try", "box-count")
    assert status == 1
    assert f"lessons/{lesson}/{lesson}.md:" in said
    assert "Traceback" not in said and "fails the" not in said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("new-exercise", "03_pooling", "Max Pool"), "small letters, 0-9 and hyphens"),
        (("new-exercise", "03_pooling", "max-pool2d"), "03_pooling has an exercise 'max-pool2d'"),
        (("new-exercise", "03_pooling", "x", "--after", "y"), "the lesson has no exercise 'y'"),
        (("new-exercise", "09_nothing", "x"), "no lesson 09_nothing; there are: "),
        (("new-lesson", "pooling"), "two digits and a topic"),
        (("new-lesson", "03_other"), "there is a lesson 03 already: 03_pooling"),
        (("new-lesson", "09_pooling"), "there are checks of a lesson on 'pooling' already"),
        (("try", "nothing"), "no lesson has an exercise 'nothing'; there are: "),
    ],
)
def test_what_cannot_be_begun_is_said_and_nothing_is_written(course, words, why):
    before = {x: x.read_bytes() for x in course.rglob("*") if x.is_file() and x.suffix != ".pyc"}
    status, said = autograder(course, *words)
    assert status == 1 and why in said and "Traceback" not in said
    assert before == {
        x: x.read_bytes() for x in course.rglob("*") if x.is_file() and x.suffix != ".pyc"
    }


BROKEN = """
from utils.checks.mistakes import edit


def _broken(input):
    return input.mean((2, 3))


global_avg_pool2d.mistake("nothing is there", "", edit("mean((3, 2))", "sum((2, 3))"), of=_broken)
global_avg_pool2d.mistake("nothing is wrong", "", edit("(2, 3)", "(3, 2)"), of=_broken)
"""


def test_a_mistake_that_passes_or_cannot_be_made_is_said(course):
    path = course / "utils" / "checks" / "pooling" / "average.py"
    with path.open("a") as file:
        file.write(BROKEN)
    status, said = autograder(course, "try", "global-avg-pool2d")
    assert status == 1 and "'mean((3, 2))' stands 0 times in _broken" in said
    assert "'nothing is wrong' passes the check: a case is missing" in said


def test_every_exercise_can_be_tried(course):
    names = list(points(LESSONS[0]))[:3]
    status, said = autograder(course, "try", *names)
    assert status == 0, said
    assert said.count("all as it should be") == 3
