"""Fixtures shared by the tests: copies of the course, to be taken or graded."""

import functools
import os
import re
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
import torch

from tests.browser import browser, lab, page  # noqa: F401  (fixtures for all)
from tests.course import (
    LIGHT,
    ROOT,
    answered,
    copy_course,
    find,
    nbgrader,
    points,
    released,
    solution,
    submit,
)
from tests.schedule import schedule
from tests.states import STATES, with_states

TEMPORARY = pytest.StashKey[Path]()
#: What lies in a temporary folder and is nobody's fault: pytest's own, torch's cache of kernels.
NO_LEFTOVERS = ("pytest-of-", "torchinductor_")
LONGEST_FIRST = ("attacks", "grader", "browser", "unit")
LONGEST_FILES = ("test_site.py", "test_faults.py")


def pytest_configure(config):
    """Give the whole run one temporary folder, to see what is left in it; the workers inherit it.

    Torch computes in one thread, in the programs too: the workers share the cores, the tensors of
    tests are small, and threads that wait for one another cost several times what they save.

    Programs inherit too that a signal is ignored, as SIGINT is where a shell runs the tests in its
    background; what is tested of Ctrl-C would then depend on how the tests were started.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    paths = filter(None, [LIGHT, os.environ.get("PYTHONPATH")])
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    if not hasattr(config, "workerinput"):
        # The name is short because a socket's path has room for a hundred characters.
        config.stash[TEMPORARY] = Path(tempfile.mkdtemp(prefix="convnets-"))
        os.environ["TMPDIR"] = tempfile.tempdir = str(config.stash[TEMPORARY])


def leftovers(config):
    """What the tests, and the programs that they ran, have left in the temporary folder."""
    names = os.listdir(config.stash[TEMPORARY]) if TEMPORARY in config.stash else []
    return sorted(x for x in names if not x.startswith(NO_LEFTOVERS))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if leftovers(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if left := leftovers(config):
        where = config.stash[TEMPORARY]
        terminalreporter.section(f"left in {where}, which counts as a failure", sep="=", red=True)
        terminalreporter.write_line(", ".join(left))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Remove the temporary folder, unless a failure is to be looked into."""
    folder = config.stash.get(TEMPORARY, None)
    failed = getattr(config.pluginmanager.get_plugin("session"), "exitstatus", 1)
    if folder is not None and not failed:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with the folders and files that take longest, so that the workers end together."""

    def place(item):
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        return LONGEST_FIRST.index(folder), item.path.name not in LONGEST_FILES

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)  # pytest-xdist may be missing, or not asked for
def pytest_xdist_make_scheduler(config, log):
    """Keep together, on one worker, what shares a costly fixture: a lesson's grading, a file."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFixture(LoadScopeScheduling):
        # Not xdist's own groups: those of 3.8 have no effect with pytest 9.
        def _split_scope(self, nodeid):
            graded = re.search(
                r"/test_(answers|nbgrader_round|known_state)\.py::.*\[(\d\d_[a-z]+)", nodeid
            )
            return graded[2] if graded else nodeid.partition("::")[0]

        def remove_node(self, node):
            """Let no other worker run the test that has ended this one: it would end them all."""
            work = self.assigned_work[node].values()
            left = [(unit, test) for unit in work for test, done in unit.items() if not done]
            for unit, test in left[:1]:
                unit[test] = True
            super().remove_node(node)
            return left[0][1] if left else None

    config.option.loadscopereorder = False  # by number of tests: the longest ones would be last
    return ByFixture(config, log)


@pytest.fixture
def course(tmp_path):
    """A fresh copy of the course, as a new clone has it, for this test alone."""
    return copy_course(tmp_path / "course")


@pytest.fixture(scope="session")
def published_answers():
    """The first lesson's own answers: exercise -> source of its solution cell."""
    return {exercise: find(solution(), exercise).source for exercise in points()}


@pytest.fixture(scope="session")
def graded(tmp_path_factory):
    """A function from a lesson to the course that graded its submissions.

    It grades what test_answers.py, test_nbgrader_round.py and test_known_state.py look at, as
    an instructor does: the solution, once below a cell that sets all that can be set for the
    process, the mixed answers, and the untouched release. A lesson is graded once, when it is first
    asked for.
    """

    @functools.cache
    def grade(lesson):
        name = f"{lesson}/{lesson}.ipynb"
        course = copy_course(tmp_path_factory.mktemp("graded") / "course")
        nbgrader(course, "generate_assignment", lesson, "--force")
        submit(course, "solved", (ROOT / "solutions" / name).read_bytes(), lesson=lesson)
        for student, answers in schedule(lesson).items():
            sources = {exercise: answer.source for exercise, answer in answers.items()}
            submit(course, student, answered(sources, released(lesson)), lesson=lesson)
        submit(course, "settings", with_states(lesson, *STATES.values()), lesson=lesson)
        submit(course, "untouched", (ROOT / "notebooks" / name).read_bytes(), lesson=lesson)
        nbgrader(course, "autograde", lesson)
        return course

    return grade


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A lesson's folder, in which this process works."""
    folder = tmp_path / "notebooks" / "01_convolution"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def kernel(lesson, monkeypatch):
    """A function that makes this process a kernel at which somebody works, newly started."""
    from IPython.core.interactiveshell import InteractiveShell

    from utils.mine import shelf, switch

    def start(metadata=None, **names):
        shell = InteractiveShell()
        shell.kernel = object()
        shell.user_ns.update(names)
        request = {"metadata": {"cellId": "a"} if metadata is None else metadata}
        shell.get_parent = lambda: request
        monkeypatch.setattr(switch, "get_ipython", lambda: shell)
        monkeypatch.setattr(switch, "_seen", False)
        for kept in (shelf._loaded, shelf._told, shelf.lent):
            kept.clear()
        return shell

    yield start
    for kept in (shelf._loaded, shelf._told, shelf.lent):
        kept.clear()
