"""Watches which functions an answer calls."""

import re
import sys
import types
from collections.abc import Callable

import torch
from torch.overrides import TorchFunctionMode

__all__ = ["Watch"]


class Watch:
    """Record the first forbidden call that Python makes inside a `with` block.

    Names are dotted: `torch.conv2d` is one function, `utils.functional` every function defined in
    that module or package. A Python function is recognised by the module and name in its code, a
    C function by its own name, so an alias (`g = F.conv2d`, `nn.Conv2d`) makes no difference.
    `torch.conv2d(groups>1)` is one function of torch, called with a larger value than this.
    Limit: a C function that C code calls (`functools.partial(torch.conv2d, ...)`) is not seen.

    Args:
        forbidden: dotted names.
        notify: is told the name at once, before the call is made.
    """

    def __init__(self, forbidden: tuple[str, ...], notify: Callable[[str], None] | None = None):
        self.forbidden, self.notify = forbidden, notify
        self.found, self._over = None, False
        # The functions of torch written in C have no module; their names are telling enough.
        self._in_c = {name.rpartition(".")[2]: name for name in forbidden if "(" not in name}
        self._mode = _Arguments(self) if any("(" in name for name in forbidden) else None

    def __enter__(self):
        if self.forbidden:
            if self._mode is not None:
                self._mode.__enter__()
            self._previous = sys.getprofile()
            sys.setprofile(self._profile)
        return self

    def __exit__(self, *raised):
        self._over = True  # our own call of setprofile is none of the answer's
        if self.forbidden:
            sys.setprofile(self._previous)
            if self._mode is not None:
                self._mode.__exit__(*raised)

    def _profile(self, frame: types.FrameType, event: str, argument):
        if self.found is not None or self._over:
            return
        if event == "c_call":
            self.find(self._in_c.get(argument.__name__))
        elif event == "call":
            self.find(self._in_python(frame))

    def find(self, name: str | None) -> None:
        """Record a forbidden function, if it is one and the first."""
        if name is not None and self.found is None:
            self.found = name
            if self.notify is not None:
                self.notify(name)

    def _in_python(self, frame: types.FrameType) -> str | None:
        module = frame.f_globals.get("__name__", "")
        # Most calls are the student's own; only these packages can be forbidden.
        if module.partition(".")[0] not in ("torch", "utils", "scipy"):
            return None
        called = f"{module}.{frame.f_code.co_qualname}"
        matching = (x for x in self.forbidden if called == x or called.startswith(f"{x}."))
        return next(matching, None)


#: Where an argument stands when it is passed by position.
PLACES = {"groups": 6}


class _Arguments(TorchFunctionMode):
    """Looks at the arguments of torch's functions, for names such as `torch.conv2d(groups>1)`."""

    def __init__(self, watch: Watch):
        super().__init__()
        self.watch, self.rules = watch, {}
        for name in watch.forbidden:
            if rule := re.fullmatch(r"torch\.(\w+)\((\w+)>(\d+)\)", name):
                function, argument, most = rule.groups()
                self.rules[getattr(torch, function)] = name, argument, int(most)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in self.rules:
            name, argument, most = self.rules[func]
            place = PLACES[argument]
            given = kwargs.get(argument, args[place] if len(args) > place else most)
            self.watch.find(name if given > most else None)
        return func(*args, **kwargs)
