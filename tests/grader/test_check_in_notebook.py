"""What a student sees of a check: passed, wrong, not answered; and what their code prints."""

import contextlib
import io
import sys

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.course import (
    answered,
    find,
    nbgrader,
    points,
    questions,
    released,
    short,
    solution,
    submission,
    submit,
)
from utils.checks import CheckFailed, NotAnswered, check
from utils.checks.notebook import NOT_YET, PASSED, calm_stubs

RIGHT = find(solution(), "conv-params").source
TALKS = """
import logging, sys, warnings
_log = logging.getLogger("mine")
_log.handlers[:] = [logging.StreamHandler()]  # keeps the standard error as it is now
_answer = conv_params
def conv_params(*args, **options):
    print("called with", args)
    warnings.warn("this may be slow")
    _log.warning("logged")
    sys.stderr.write("an error of no consequence\\n")
    return _answer(*args, **options)
"""


def talking(source):
    namespace = {}
    exec(source + TALKS, namespace)
    return namespace["conv_params"]


def test_what_an_answer_prints_stands_below_the_verdict(capsys):
    check("conv-params", talking(RIGHT))
    said = capsys.readouterr()
    assert said.out.startswith(f"{PASSED}\nconv_params")
    verdict, _, printed = said.out.partition("\nPrinted meanwhile by your code:\n")
    assert "agree with the reference" in verdict and "called with" not in verdict
    assert printed.startswith("  called with (")
    assert "  an error of no consequence" in printed  # warnings go this way, but under pytest
    assert "more lines" in printed and printed.count("\n") < 15
    assert said.err == ""


def test_it_stands_below_a_failing_verdict_too(capsys):
    with pytest.raises(CheckFailed) as failed:
        check("conv-params", talking("def conv_params(*args, **options):\n    return 1\n"))
    verdict, _, printed = str(failed.value).partition("\nPrinted meanwhile by your code:\n")
    assert "wrong in" in verdict and printed.startswith("  called with (")
    assert capsys.readouterr() == ("", "")


def test_streams_are_as_they_were_after_a_check(capsys):
    before = sys.stdout, sys.stderr
    with pytest.raises(CheckFailed):
        check("conv-params", talking("conv_params = None"))
    assert (sys.stdout, sys.stderr) == before
    print("heard")
    print("heard too", file=sys.stderr)
    assert capsys.readouterr() == ("heard\n", "heard too\n")


def test_endless_printing_fills_no_memory():
    def conv_params(*args, **options):
        for _ in range(100):
            print("x" * 100_000)
        return 1

    with pytest.raises(CheckFailed) as failed:
        check("conv-params", conv_params)
    assert len(str(failed.value)) < 30_000


def test_the_three_outcomes_look_different(capsys):
    check("conv-params", talking(RIGHT))
    passed = capsys.readouterr().out.splitlines()[0]
    looks = []
    for answer in (lambda *args, **options: 1, None):
        with pytest.raises(CheckFailed) as failed:
            check("conv-params", answer)
        looks.append(failed.value._render_traceback_()[0])
    assert looks[1] == NOT_YET.format(str(failed.value))
    assert isinstance(failed.value, NotAnswered)
    assert [look.split("m", 1)[1][0] for look in (passed, *looks)] == ["✓", "✗", "○"]


@pytest.fixture
def shell(monkeypatch):
    """A shell that looks like a notebook's."""
    made = InteractiveShell()
    made.kernel = object()
    monkeypatch.setattr("IPython.get_ipython", lambda: made)
    calm_stubs()
    return made


@pytest.mark.parametrize(
    ("source", "calm"),
    [
        ("raise NotImplementedError()", True),
        ("x = 1\nraise NotImplementedError()", True),
        ("raise NotImplementedError('torch cannot do this')", False),
        ("1 / 0", False),
    ],
)
def test_a_cell_that_is_not_answered_says_so_without_a_traceback(shell, source, calm):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        result = shell.run_cell(source)
    assert result.error_in_exec is not None
    assert ("Not answered yet" in said.getvalue()) == calm
    assert ("Traceback" in said.getvalue()) != calm


def test_an_answer_that_warns_passes_where_students_validate(course):
    """Stock nbgrader takes whatever stands on the standard error of a test for a failure."""
    answers = {name: find(solution(), name).source for name in points()}
    answers["conv-params"] += TALKS
    answers |= dict.fromkeys(questions(), "An answer in words.")
    submit(course, "ada", short(answered(answers)))
    said = nbgrader(course, "validate", submission(course, "ada"))
    assert "Success! Your notebook passes all the tests." in said


def test_validate_tells_how_much_has_passed_and_takes_halves_together(course):
    notebook = short(released())
    name, wrong, *others = points()
    first = find(notebook, name)
    lines = find(solution(), name).source.split("\n")
    second = nbformat.from_dict({**first, "id": "second", "source": "\n".join(lines[2:])})
    first.source = "\n".join(lines[:2])
    notebook.cells.insert(notebook.cells.index(first) + 1, second)
    notebook.cells.append(nbformat.from_dict({**first, "id": "copy", "source": "1 / 0"}))
    find(notebook, wrong).source = f"{wrong.replace('-', '_')} = 1"
    submit(course, "ada", notebook)
    said = nbgrader(course, "validate", submission(course, "ada"))
    assert "Traceback" not in said
    assert f"1 of {len(points())} checks passed." in said
    assert f"    wrong: {wrong}\n" in said
    assert f"not answered yet: {others[0]}" in said
    assert said.count("The following cell failed") == 2 + len(questions())  # the summary, the wrong
