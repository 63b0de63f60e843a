"""What a student has set for the whole process decides nothing: a right answer stays right."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from course import LESSONS, ROOT, environment, find, points, solution
from nbformat.v4 import new_code_cell

from autograder.judge.judging import Judge
from autograder.judge.rebuild import rebuild
from utils.known_state import known_state

#: What somebody may write into a cell of their own.
STATES = {
    "default device": "torch.set_default_device('meta')",
    "default dtype": "torch.set_default_dtype(torch.float64)",
    "half as the default dtype": "torch.set_default_dtype(torch.float16)",
    "no gradients": "torch.set_grad_enabled(False)",
    "inference mode": "kept = torch.inference_mode(); kept.__enter__()",
    "autocast": "kept_too = torch.autocast('cpu', torch.bfloat16); kept_too.__enter__()",
    "anomaly detection": "torch.autograd.set_detect_anomaly(True)",
    "deterministic algorithms": "torch.use_deterministic_algorithms(True)",
    "products of less precision": "torch.set_float32_matmul_precision('medium')",
    "threads": "torch.set_num_threads(3)",
    "print options": "torch.set_printoptions(precision=1, sci_mode=True)\n"
    "import numpy; numpy.set_printoptions(precision=1, threshold=3)",
    "NumPy's errors": "import numpy; numpy.seterr(all='raise')",
    "warnings that raise": "import warnings; warnings.simplefilter('error')",
    "random states": "import random, numpy\nrandom.seed(7); numpy.random.seed(7)\n"
    "torch.manual_seed(7)",
    "working directory": "import os; os.makedirs('away'); os.chdir('away'); os.rmdir('../away')",
    "locale": "import locale; locale.setlocale(locale.LC_ALL, '')",
    "environment": "import os; os.environ.clear()",
    "import path": "import sys; sys.path.clear()",
    "recursion limit": "import sys; sys.setrecursionlimit(200)",
    "decimal context": "import decimal; decimal.getcontext().prec = 1",
    "garbage collection": "import gc; gc.disable(); gc.set_threshold(1)",
    "matplotlib's settings": "import matplotlib; matplotlib.rcParams['figure.dpi'] = 7",
    "streams": "import io, sys; sys.stdout, sys.stderr = io.StringIO(), None",
}


def all_points(lesson, *states):
    """What the lesson's own answers earn below a student's cells, of what they could earn."""
    source = solution(lesson)
    with Judge(ROOT, lesson, source) as judge:
        for state in states:
            handed_in = solution(lesson)
            first = next(n for n, x in enumerate(handed_in.cells) if x.cell_type == "code")
            handed_in.cells.insert(first + 1, new_code_cell(f"import torch\n{state}", id="own"))
            built, report = rebuild(source, handed_in)
            assert report.added
            tests = judge.judge(built).tests
            ran = next(x for x in built.cells if x["id"] in report.added)
            assert not [x for x in ran.outputs if x.output_type == "error"], ran.outputs
            yield {name: x.message for name, x in tests.items() if x.points < x.most}


def test_each_setting_leaves_the_verdict_as_it_is():
    lost = dict(zip(STATES, all_points(LESSONS[0], *STATES.values()), strict=True))
    assert lost == {state: {} for state in STATES}


@pytest.mark.parametrize("lesson", LESSONS)
def test_all_settings_together_leave_the_verdicts_as_they_are(lesson):
    assert points(lesson)
    assert list(all_points(lesson, "\n".join(STATES.values()))) == [{}]


CHECK_ALL = """
import json, sys
imports, state, answers = json.load(open(sys.argv[1]))
exec(imports)
exec("import torch\\n" + state)
for exercise, source in answers.items():
    exec(source)
    check(exercise, globals()[exercise.replace("-", "_")])
open(sys.argv[2], "w")
"""


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_visible_checks_say_the_same(lesson, tmp_path):
    """On a student's own machine the answers are called in the process that holds the settings."""
    kept = [x for name, x in STATES.items() if name not in ("import path", "streams")]
    notebook = solution(lesson)
    imports = next(x.source for x in notebook.cells if x.cell_type == "code")
    answers = {name: find(notebook, name).source for name in points(lesson)}
    (tmp_path / "cells").write_text(json.dumps([imports, "\n".join(kept), answers]))
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
