"""Watches which functions an answer calls."""

import functools
import os
import re
import types
from collections.abc import Callable
from importlib.util import find_spec

# By name: what somebody puts into `sys` later does not change what is called here.
from sys import getprofile, setprofile

import torch  # noqa: F401  (its folder is looked up below)
from torch.overrides import TorchFunctionMode, _get_current_function_mode

__all__ = ["ELSEWHERE", "OTHERS", "Watch", "kinds_of_work"]

#: Packages with ready-made convolutions and pooling that somebody may have installed.
OTHERS = ("cv2", "jax", "PIL", "skimage", "tensorflow", "torchvision")
#: The packages whose functions can be forbidden, and their folders.
FOLDERS = {
    name: os.path.dirname(spec.origin) + os.sep
    for name in ("torch", "utils", "scipy", "numpy", *OTHERS)
    if (spec := find_spec(name)) and spec.origin  # a folder of that name has none
}
#: What the student's library lends -> how: where the one is forbidden, so is the other.
LENT = {"utils.functional": "utils.mine", "utils.nn": "utils.mine.nn"}
#: Kinds of work that torch does under many names: `torch.conv2d` is also `torch.convolution`,
#: `torch.mkldnn_convolution`, `torch.ops.aten.conv2d.default`... To forbid one is to forbid all.
WORK = (
    *("conv", "im2col", "col2im", "pool", "dropout"),
    *("batch_norm", "layer_norm", "instance_norm", "group_norm"),
)
#: Where `groups` stands when it is passed by position.
PLACES = {
    **dict.fromkeys((f"conv{kind}{d}d" for kind in ("", "_transpose") for d in (1, 2, 3)), 6),
    "convolution": 8,
}
#: Calls by which an answer has something done where no watch looks, as Python's audit hooks name
#: them, and how the functions in C are called that make them.
ELSEWHERE = {
    *("_thread.start_new_thread", "_thread.start_joinable_thread", "threading.Thread"),
    *("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec"),
}
STARTING = {
    "_thread.start_new_thread": "threading.Thread",
    "_thread.start_joinable_thread": "threading.Thread",
    "_posixsubprocess.fork_exec": "subprocess.Popen",
    **{f"posix.{x}": f"os.{x}" for x in ("fork", "forkpty", "posix_spawn", "system")},
}
RULE = re.compile(r"torch\.(\w+)\(groups>(\d+)\)")


class Watch:
    """Record the first forbidden call that is made inside a `with` block.

    Names are dotted: `torch.conv2d` is one function, `utils.functional` every function defined in
    that module or package. `torch.conv2d(groups>1)` is one function of torch, called with a larger
    value than this. An alias (`g = F.conv2d`, `nn.Conv2d`) makes no difference. Two things look:

    - Python's profile function sees what Python calls. A Python function is recognised by the
      file and the name in its code, a C function by its own name.
    - A `TorchFunctionMode` sees every call of a function of torch with its arguments, also one
      that C code makes (`functools.partial(torch.conv2d, ...)`) or that goes to `torch.ops`.

    Both look at this thread only, so to start another thread or a process is found as well. An
    answer that wants to hide a call can; the grader looks closer
    (`autograder/judge/inside/guard.py`).

    Args:
        forbidden: dotted names.
        notify: is told the name at once, before the call is made.
    """

    def __init__(self, forbidden: tuple[str, ...], notify: Callable[[str], None] | None = None):
        lent = (LENT[name] for name in forbidden if name in LENT)
        self.forbidden, self.notify = (*forbidden, *lent), notify
        self.found: str | None = None
        self.over = False
        # The functions of torch written in C have no module; their names are telling enough.
        self._in_c = {name.rpartition(".")[2]: name for name in forbidden if "(" not in name}
        self._names = frozenset(self.forbidden)
        self._functions = _Functions(self)

    def __enter__(self):
        if self.forbidden:
            self._functions.__enter__()
            self._previous = getprofile()
            setprofile(self._profile)
        return self

    def __exit__(self, *raised):
        self.over = True  # our own call of setprofile is none of the answer's
        if self.forbidden:
            setprofile(self._previous)
            if _get_current_function_mode() is self._functions:
                self._functions.__exit__(*raised)
            else:
                self.find("torch.overrides")

    def find(self, name: str | None) -> None:
        """Record a forbidden function, if it is one and the first."""
        if name is not None and self.found is None:
            self.found = name
            if self.notify is not None:
                self.notify(name)

    def _profile(self, frame: types.FrameType, event: str, argument):
        if self.found is not None or self.over:
            return
        if event == "call":
            names = _names(frame.f_code.co_filename, frame.f_code.co_qualname)
        elif event == "c_call":
            names = _names(argument.__module__, argument.__name__)
            self.find(self._in_c.get(argument.__name__))
            self.find(STARTING.get(f"{argument.__module__}.{argument.__name__}"))
        else:
            return
        if not self._names.isdisjoint(names):
            self.find(next(x for x in self.forbidden if x in names))


@functools.cache
def _names(home: str | None, name: str) -> tuple[str, ...]:
    """The dotted names of a function and of what it is in; none outside of the packages.

    Args:
        home: the file of a Python function, or the module of a C function.
        name: its own name, `Class.method` for a method.
    """
    dotted = f"{home}.{name}"
    for package, folder in FOLDERS.items():
        if home and dotted.startswith(folder):
            path = home[len(folder) :].removesuffix(".py").split(os.sep)
            dotted = ".".join([package, *(x for x in path if x != "__init__"), name])
    parts = dotted.split(".")
    if parts[0] not in FOLDERS:
        return ()
    return tuple(".".join(parts[:end]) for end in range(1, len(parts) + 1))


class _Functions(TorchFunctionMode):
    """Looks at the calls of torch's functions. torch hands each to this, instead of making it."""

    def __init__(self, watch: Watch):
        super().__init__()
        self.watch, self.work = watch, kinds_of_work(watch.forbidden)
        rules = filter(None, map(RULE.fullmatch, watch.forbidden))
        self.most = {rule[1]: (rule[0], int(rule[2])) for rule in rules}
        self.innocent: set[Callable] = set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func not in self.innocent and not self.watch.over:
            self._look(func, args, kwargs)
        return func(*args, **kwargs)

    def _look(self, func, args: tuple, kwargs: dict) -> None:
        name = getattr(func, "__name__", "").partition(".")[0]  # conv2d.default is an overload
        if self.work.search(name):
            self.watch.find(f"torch.{name}")
        elif name in self.most:
            rule, most = self.most[name]
            place = PLACES[name]
            groups = kwargs.get("groups", args[place] if len(args) > place else most)
            self.watch.find(rule if groups > most else None)
        else:
            self.innocent.add(func)


@functools.cache
def kinds_of_work(forbidden: tuple[str, ...]) -> re.Pattern:
    """Return what finds the names of functions that do the work of forbidden ones of torch."""
    functions = [name for name in forbidden if re.fullmatch(r"torch\.\w+", name)]
    words = [word for word in WORK if any(word in name for name in functions)]
    # To convert is no convolution. `(?!)` matches nothing.
    return re.compile(rf"(?:{'|'.join(words)})(?!ert)" if words else r"(?!)")
