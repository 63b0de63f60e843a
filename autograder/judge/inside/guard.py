"""Guards the watch for forbidden functions (`utils.watch`) in a student's kernel.

The watch runs in the student's own process, where code can blind it. The guard is made before any
code of the student's runs. It looks where the watch does not, and reports what would blind both.
That makes evasion hard, not impossible; docs/threat-model.md says what is left.
"""

import _thread
import re
import secrets
import signal
import threading

# By name: what somebody puts into these modules later does not change what is called here.
from _thread import get_ident
from builtins import all, len, map  # noqa: UP029  (it does something: see above)
from operator import is_
from socket import socket
from sys import _current_frames, addaudithook, audit, modules, settrace, version_info
from time import clock_gettime_ns, pthread_getcpuclockid
from types import ModuleType

from torch._C._profiler import _ExperimentalConfig
from torch.autograd import (
    ProfilerConfig,
    ProfilerState,
    _disable_profiler_legacy,
    _enable_profiler_legacy,
)
from torch.autograd.profiler import record_function
from tqdm import tqdm

from utils.watch import ELSEWHERE, Watch, kinds_of_work

__all__ = ["Guard", "GuardedWatch", "other_threads"]

#: Python tells an audit hook (PEP 578) of these calls, whoever makes them. They end the watch, or
#: begin a thread or a process that it does not see.
BLINDING = {"sys.setprofile", "sys.settrace", *ELSEWHERE}
#: Modules of which nobody may replace anything, nor of their classes: the watch, those that hand
#: values over, and what these stand on.
GUARDED = (
    *("utils.watch", "utils.modules"),
    *("autograder.judge.inside.guard", "autograder.judge.inside.peers"),
    *("autograder.judge.inside.values", "autograder.judge.inside.wire"),
    *("builtins", "json", "re", "secrets", "signal"),
)
ADDED_BY_PYTHON = {"__annotations__", "__warningregistry__"}
BACKWARD = "torch.autograd.backward"
ENGINE = "autograd::engine::"  # what autograd runs
DRAIN_SECONDS = 1.0


class Guard:
    """Notices what blinds a watch, in this process, from now on."""

    def __init__(self):
        self.watching: GuardedWatch | None = None
        tqdm.monitor_interval = 0  # progress bars need no thread of their own
        if version_info < (3, 12):  # which does not tell of new threads
            told = _told(_thread.start_new_thread)
            _thread.start_new_thread = _thread.start_new = told
            vars(threading)["_start_new_thread"] = told
        owners = _modules_and_classes()
        self._then = [(name, vars(owner), dict(vars(owner))) for name, owner in owners.items()]
        self._altered: list[str] = []  # functions that got another code
        addaudithook(self._hear)

    def replaced(self) -> list[str]:
        """The dotted names of what is not as it was when the guard was made."""
        found = list(self._altered)
        for home, now, then in self._then:
            if len(now) == len(then) and all(map(is_, now.values(), then.values())):
                continue  # the fast way to see that all is as it was
            found += [f"{home}.{x}" for x, value in then.items() if now.get(x) is not value]
            if home != "builtins":  # the last place where a name is looked up: a new one hides none
                found += [f"{home}.{x}" for x in now.keys() - then.keys() - ADDED_BY_PYTHON]
        return found

    def _hear(self, event: str, args: tuple):
        if event == "sys.addaudithook":
            raise RuntimeError("no other hook: what it calls, no profile function sees")
        if event == "object.__setattr__":  # of a function: its code or its defaults
            for home, _, then in self._then:
                self._altered += [f"{home}.{x}" for x, value in then.items() if value is args[0]]
        elif event in BLINDING and self.watching is not None:
            self.watching.blinded(event)


def _told(start):
    def start_new_thread(*args, **options):
        audit("_thread.start_new_thread")
        return start(*args, **options)

    return start_new_thread


def _modules_and_classes() -> dict:
    """The guarded modules and their own classes, and that of sockets, by dotted name."""
    found: dict[str, ModuleType | type] = {name: modules[name] for name in GUARDED}
    for name, module in list(found.items()):
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == name != "builtins":
                found[f"{name}.{value.__qualname__}"] = value
    return {**found, "socket.socket": socket}


class GuardedWatch(Watch):
    """A watch that also looks at torch's operators, and at other threads."""

    def __init__(self, guard: Guard, forbidden: tuple[str, ...], notify):
        super().__init__((*forbidden, "sys.setprofile", "sys.settrace"), notify)
        self.guard, self.operators, self.profile_ended = guard, _Operators(self), False

    def __enter__(self):
        settrace(None)  # what a trace function calls, no profile function sees
        self.others = other_threads()
        self.operators.start()
        super().__enter__()
        self.guard.watching = self
        return self

    def __exit__(self, *raised):
        self.guard.watching = None
        super().__exit__(*raised)
        self.operators.stop()
        if any(used != self.others.get(x) for x, used in other_threads().items()):
            self.find("threading.Thread")

    def blinded(self, event: str) -> None:
        """Note one of the BLINDING calls."""
        # Python too ends a profile function, where an answer recurses too deeply or is stopped.
        if event == "sys.setprofile":
            self.profile_ended = True
        else:
            self.find(event)


def other_threads() -> dict[int, int]:
    """The nanoseconds that each other thread of Python has computed; one that waits adds none."""
    threads = (x for x in _current_frames() if x != get_ident())
    return {x: clock_gettime_ns(pthread_getcpuclockid(x)) for x in threads}


class _Operators:
    """Looks at every operator of torch that this thread runs, whoever calls it.

    torch's older profiler lists them. It also sees what a TorchFunctionMode does not: TorchScript,
    what autograd runs, and what is called while the mode is switched off. (The newer one, Kineto,
    takes far longer to start, and writes to the standard error.) The list is looked through once
    a second, or a loop that does not end would fill the memory with it.
    """

    def __init__(self, watch: Watch):
        self.watch, self.running = watch, False
        pattern = rf"::\w*{kinds_of_work(watch.forbidden).pattern}"
        if BACKWARD in watch.forbidden:
            pattern += f"|^{ENGINE}|::_make_dual$"
        self.work = re.compile(pattern)
        self.groups = next((x for x in watch.forbidden if x.endswith("(groups>1)")), None)
        shapes = self.groups is not None
        self.config = ProfilerConfig(
            ProfilerState.CPU, shapes, False, False, False, False, _ExperimentalConfig()
        )

    def start(self) -> None:
        self.handler = signal.signal(signal.SIGALRM, self._drain)
        self._list()

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.handler)
        self._look()

    def _drain(self, *_):
        self._look()
        self._list()

    def _list(self) -> None:
        try:
            _enable_profiler_legacy(self.config)
        except RuntimeError:  # it is on already
            self.watch.find("torch.autograd.profiler")
            return
        self.running, self.mark = True, secrets.token_hex()
        with record_function(self.mark):  # is lost when somebody stops and restarts the profiler
            pass
        signal.setitimer(signal.ITIMER_REAL, DRAIN_SECONDS)

    def _look(self) -> None:
        if not self.running:
            return
        self.running = False
        try:
            events = [event for thread in _disable_profiler_legacy() for event in thread]
        except RuntimeError:  # it is off already
            events = []
        names = dict.fromkeys([event.name() for event in events])  # few, in order
        if self.mark not in names:
            self.watch.find("torch.autograd.profiler")
        for name in filter(self.work.search, names):
            self.watch.find(BACKWARD if name.startswith(ENGINE) else _dotted(name))
        if self.groups is not None:
            self._look_at_groups(events)

    def _look_at_groups(self, events: list) -> None:
        inside = 0  # how deep in a convolution; those that it consists of are not the answer's
        for event in events:
            kind, name = event.kind(), event.name()
            if inside:
                inside += {"push": 1, "pop": -1}.get(kind, 0)
            elif kind == "push" and re.search(r"::\w*conv(?!ert)", name):
                inside = 1
                forward = not re.search("transpose|backward", name)
                if forward and _groups(*event.shapes()[:2]) > 1:
                    self.watch.find(self.groups)


def _dotted(operator: str) -> str:
    return f"torch.ops.{operator.replace('::', '.')}"


def _groups(image: list[int], weight: list[int], *_) -> int:
    """The groups of a convolution, by the shapes of its input and of its weight."""
    axis = len(image) - (len(weight) - 1)  # the channels'
    return image[axis] // weight[1] if len(weight) > 2 and axis >= 0 and weight[1] else 1
