"""Review and predictions: what is asked first, what is kept, and that nobody else is touched."""

import errno
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.course import ROOT
from utils import mine
from utils.checks import CheckFailed, check
from utils.mine import answers
from utils.mine.answers import Answer, keep
from utils.mine.asking import due
from utils.mine.bank import bank

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
NAME = "volume-after-pooling"  # of lesson 3
WRONG = {name: (question.right + 1) % len(question.options) for name, question in bank().items()}


def log_of(lesson):
    path = lesson.parent / "answers.txt"
    return path.read_text().splitlines() if path.exists() else []


def answered(name, right, days_ago, kind="review"):
    return Answer(NOW - timedelta(days=days_ago), kind, name, right, "")


def names(questions):
    return [question.name for question in questions]


def of(lesson):
    return [question.name for question in bank().values() if question.lesson == lesson]


# --- what is asked -------------------------------------------------------------------------------


def test_who_has_answered_nothing_is_asked_the_first_of_each_earlier_lesson():
    asked = due(4, [], NOW)
    assert names(asked) == [of(3)[0], of(2)[0], of(1)[0]]
    assert names(due(2, [], NOW)) == of(1)[:3]


def test_in_the_first_lesson_it_asks_what_the_course_takes_for_granted():
    assert names(due(1, [], NOW)) == of(0)[:3]


def test_what_went_wrong_comes_first_then_what_is_due_then_what_is_new():
    wrong, old, recent = of(1)[5], of(2)[5], of(3)[5]
    log = [answered(old, True, 30), answered(recent, True, 0.01), answered(wrong, False, 0.01)]
    assert names(due(5, log, NOW, 4)) == [wrong, old, of(4)[0], of(3)[0]]
    # What is not due waits until there is nothing else.
    assert names(due(5, log, NOW, len(bank())))[-1] == recent


def test_a_wrong_prediction_counts_as_a_wrong_answer():
    assert names(due(4, [answered(NAME, False, 2, "predict")], NOW))[0] == NAME


def test_a_check_that_failed_calls_for_its_questions():
    log = [answered("avg-pool2d-backward", False, 1, "check")]
    assert names(due(4, log, NOW))[0] == "gradient-of-a-mean"
    # Once its question is answered, it is done with.
    log.append(answered("gradient-of-a-mean", True, 0.5))
    assert "gradient-of-a-mean" not in names(due(4, log, NOW))


def test_each_right_answer_makes_the_wait_longer():
    def wait(log):
        """The days until the question is due again."""
        for days in range(1, 400):
            if names(due(4, log, NOW + timedelta(days=days)))[0] == NAME:
                return days
        return None

    once = wait([answered(NAME, True, 0)])
    twice = wait([answered(NAME, True, once), answered(NAME, True, 0)])
    assert 1 <= once < 10 and twice > 2 * once


def test_lessons_to_come_are_not_asked_about():
    log = [answered(NAME, False, 1)]
    assert NAME not in names(due(3, log, NOW, len(bank())))
    assert len(due(9, [], NOW, len(bank()))) == len(bank())


# --- what is kept --------------------------------------------------------------------------------


def test_an_answer_is_kept_and_comes_back_first_in_a_new_kernel(kernel, lesson):
    kernel()
    widget = mine.review(lesson=4)
    name = widget.questions[1]["name"]
    widget.chosen = {name: WRONG[name]}
    widget.chosen = {name: WRONG[name]}
    (line,) = log_of(lesson)
    assert line.split()[1:4] == ["review", name, "wrong"]
    kernel()
    again = mine.review(lesson=4)
    assert again.questions[0]["name"] == name and again.chosen == {}
    again.chosen = {name: bank()[name].right}
    assert [x.split()[3] for x in log_of(lesson)] == ["wrong", "right"]
    assert name not in [x["name"] for x in mine.review(lesson=4).questions]


def test_a_prediction_stays(kernel, lesson):
    kernel()
    widget = mine.predict(NAME)
    assert widget.chosen == {} and widget.title == "Predict first"
    widget.chosen = {NAME: WRONG[NAME]}
    kernel()
    assert mine.predict(NAME).chosen == {NAME: WRONG[NAME]}
    assert len(log_of(lesson)) == 1


def test_an_answer_that_the_author_has_rewritten_is_asked_again(kernel, lesson):
    kernel()
    keep("predict", NAME, True, "000000")
    assert mine.predict(NAME).chosen == {}


def test_the_lesson_is_that_of_the_notebooks_folder(kernel, lesson, monkeypatch):
    kernel()
    assert [x["source"] for x in mine.review().questions] == ["Before"] * 3
    (lesson.parent / "03_pooling").mkdir()
    monkeypatch.chdir(lesson.parent / "03_pooling")
    assert mine.review().questions[0]["source"] == "Lesson 2, Learning filters"


def test_a_check_that_fails_is_kept_once_a_day_and_no_stub_is(kernel, lesson):
    kernel()
    for answer in ([1, 2], [2]):
        with pytest.raises(CheckFailed):
            check("strides-that-fit", answer)
    with pytest.raises(CheckFailed):
        check("conv-output-size", ...)
    (line,) = log_of(lesson)
    assert line.split()[1:] == ["check", "strides-that-fit", "wrong"]


@pytest.mark.slow
def test_two_notebooks_at_once_lose_nothing(tmp_path):
    code = f"""
import sys
from pathlib import Path
from utils.mine import answers
for number in range(200):
    answers._append(Path({str(tmp_path / "answers.txt")!r}), f"{{sys.argv[1]}}-{{number}}")
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    running = [subprocess.Popen([*command, name], env=environment) for name in "ab"]
    assert [process.wait(60) for process in running] == [0, 0]
    lines = (tmp_path / "answers.txt").read_text().splitlines()
    assert sorted(lines) == sorted(f"{name}-{number}" for name in "ab" for number in range(200))


def test_damaged_lines_are_passed_over_and_what_follows_is_kept(kernel, lesson):
    kernel()
    path = lesson.parent / "answers.txt"
    path.write_bytes(
        b"\xff\xfe rubbish\n2026-99-99T00:00 review a wrong\n"
        b"2026-11-29T08:00 review b right\n2026-1"
    )
    assert keep("review", NAME, False) == ""
    assert [(x.name, x.right) for x in answers.answers()] == [("b", True), (NAME, False)]


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_what_cannot_be_written_is_said_in_one_line(kernel, lesson, monkeypatch, number):
    kernel()

    def refuse(path, line):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(answers, "_append", refuse)
    widget = mine.predict(NAME)
    widget.chosen = {NAME: 0}
    assert widget.said.startswith("Your answer is not kept: ")
    assert os.strerror(number) in widget.said and "\n" not in widget.said
    with pytest.raises(CheckFailed, match=r"^strides_that_fit"):
        check("strides-that-fit", [1])


def test_a_disk_that_takes_half_a_line_is_full(tmp_path, monkeypatch):
    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, data):
            return self.file.write(data[:3])

    path = tmp_path / "answers.txt"
    answers._append(path, "whole")
    real = type(path).open
    with monkeypatch.context() as patch:
        patch.setattr(type(path), "open", lambda self, *a, **k: Full(real(self, *a, **k)))
        with pytest.raises(OSError, match="full"):
            answers._append(path, "half of it")
    answers._append(path, "next")
    assert path.read_text().splitlines() == ["whole", "hal", "next"]


# --- where nobody works --------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["no kernel", "validate", "off"])
def test_nothing_is_read_or_kept_where_nobody_works(kernel, lesson, monkeypatch, how):
    (lesson.parent / "answers.txt").write_text(f"2026-11-29T08:00 review {of(1)[7]} wrong\n")
    before = log_of(lesson)
    if how == "off":
        monkeypatch.setenv("CONVNETS_MINE", "off")
    if how != "no kernel":
        kernel({} if how == "validate" else None)
    widget = mine.review(lesson=2)
    assert [x["name"] for x in widget.questions] == of(1)[:3]
    widget.chosen = {of(1)[0]: 0}
    assert widget.said == ""
    with pytest.raises(CheckFailed):
        check("strides-that-fit", [1])
    assert log_of(lesson) == before


def test_a_lesson_that_is_not_known_is_asked_for(kernel, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert mine.review() is None
    kernel()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"mine\.review\(lesson=3\)"):
        mine.review()
    with pytest.raises(ValueError, match="not 12"):
        mine.review(lesson=12)
    with pytest.raises(KeyError, match="there is no question 'no-such'"):
        mine.predict("no-such")


def test_in_a_saved_page_it_has_the_answer_in_a_fold_and_text_keeps_it(lesson):
    widget = mine.predict(NAME)
    data, _ = widget._repr_mimebundle_()
    page, _, script = data["text/html"].partition("<style>")
    assert page.count("<details>") == 1 and "stays" in page
    assert "wake(" in script and "</script" not in script.removesuffix("</script>").rstrip()
    assert "( ) $14" in data["text/plain"] and "the depth stays" not in data["text/plain"]
    assert widget.as_html() == mine.predict(NAME).as_html()  # a rebuild changes nothing
