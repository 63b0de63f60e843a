"""The judge: tests decide in a kernel of their own, whatever a student's code does in the other."""

import subprocess
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.cells import BUILD_METADATA
from autograder.judge.judging import Judge, LessonBroken, imports
from autograder.judge.kernels import ForkServer, Kernel, KernelDied
from autograder.judge.outputs import cleaned, without_paths
from autograder.judge.plan import plan
from autograder.judge.rebuild import rebuild
from autograder.judge.sandbox import Limits
from tests.course import LESSONS, ROOT, points, solution
from tests.grading import wait_for

SETUP = "import numpy as np\nimport torch\nfrom torch import nn\nfrom utils import nn as own"


def answer(name):
    meta = {"grade_id": name, "solution": True, "grade": False, "locked": False}
    return new_code_cell(f"{name} = None", id=name, metadata={"nbgrader": meta | VERSION})


def a_test(name, source, most=2):
    meta = {"grade_id": f"test-{name}", "solution": False, "grade": True, "locked": True}
    meta |= {"points": most}
    return new_code_cell(source, id=f"test-{name}", metadata={"nbgrader": meta | VERSION})


VERSION = {"schema_version": 3, "task": False}


class Lesson:
    """A lesson of one or more exercises, each a name and its test; judges answers to them.

    Kernels with other limits may be forked from the server of a lesson that has judged before.
    """

    def __init__(self, server_of=None, **limits):
        self.limits = Limits(**{"cell_seconds": 6, "grace_seconds": 1, **limits})
        self.server_of, self.judge = server_of, None

    def __call__(self, tests, answers, setup=SETUP, cells=()):
        source = new_notebook(cells=[new_code_cell(setup, id="setup"), *cells])
        for name, test in tests.items():
            source.cells += [answer(name), a_test(name, test)]
        handed_in = nbformat.from_dict(source)
        for cell in handed_in.cells:
            cell.source = answers.get(cell["id"], cell.source)
        self.built, _ = rebuild(source, handed_in)
        if self.judge is None:
            self.judge = Judge(ROOT, "none", source, self.limits)
            if self.server_of is not None:
                self.judge.server = self.server_of.judge.server
        self.judge.source = source
        self.verdicts = self.judge.judge(self.built)
        return {name: self.verdicts.tests[f"test-{name}"].points for name in tests}

    def output(self, name):
        """All that a cell put out, as text."""
        (cell,) = [x for x in self.built.cells if x["id"] == name]
        return str(cell.outputs)


@pytest.fixture(scope="module")
def lesson():
    made = Lesson()
    assert one(made, "assert f == 1", "f = 1") == 2  # its fork server runs
    yield made
    made.judge.close()


def one(lesson, test, source, **options):
    """The points that one answer gets in one test of 2 points."""
    return lesson({"f": test}, {"f": source}, **options)["f"]


# --- what a test may do ---


def test_a_value_and_a_function_cross(lesson):
    tests = {"f": "assert f(3, b=4) == 7", "v": "assert v == [1, (2.0, 'x')]"}
    answers = {"f": "def f(a, *, b):\n    return a + b", "v": "v = [1, (2.0, 'x')]"}
    assert lesson(tests, answers) == {"f": 2, "v": 2}


def test_types_cross_exactly(lesson):
    test = "got = f()\nassert [type(x) for x in got] == [int, float, bool, np.int64, torch.Tensor]"
    assert one(lesson, test, "f = lambda: (1, 1.0, True, np.int64(1), torch.ones(2))") == 2
    assert one(lesson, test, "f = lambda: (1.0, 1.0, True, np.int64(1), torch.ones(2))") == 0


def test_an_exception_crosses_as_what_it_is(lesson):
    test = """
try:
    f(-1)
except ValueError as error:
    assert str(error) == 'no'
else:
    raise AssertionError
"""
    assert one(lesson, test, "def f(x):\n    raise ValueError('no')") == 2
    assert one(lesson, test, "def f(x):\n    raise TypeError('no')") == 0
    own = "class ValueError(Exception): pass\ndef f(x):\n    raise ValueError('no')"
    assert one(lesson, test, own) == 2  # a type of that name is what crosses
    assert "1 / 0" not in lesson.output("test-f")


def test_a_function_of_the_test_can_be_called_back_during_the_call_only(lesson):
    test = "assert torch.equal(f(lambda x: x * 2, torch.ones(2)), torch.full((2,), 4.0))"
    assert one(lesson, test, "f = lambda g, x: g(g(x))") == 2
    kept = "kept = []\ndef f(g, x):\n    kept.append(g)\n    return kept[0](x)"
    twice = "assert f(lambda x: x + 1, 1) == 2\nassert f(lambda x: x + 10, 1) == 2"
    assert one(lesson, twice, kept) == 0


def test_a_class_of_the_students_can_be_used(lesson):
    test = "counter = F(3)\ncounter.up()\nassert counter.value == 4"
    source = """
class F:
    def __init__(self, value): self.value = value
    def up(self): self.value += 1
"""
    assert lesson({"F": test}, {"F": source}) == {"F": 2}


def test_private_attributes_and_specials_do_not_cross(lesson):
    source = "class f:\n    _x = 1\n    def __eq__(self, other): return True\nf = f()"
    assert one(lesson, "assert f == 5", source) == 0
    assert one(lesson, "f._x", source) == 0
    assert one(lesson, "assert isinstance(f, int)", source) == 0


@pytest.mark.parametrize(
    ("last", "score"),
    [
        *(("1.5", 1.5), ("0", 0), ("2", 2), ("1", 1), ("None", 2), ("x = 5", 2)),
        *(("2.1", 0), ("-1", 0), ("float('nan')", 0), ("'2'", 0), ("True", 0), ("[2]", 0)),
    ],
)
def test_the_last_line_of_a_test_gives_part_of_the_points(lesson, last, score):
    assert one(lesson, f"f\n{last}", "f = 1") == score


def test_warnings_and_what_is_printed_decide_nothing(lesson):
    test = "import sys, warnings\nwarnings.warn('old')\nprint('no', file=sys.stderr)\nassert f == 1"
    assert one(lesson, test, "f = 1") == 2
    assert "old" in lesson.output("test-f")


def test_a_test_sees_the_student_as_of_its_place(lesson):
    tests = {"f": "assert f == 1", "g": "assert g == 2\nassert f == 3"}
    assert lesson(tests, {"f": "f = 1", "g": "f, g = 3, 2"}) == {"f": 2, "g": 2}


def test_what_was_never_written_is_not_there(lesson):
    assert one(lesson, "assert f == 1", "") == 0
    assert "NameError" in lesson.output("test-f")


# --- arguments and randomness ---


def test_what_a_student_does_to_an_argument_does_not_reach_the_test(lesson):
    test = "x = torch.ones(3)\nf(x)\nassert torch.equal(x, torch.ones(3))"
    assert one(lesson, test, "def f(x):\n    x.zero_()") == 2
    test = """
*_, changed = f.call_elsewhere((torch.ones(2), torch.ones(2)), {})
assert changed == [1]
"""
    assert one(lesson, test, "def f(x, y):\n    y.zero_()") == 2


def test_random_numbers_repeat(lesson):
    test = "assert not torch.equal(f(), f())\nprint(f())"
    one(lesson, test, "def f():\n    return torch.rand(3)")
    first = lesson.output("test-f")
    assert one(lesson, test, "def f():\n    return torch.rand(3)") == 2
    assert lesson.output("test-f") == first


def test_peak_memory_is_counted_for_each_test(lesson):
    tests = {"small": "assert small() == 1", "large": "assert large() == 1", "last": "last()"}
    large = "def large():\n    return int(np.ones(25_000_000)[:1].sum())"  # 200 MB
    lesson(tests, {"small": "small = lambda: 1", "large": large, "last": "last = lambda: 1"})
    peaks = [lesson.verdicts.tests[f"test-{name}"].peak_memory for name in tests]
    if None in peaks:  # this system's control groups cannot count anew, or may not be written
        assert set(peaks) == {None}
        return
    small, large, last = peaks
    assert large > 200e6 > 4 * max(small, last)
    assert lesson.verdicts.peak_memory >= large


def test_a_forbidden_call_is_reported(lesson):
    test = """
*_, found, _ = f.call_elsewhere((torch.ones(1, 1, 3, 3),), {}, ('torch.conv2d',))
assert found == 'torch.conv2d'
"""
    calls = "nn.functional.conv2d(x, torch.ones(1, 1, 2, 2))"
    assert one(lesson, test, f"def f(x):\n    return {calls}") == 2
    off = f"import sys\ndef f(x):\n    sys.setprofile(None)\n    return {calls}"
    assert one(lesson, test.replace("== 'torch.conv2d'", "== 'sys.setprofile'"), off) == 2


ASKED = (
    "value, error, found, _ = f.call_elsewhere((torch.ones(1, 1, 3, 3),), {}, ('torch.conv2d',))"
)


def test_a_forbidden_call_is_found_in_an_answer_that_takes_long(lesson):
    # Every second the operators are looked through, and are then forgotten.
    source = """
import subprocess
import time
convolve = lambda x: torch.conv2d(x, torch.ones(1, 1, 2, 2))
compiled = torch.jit.trace(convolve, torch.ones(1, 1, 3, 3))
def f(x):
    until = time.monotonic() + 1.5
    compiled(x)
    while time.monotonic() < until:
        x = x + 1
    return x
"""
    assert one(lesson, f"{ASKED}\nassert found.startswith('torch.ops.aten.')", source) == 2


@pytest.mark.parametrize(
    ("does", "what"),
    [
        ("x + 1", "error is None"),
        (
            "pool.submit(torch.neg, x).result()",
            "'waits for a thread' in str(error) and 'compute in the function' in str(error)",
        ),
    ],
)
def test_a_thread_is_in_nobodys_way_while_it_waits(lesson, does, what):
    source = f"""
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)
pool.submit(len, ()).result()
def f(x):
    return {does}
"""
    assert one(lesson, f"{ASKED}\nassert found is None and {what}", source) == 2


def test_an_answer_that_calls_itself_for_ever_has_called_nothing_forbidden(lesson):
    test = f"{ASKED}\nassert found is None and isinstance(error, RecursionError)"
    assert one(lesson, test, "def f(x):\n    return f(x)") == 2


def test_torch_may_use_threads_of_its_own(lesson):
    test = f"{ASKED}\nassert found is None and error is None"
    source = "torch.set_num_threads(2)\ndef f(x):\n    return torch.ones(1 << 20).exp().sum() + x"
    assert one(lesson, test, source) == 2


# --- networks ---

BLOCK = """
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(3, 3, 3, padding=1)
        self.two = own.Conv2d(3, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.scale = nn.Parameter(torch.ones(1))
    def forward(self, x):
        y = self.norm(self.two(torch.relu(self.one(x))))
        return (x + self.scale * y).mean((2, 3)).view(x.shape[0], -1)[:, :2]
def f():
    return Block()
"""


def test_a_network_crosses_as_its_computation(lesson):
    test = """
model = f()
x = torch.rand(2, 3, 4, 4)
assert isinstance(model, nn.Module) and model(x).shape == (2, 2)
before = {k: v.clone() for k, v in model.state_dict().items()}
loss = model(x).square().sum()
loss.backward()
assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
torch.optim.SGD(model.parameters(), 0.1).step()
assert any(not torch.equal(v, before[k]) for k, v in model.state_dict().items())
assert isinstance(model.one, nn.Conv2d) and isinstance(model.two, own.Conv2d)
assert sum(p.numel() for p in model.parameters()) == 2 * 84 + 6 + 1
assert not torch.equal(f().one.weight, f().one.weight)
"""
    assert one(lesson, test, BLOCK) == 2, lesson.output("test-f")


@pytest.mark.parametrize(
    "source",
    [
        "class f(nn.Module):\n    def forward(self, x):\n        return x if x.sum() > 0 else -x",
        "def f():\n    m = nn.Linear(2, 2)\n    m.register_forward_hook(lambda *a: torch.ones(2))\n"
        "    return m",
        "def f():\n    m = nn.Linear(2, 2)\n    m.forward = lambda x: x\n"
        "    return nn.Sequential(m)",
        "class f(nn.Module):\n    def forward(self, x):\n"
        "        return torch.from_numpy(x.numpy())",
    ],
)
def test_a_network_that_cannot_be_traced_is_refused_with_the_reason(lesson, source):
    assert one(lesson, "f()(torch.ones(1, 2))", source) == 0
    assert "network" in lesson.output("test-f")


# --- kernels that die, stop or never end ---


@pytest.mark.parametrize(
    "deadly",
    [
        "import os\nos._exit(0)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "import ctypes\nctypes.string_at(0)",
        "while True: pass",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    ],
)
def test_an_answer_that_kills_or_holds_its_kernel_costs_its_own_points_only(lesson, deadly):
    tests = {x: f"assert {x} == 1" for x in "abc"}
    answers = {"a": "a = 1", "b": f"b = 1\n{deadly}", "c": "c = a"}
    interrupted = deadly == "while True: pass"  # what it had written by then is there
    assert lesson(tests, answers) == {"a": 2, "b": 2 if interrupted else 0, "c": 2}


@pytest.mark.parametrize(
    "deadly",
    [
        "__import__('os')._exit(0)",
        "__import__('time').sleep(100)",
        "raise SystemExit",
        "raise KeyboardInterrupt",
    ],
)
def test_a_call_that_kills_or_holds_the_kernel_costs_its_own_points_only(lesson, deadly):
    tests = {"a": "assert a() == 1", "b": "b()", "c": "assert c == 1"}
    answers = {"a": "def a(): return 1", "b": f"def b(): {deadly}", "c": "c = a()"}
    started = time.monotonic()
    assert lesson(tests, answers) == {"a": 2, "b": 0, "c": 2}
    assert time.monotonic() - started < 120  # and not for ever


def test_a_test_that_takes_too_long_by_itself_costs_no_other(lesson):
    """The student's kernel, for which it might have waited, is stopped first, and then it ends."""
    between = 7.5  # 6 seconds of a cell and 1 of grace are over, but not the next one
    tests = {"f": f"import time\nf\ntime.sleep({between})", "g": "assert g == f == 1"}
    assert lesson(tests, {"f": "f = 1", "g": "g = 1"})["g"] == 2


def test_a_kernel_that_dies_as_it_meets_the_other_is_started_anew(lesson, monkeypatch):
    order, met = Kernel.order, []

    def dies_once(kernel, message, *args, **more):
        if message or met:
            return order(kernel, message, *args, **more)
        met.append(kernel.role)
        kernel.close()
        raise KernelDied("it ended")

    monkeypatch.setattr(Kernel, "order", dies_once)
    assert one(lesson, "assert f == 1", "f = 1") == 2
    assert met == ["trusted"]


def test_a_lesson_that_is_broken_says_so(lesson):
    with pytest.raises(LessonBroken, match=r"cell 'setup' of the lesson.*ZeroDivisionError"):
        one(lesson, "assert x", "f = 1", setup="x = 1 / 0")


def test_threads_in_the_fork_server_are_noticed_and_kernels_start_cold(tmp_path, monkeypatch):
    (tmp_path / "utils").symlink_to(ROOT / "utils")
    started = "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()"
    (tmp_path / "threaded.py").write_text(started)
    monkeypatch.setattr("autograder.judge.judging.imports", lambda source: ["threaded"])
    lesson = Lesson()
    lesson.judge = Judge(tmp_path, "none", new_notebook(), lesson.limits)
    with lesson.judge:
        assert one(lesson, "assert f == 1", "f = 1") == 2
    assert any("cold" in note and "threaded" in note for note in lesson.verdicts.notes)


def test_a_fork_server_ends_with_its_grader_even_while_it_imports(tmp_path):
    begun = tmp_path / "begun"
    wait = (
        f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\nwhile True: time.sleep(0.1)"
    )
    (tmp_path / "slow.py").write_text(wait)
    server = ForkServer(tmp_path, ["slow"])
    wait_for(begun.exists, what="the import")
    with pytest.raises(subprocess.TimeoutExpired):
        server.process.wait(0.5)
    server.channel.close()
    assert server.process.wait(60) == 0
    server.process.stderr.close()


def test_a_name_that_only_a_demonstration_gives_is_found_after_all(lesson):
    shown = new_code_cell("hidden_name = 3", id="shown")
    source = "f = eval('hidden' + '_name')"
    assert one(lesson, "assert f == 3", source, cells=[shown]) == 2


# --- outputs ---


KEPT_STREAMS = """
import faulthandler, io, logging, pprint, subprocess, sys, warnings
from contextlib import redirect_stdout
from rich.console import Console
from tqdm.auto import tqdm
from tqdm.std import tqdm as plain
OUT, ERR, console = sys.stdout, sys.stderr, Console()
pretty, log = pprint.PrettyPrinter(stream=sys.stdout), logging.getLogger('a')
logging.basicConfig(stream=sys.stdout, level="INFO")
print('this cell has printed'); print('on both', file=sys.stderr)
def f(x, out=sys.stdout):
    {}
    return 2 * x
"""


@pytest.mark.parametrize(
    "line",
    [
        *("print(x, file=out)", "print(x, file=OUT, flush=True)", "ERR.write('x')", "OUT.flush()"),
        *("OUT.writelines(['a', 'b'])", "pretty.pprint(x)", "console.print(x)", "logging.info(x)"),
        *("[0 for _ in tqdm(range(3))]", "[0 for _ in plain(range(3))]", "warnings.warn('x')"),
        "[0 for _ in plain(range(3), file=ERR)]",
        "with redirect_stdout(OUT): print(x)",
        "with redirect_stdout(io.StringIO()): print(x, file=OUT)",
        *("faulthandler.enable()", "OUT.buffer.write(b'x')", "sys.stdout.write('x')"),
        *(
            "assert OUT.fileno() == 1 and not OUT.isatty()",
            "OUT.encoding.lower()",
            "OUT.readable()",
        ),
        "sys.stdout = OUT; print(x)",
        "log.addHandler(logging.StreamHandler()); log.error(x)",
    ],
)
def test_streams_behave_as_files_do(lesson, line):
    """A stream that is kept from one cell to the next: see issue 13.13, an error about `append`."""
    tests = {"f": "assert f(2) == 4 and f(3) == 6", "g": "assert g == 4"}
    answers = {"f": KEPT_STREAMS.format(line), "g": "OUT.write('here')\ng = f(2)"}
    assert lesson(tests, answers) == {"f": 2, "g": 2}, lesson.output("test-f")
    assert "here" in lesson.output("g") and "this cell has printed" in lesson.output("f")


@pytest.mark.parametrize(
    "source",
    [
        "@torch.compile\ndef f(x):\n    return 2 * x",
        "@torch.compile(fullgraph=True, dynamic=True)\ndef f(x):\n    return 2 * x",
        "def double(x):\n    return 2 * x\nf = torch.compile(double, mode='max-autotune')",
        "def f(x):\n    return torch.compile(lambda y: 2 * y)(x)",
        "class Twice(nn.Module):\n    def forward(self, x): return 2 * x\n"
        "def f(x):\n    twice = Twice()\n    twice.compile()\n    return twice(x)",
        "def f(x):\n    return torch.compile(Twice())(x)\n"
        "class Twice(nn.Module):\n    def forward(self, x): return 2 * x",
        "f = torch.jit.trace(lambda x: 2 * x, torch.ones(3))",
    ],
)
def test_what_is_compiled_runs_uncompiled(lesson, source):
    test = "assert torch.equal(f(torch.ones(3)), torch.full((3,), 2.0))"
    assert one(lesson, test, source) == 2, lesson.output("test-f")


def test_bytes_that_are_printed_are_text(lesson):
    source = "import sys\nfor x in 'né'.encode(): sys.stdout.buffer.write(bytes([x]))\nf = 1"
    assert one(lesson, "assert f == 1", source) == 2
    assert "né" in lesson.output("f")


def test_outputs_of_a_student_are_kept_and_harmless(lesson):
    source = """
from IPython.display import HTML, Javascript, display
import matplotlib.pyplot as plt
print('hello'); display(HTML('<b>bold</b><script>alert(1)</script>'), Javascript('alert(2)'))
plt.plot([1, 2]); plt.show()
f = 1
f
"""
    assert one(lesson, "assert f == 1", source) == 2
    said = lesson.output("f")
    assert "hello" in said and "<b>bold</b>" in said and "image/png" in said
    assert "<script" not in said and "javascript" not in said
    nbformat.validate(lesson.built)


def test_a_figure_of_the_course_is_kept_with_its_text(lesson):
    source = """
from utils import plots
import matplotlib.pyplot as plt
for _ in range(3):
    figure, axis = plt.subplots(figsize=(9, 6))
    axis.imshow(np.random.rand(300, 300))
    plots.show(figure, alt='Noise.')
f = 1
"""
    assert one(lesson, "assert f == 1", source) == 2
    said = lesson.output("f")
    assert said.count("data:image/png;base64,iVBOR") == 3 and said.count('alt="Noise."') == 3


def test_what_a_test_says_is_kept_however_much_a_student_puts_out(lesson):
    lesson = Lesson(lesson, output=1 << 16)
    source = "f = 0\nfor _ in range(9): print('x' * 9999)"
    with_output = one(lesson, "assert f == 1, 'not one'", source)
    assert with_output == 0 and "not one" in lesson.output("test-f")
    assert "no more are kept" in lesson.output("f")


def test_a_gigabyte_of_output_is_cut(lesson):
    assert one(lesson, "assert f == 1", "f = 1\nfor _ in range(1000): print('x' * 1_000_000)") == 2
    assert len(lesson.output("f")) < 300_000 and "more was printed" in lesson.output("f")


def test_what_is_no_output_is_dropped():
    odd = [1, {}, {"output_type": "stream"}, {"output_type": "stream", "name": "x", "text": "y"}]
    odd += [{"output_type": "error", "ename": "e", "evalue": "v", "traceback": [1]}]
    odd += [{"output_type": "display_data", "data": {"text/plain": 1}, "metadata": {}}]
    assert cleaned(odd, 1000) == ([], 0)
    assert cleaned("no list", 1000) == ([], 0)


def test_paths_of_this_machine_are_shortened():
    assert without_paths(f"File {ROOT}/utils/nn/conv.py") == "File …/utils/nn/conv.py"


# --- the real lessons ---


@pytest.mark.parametrize("lesson_name", LESSONS)
def test_modules_to_warm_leave_the_checks_out(lesson_name):
    names = imports(solution(lesson_name))
    assert "torch.nn.functional" in names and not [x for x in names if "checks" in x]


def test_order_and_company_do_not_change_scores():
    lesson_name = LESSONS[0]
    source = solution(lesson_name)
    with Judge(ROOT, lesson_name, source) as judge:
        first = [judge.judge(rebuild(source, x)[0]).points for x in (source, new(source), source)]
    assert first == [sum(points(lesson_name).values()), 0, sum(points(lesson_name).values())]


def new(source):
    """A notebook whose answers are all empty, but one."""
    made = nbformat.from_dict(source)
    for cell in made.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = "pass"
    return made


def test_a_plan_needs_no_kernel():
    assert plan(solution(), rebuild(solution(), solution())[0]).cells


# --- limits of time ---


def test_a_cell_may_take_many_times_what_the_lessons_own_answer_took():
    source = new_notebook(metadata={"convnets": {}})
    source.metadata[BUILD_METADATA] = {"seconds": {"slow": 4, "slower": 32}}
    judge = Judge(ROOT, "none", source, Limits(cell_seconds=180, least_seconds=20))
    assert [judge.seconds_for(x) for x in ("quick", "slow", "slower")] == [20, 80, 180]
    strict = Limits(cell_seconds=10, least_seconds=20)
    assert Judge(ROOT, "none", source, strict).seconds_for("slow") == 10


def test_an_endless_loop_costs_seconds_and_the_limit_is_told(lesson):
    lesson = Lesson(lesson, cell_seconds=180, least_seconds=2, times_reference=1)
    tests = {"a": "assert a() == 1", "b": "assert b == 1"}
    answers = {"a": "def a():\n    while True: pass", "b": "b = 1\nimport time; time.sleep(99)"}
    started = time.monotonic()
    assert lesson(tests, answers) == {"a": 0, "b": 2}
    assert time.monotonic() - started < 120  # instead of 180 for each of them
    assert {x.limit for x in lesson.verdicts.tests.values()} == {2}


# --- what is not installed ---


def test_an_import_that_fails_here_takes_no_other_away(lesson):
    imports = "import seaborn_that_nobody_has\nimport math\nimport torch\n"
    source = "import math\nimport torch"
    answers = {"setup": imports + "import json", "f": "f = lambda: math.floor(2.5)"}
    assert lesson({"f": "assert f() == 2"}, answers, setup=source)["f"] == 2
    assert lesson.verdicts.missing_modules == ["seaborn_that_nobody_has"]


@pytest.mark.parametrize("added", ["1 +", "raise SystemExit", "%pip install x", "import os.x"])
def test_nothing_that_is_added_to_the_imports_takes_them_away(lesson, added):
    answers = {"setup": f"{added}\n{SETUP}", "f": "f = lambda: int(torch.ones(2).sum())"}
    assert lesson({"f": "assert f() == 2"}, answers)["f"] == 2
