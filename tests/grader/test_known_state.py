"""What a student has set for the whole process decides nothing: a right answer stays right."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from autograder.judge.judging import Judge
from autograder.judge.rebuild import rebuild
from tests.course import (
    LESSON,
    LESSONS,
    ROOT,
    autograded,
    environment,
    errors,
    find,
    points,
    scores,
    solution,
)
from tests.states import STATES, with_states
from utils._common.known_state import known_state
from utils.checks import EXERCISES


def test_each_setting_leaves_the_verdict_as_it_is():
    source, lost = solution(), {}
    with Judge(ROOT, LESSON, source) as judge:
        for state, text in STATES.items():
            built, report = rebuild(source, with_states(LESSON, text))
            assert report.added
            tests = judge.judge(built).tests
            assert own_cells_fail(built, report.added) == []
            lost[state] = {name: x.message for name, x in tests.items() if x.points < x.most}
    assert lost == {state: {} for state in STATES}


def own_cells_fail(notebook, names):
    """The errors of a student's own cells, which are there."""
    (cell,) = [x for x in notebook.cells if x["id"] in names]
    return [x for x in cell.outputs if x.output_type == "error"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_all_settings_together_leave_the_verdicts_as_they_are(graded, lesson):
    course = graded(lesson)
    notebook = autograded(course, "settings", lesson)
    added = rebuild(solution(lesson), with_states(lesson, *STATES.values()))[1].added
    assert own_cells_fail(notebook, added) == []
    assert points(lesson)
    assert scores(course, "settings", lesson) == points(lesson), errors(notebook)


CHECK_ALL = """
import json, sys
imports, state, answers, names = json.load(open(sys.argv[1]))
exec(imports)
exec("import torch\\n" + state)
for exercise, source in answers.items():
    exec(source)
    check(exercise, globals()[names[exercise]])
open(sys.argv[2], "w")
"""


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_visible_checks_say_the_same(lesson, tmp_path):
    """On a student's own machine the answers are called in the process that holds the settings."""
    kept = [x for name, x in STATES.items() if name not in ("import path", "streams")]
    notebook = solution(lesson)
    imports = next(x.source for x in notebook.cells if x.cell_type == "code")
    answers = {name: find(notebook, name).source for name in points(lesson)}
    names = {name: EXERCISES[name].name for name in answers}
    (tmp_path / "cells").write_text(json.dumps([imports, "\n".join(kept), answers, names]))
    done = subprocess.run(
        [sys.executable, "-c", CHECK_ALL, "cells", str(tmp_path / "passed")],
        cwd=tmp_path,
        env=environment(tmp_path, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (tmp_path / "passed").exists(), done.stderr[-3000:]


def test_settings_are_put_back():
    before = torch.get_default_dtype(), sys.getrecursionlimit(), np.geterr()
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    sys.setrecursionlimit(before[1] + 77)
    try:
        with np.errstate(all="raise"), torch.inference_mode():
            with pytest.raises(KeyError), known_state():
                inside = torch.ones(2, requires_grad=True)
                (inside * 2).sum().backward()
                assert (inside.dtype, inside.device.type) == (torch.float32, "cpu")
                assert np.geterr() == before[2]
                raise KeyError
            assert torch.is_inference_mode_enabled() and np.geterr()["over"] == "raise"
        outside = torch.ones(2)
        assert (outside.dtype, outside.device.type) == (torch.float64, "meta")
        assert sys.getrecursionlimit() == before[1] + 77
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(before[0])
        sys.setrecursionlimit(before[1])
