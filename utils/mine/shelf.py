"""The files of the library: kept when a check has passed, read when a part is used.

Each part has a file of its own, which appears whole or not at all; the file before lies beside it
as `conv2d.before.py`. So two notebooks that are open at once do not disturb one another.
"""

import builtins
import functools
import inspect
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from reprlib import repr as short
from types import ModuleType, SimpleNamespace
from typing import NamedTuple

from torch import Tensor
from torch.nn import Module

from utils.atomic import write_atomic
from utils.home import page
from utils.mine.gather import NotKept, gather
from utils.mine.loans import loan
from utils.mine.parts import PARTS, file_of
from utils.mine.switch import PACKAGE, folder, live

__all__ = ["Kept", "kept", "lent", "part", "shelve", "whose"]

INIT = '''\
"""My own parts of a convolutional network, written in a course. They need torch alone.

    from my_convnet import conv2d
"""

import pkgutil
from importlib import import_module

__all__ = []

for _file in sorted(x.name for x in pkgutil.iter_modules(__path__) if not x.name.startswith("_")):
    _module = import_module(f"{__name__}.{_file}")
    _part = getattr(_module, "__all__", [_file])[0]
    globals()[_part] = getattr(_module, _part)
    __all__.append(_part)
'''
TITLE = '''\
"""{part}, written in the lesson {lesson}.

Passed the check {exercise} on {when}.
"""

'''
HEAD = re.compile(TITLE.strip().format(part=".*", lesson=".*", exercise="(.*)", when="(.*)"))

#: Parts that the student has given back to the loan, until `take_back` or the kernel's end.
lent: set[str] = set()
_told: set[str] = set()
_loaded: dict[Path, tuple[tuple[int, int], "Kept"]] = {}


class Kept(NamedTuple):
    """A part that is the student's own: what it is, its file, its check, and since when."""

    function: Callable  # or a class
    path: Path
    exercise: str
    since: str
    imported: dict[str, Callable]  # other parts that its file imports


def kept(name: str) -> Kept | None:
    """Return a part of the student's; None if there is none, or nobody works at this kernel.

    Raises:
        ValueError: its file cannot be read; the message says why.
    """
    if not live() or (home := folder()) is None:
        return None
    path = home / f"{file_of(name)}.py"
    try:
        status = path.stat()
    except OSError:
        return None
    stamp = status.st_mtime_ns, status.st_size
    if path not in _loaded or _loaded[path][0] != stamp or _outdated(_loaded[path][1]):
        try:
            head = HEAD.match(path.read_text("utf-8"))
            function, imported = _load(path, name)
        except Exception as error:
            raise ValueError(
                f"{PACKAGE}/{path.name} cannot be read ({type(error).__name__}: {error}). Mend it, "
                "or delete it and run your answer and its check again."
            ) from error
        exercise, since = head.groups() if head else ("", "")
        _loaded[path] = stamp, Kept(function, path, exercise, since, imported)
    return _loaded[path][1]


def _outdated(own: Kept) -> bool:
    """Say whether a part has imported another one that is not as it was any more."""
    for name, then in own.imported.items():
        now = kept(name)
        if now is None or now.function is not then:
            return True
    return False


def whose(name: str) -> str:
    """Say whose a part is: "yours", "yours, lent", "on loan" or "cannot be read"."""
    try:
        own = kept(name)
    except ValueError:
        return "cannot be read"
    if own is None:
        return "on loan"
    return "yours, lent" if name in lent else "yours"


def _load(path: Path, name: str) -> tuple[Callable, dict[str, Callable]]:
    """Run a part's file in a namespace of its own; return the part, and those that it imports."""
    files, imported = {file_of(x): x for x in PARTS}, {}

    def import_part(module, names=None, places=None, wanted=(), level=0):
        """Python's `__import__`, but `from .conv2d import conv2d` gives the part that is kept."""
        if level != 1:
            return builtins.__import__(module, names, places, wanted, level)
        other = kept(files[module]) if module in files else None
        if other is None:
            raise ModuleNotFoundError(f"there is no {PACKAGE}/{module}.py")
        imported[files[module]] = other.function
        return SimpleNamespace(**{files[module]: other.function})

    module = ModuleType(f"{PACKAGE}.{name}")
    module.__file__ = str(path)
    vars(module)["__builtins__"] = vars(builtins) | {"__import__": import_part}
    exec(compile(path.read_bytes(), path, "exec"), vars(module))
    return getattr(module, name), imported


def part(name: str, quiet: bool = False) -> Callable:
    """Return a part: the student's own, or what the course lends for it.

    Args:
        name: of the part, or of a layer in `utils.functional` that no exercise asks for.
        quiet: do not say that it is on loan.

    Raises:
        KeyError: there is no such part.
    """
    lending = loan(name)
    if name in PARTS and live():
        own = None if name in lent else kept(name)
        if own is not None:
            return _named(name, own.function, own.path)
        if not quiet and name not in _told | lent:
            _told.add(name)
            print(f"{name} is on loan until your own has passed (lesson {PARTS[name].lesson}).")
    return lending


@functools.cache  # so that a class is the same one each time
def _named(name: str, own: Callable, path: Path) -> Callable:
    """Wrap a student's function so that its errors say whose it is, and how it was called.

    Of a class it is a subclass whose constructor and `forward` are wrapped.
    """
    if isinstance(own, type):
        methods = {x: getattr(own, x) for x in ("__init__", "forward") if hasattr(own, x)}
        wrapped = {x: _named(name, method, path) for x, method in methods.items()}
        about = {"__module__": own.__module__, "__qualname__": name, "__doc__": own.__doc__}
        return type(own)(name, (own,), about | wrapped)

    @functools.wraps(own)
    def named(*args, **options):
        try:
            return own(*args, **options)
        except Exception as error:
            error.add_note(
                f"{name} is your own, from {PACKAGE}/{path.name}. It was called with "
                f"{_call(own, args, options)}. To try it alone: mine.check({name!r}). "
                f"To go on with the course's: mine.lend({name!r})."
            )
            raise

    return named


def _call(function: Callable, args: tuple, options: dict) -> str:
    """Say in words how a function was called: "input (1, 3, 8, 8), stride 2"."""
    try:
        arguments = inspect.signature(function).bind(*args, **options).arguments
    except (TypeError, ValueError):
        arguments = {f"argument {x}": arg for x, arg in enumerate(args, start=1)} | options
    arguments = {x: a for x, a in arguments.items() if not isinstance(a, Module)}  # self
    shown = {x: tuple(a.shape) if isinstance(a, Tensor) else short(a) for x, a in arguments.items()}
    return ", ".join(f"{x} {a}" for x, a in shown.items()) or "nothing"


def shelve(name: str, exercise: str, answer: Callable, written: str, check: Callable) -> str:
    """Keep an answer that has passed its check as a part; return a line that says so, or why not.

    It never raises: a check must not fail because something cannot be kept.

    Args:
        name: of the part.
        exercise: of the check.
        answer: the student's function or class.
        written: its name in the notebook.
        check: raises an exception if a function does not pass.

    Returns:
        The line; nothing if nobody works at this kernel, or the same answer is kept already.
    """
    home = folder() if live() else None
    if home is None or getattr(answer, "__module__", "") == f"{PACKAGE}.{name}":
        return ""
    try:
        code = gather(answer, written, name, _texts(home, PARTS))
        return _shelve(home, name, exercise, code, check)
    except NotKept as reason:
        why = str(reason)
    except OSError as error:
        why = f"{home} cannot be written ({error.strerror or error}). Your notebook has the answer."
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
    return f"Passed, but not kept in your library: {why}"


def _texts(home: Path, names: Iterable[str]) -> dict[str, str]:
    """What is kept of these parts: part -> the text of its file, without its head."""
    paths = {name: home / f"{file_of(name)}.py" for name in names}
    return {
        name: HEAD.sub("", path.read_text("utf-8", "replace"))
        for name, path in paths.items()
        if path.is_file()
    }


def _shelve(home: Path, name: str, exercise: str, code: str, check: Callable) -> str:
    path = home / f"{file_of(name)}.py"
    before = path.read_bytes() if path.exists() else b""
    if _texts(home, [name]).get(name, "").strip() == code.strip():
        return ""
    if not (home / "__init__.py").exists():
        with write_atomic(home / "__init__.py") as file:
            file.write(INIT.encode())
    when = datetime.now().strftime("%Y-%m-%d %H:%M")
    title = TITLE.format(part=name, lesson=PARTS[name].lesson, exercise=exercise, when=when)
    with write_atomic(path) as file:
        file.write((title + code).encode())
        file.flush()
        try:
            check(_load(Path(file.name), name)[0])
        except Exception as error:
            said = f"{type(error).__name__}: {error}".removeprefix("CheckFailed: ")
            raise NotKept(
                f"in a file of its own it does not pass ({said.splitlines()[0]}). It depends on "
                "something else in your notebook: write all that it needs into the function."
            ) from None
        if before:
            with write_atomic(path.with_suffix(".before.py")) as copy:
                copy.write(before)
    lent.discard(name)
    if (home.parent / page.PAGE).exists():
        page.draw(home.parent)  # the course home, with one part more in colour
    return f"Kept as your own {name}, in {PACKAGE}/{path.name}."
