"""Threads and processes of a student's own: they work, or fail alone and say why."""

import pytest
import torch
from nbformat.v4 import new_code_cell

from autograder.judge.judging import Judge
from autograder.judge.rebuild import rebuild
from tests.course import LESSON, ROOT, find, points, solution
from utils.checks import EXERCISES, CheckFailed, check

FORBIDS = "conv2d-naive"
FREE_LESSON, FREE = "06_depth", "identity-filters"


@pytest.fixture(scope="module")
def judge():
    with Judge(ROOT, LESSON, solution()) as judge:
        yield judge


@pytest.fixture(scope="module")
def free_judge():
    """Judges the lesson with an exercise that forbids nothing."""
    with Judge(ROOT, FREE_LESSON, solution(FREE_LESSON)) as judge:
        yield judge


def lost(judge, own="", lesson=LESSON, **answers):
    """Judge right answers with a cell of the student's own above them, and some answers changed.

    Returns the messages of the tests that lose points.
    """
    source, handed_in = solution(lesson), solution(lesson)
    first = next(n for n, x in enumerate(handed_in.cells) if x.cell_type == "code")
    handed_in.cells.insert(first + 1, new_code_cell(own, id="own"))
    for name, text in answers.items():
        cell = find(handed_in, name)
        cell.source = text.replace("ANSWER", cell.source)
    tests = judge.judge(rebuild(source, handed_in)[0]).tests
    assert len(tests) == len(points(lesson))
    return {name.removeprefix("test-"): x.message for name, x in tests.items() if x.points < x.most}


BACKGROUND = {
    "a daemon thread that prints and multiplies": """
import threading, time
def work():
    while True:
        print('tick', end='')
        torch.ones(50, 50) @ torch.ones(50, 50)
        time.sleep(0.001)
threading.Thread(target=work, daemon=True).start()
""",
    "a thread that never rests": """
import threading
def work():
    while True: pass
threading.Thread(target=work, daemon=True).start()
""",
    "a thread that convolves": """
import threading, time
def work():
    while True:
        torch.conv2d(torch.ones(1, 1, 9, 9), torch.ones(1, 1, 3, 3)); time.sleep(0.001)
threading.Thread(target=work, daemon=True).start()
""",
    "a timer": "import threading\nthreading.Timer(0.2, print, ['ring']).start()",
    "a pool that stays open": """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(2)
assert list(pool.map(abs, [-1, -2])) == [1, 2]
""",
    "a loader with workers": """
from torch.utils.data import DataLoader
assert len(list(DataLoader(list(range(8)), batch_size=2, num_workers=2))) == 4
""",
    "a pool of processes": """
import multiprocessing
with multiprocessing.get_context('fork').Pool(2) as workers:
    assert workers.map(abs, [-1, -2]) == [1, 2]
""",
    "a task of asyncio": """
import asyncio
async def later():
    await asyncio.sleep(0.01)
    return 1
assert await asyncio.gather(later(), later()) == [1, 1]
""",
    "a program": """
import subprocess
assert subprocess.run(['echo', 'hello'], capture_output=True, text=True).stdout == 'hello\\n'
""",
}


@pytest.mark.parametrize("own", BACKGROUND)
def test_what_runs_in_the_background_costs_nothing(judge, own):
    assert lost(judge, BACKGROUND[own]) == {}


INSIDE = {
    "started by the answer": """
ANSWER
_inner = NAME
def NAME(*args, **options):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_inner, *args, **options).result()
""",
    "a pool that was opened before": """
ANSWER
from concurrent.futures import ThreadPoolExecutor
_inner, _pool = NAME, ThreadPoolExecutor(1)
_pool.submit(abs, 1).result()
def NAME(*args, **options):
    return _pool.submit(_inner, *args, **options).result()
""",
}


@pytest.mark.parametrize("how", INSIDE)
def test_an_answer_that_computes_in_a_thread_fails_alone_and_is_told_why(judge, how):
    """What a thread calls cannot be seen, so it is no way around what an exercise forbids."""
    name = FORBIDS.replace("-", "_")
    found = lost(judge, **{FORBIDS: INSIDE[how].replace("NAME", name)})
    assert set(found) == {FORBIDS}
    assert "thread" in found[FORBIDS] and "compute in the function itself" in found[FORBIDS]


@pytest.mark.parametrize("how", INSIDE)
def test_where_nothing_is_forbidden_an_answer_may_use_threads(free_judge, how):
    assert not EXERCISES[FREE].forbidden
    answer = INSIDE[how].replace("NAME", FREE.replace("-", "_"))
    assert lost(free_judge, lesson=FREE_LESSON, **{FREE: answer}) == {}


def test_the_visible_check_says_the_same():
    exercise = EXERCISES[FORBIDS]
    namespace = {"torch": torch}
    answer = find(solution(), FORBIDS).source
    name = exercise.name
    source = INSIDE["started by the answer"].replace("ANSWER", answer).replace("NAME", name)
    exec("from torch.nn import functional as F\nimport math\n" + source, namespace)
    with pytest.raises(CheckFailed, match="another thread"):
        check(FORBIDS, namespace[name])
