"""Gathers what a function or a class of a notebook needs, so that it works in a file of its own.

The global names that its code uses are looked up where it was defined, and those of what they mean
in turn: imports are written as imports, plain values as they are, the notebook's own functions and
classes as they were typed, or imported if they are kept themselves. What cannot be written, or
needs more than torch, is refused by name.
"""

import ast
import contextlib
import inspect
import linecache
import math
import symtable
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType

import torch

from utils.mine.parts import file_of
from utils.mine.switch import PACKAGE, shell

__all__ = ["NotKept", "gather"]

LONGEST = 2000  # characters of a value
MOST_NUMBERS = 100  # of a tensor
PLAIN = (type(None), bool, int, complex, str, bytes, type(...))
SEQUENCES: dict[type, str] = {
    list: "[{}]",
    tuple: "({})",
    set: "{{{}}}",
    frozenset: "frozenset([{}])",
}
LIBRARY = """\
try:
    from utils import mine as {name}  # in the course, which lends what is not written yet
except ImportError:
    import my_convnet as {name}"""
#: Of the course, the student is to write what these do; it is too much to copy anyway.
NOT_COPIED = ("utils.functional", "utils.nn", "utils.models", "utils.mine", "utils.checks")


class NotKept(Exception):
    """An answer cannot be kept; the message says why, and what to do."""


def gather(answer, name: str, part: str, kept: dict[str, str] | None = None) -> str:
    """Return the text of a module that defines `part` as the answer does, with all that it needs.

    Args:
        answer: what the student wrote: a function, a class, or anything that can be called.
        name: its name in the notebook.
        part: the name under which the module has it too.
        kept: other parts that are kept already -> their modules' texts; one that the answer uses
            as it is there is imported.

    Raises:
        NotKept: it uses something that cannot be written into a module.
    """
    kept = {x: text for x, text in (kept or {}).items() if x != part}
    found = _Gathering(name, kept)
    found.add(name, answer, _namespace(answer))
    if part != name and part in found.known:
        raise NotKept(f"{name} uses something else named `{part}`. Give that another name.")
    end = [f"{part} = {name}"] if part != name else []
    if file_of(part) != part:  # the package cannot tell the part by the name of its file
        end.append(f'__all__ = ["{part}"]')
    return "\n\n\n".join([found.text(), *end]) + "\n"


class _Gathering:
    def __init__(self, answer: str, kept: dict[str, str]):
        self.answer, self.kept = answer, kept
        self.known: dict[str, object] = {}
        self.imports: set[str] = set()
        self.constants: list[str] = []
        self.code: list[str] = []
        self.course: dict[str, set[str]] = {}  # modules of the course, and what is used of each

    def text(self) -> str:
        """The module: imports, values, code, in this order."""
        blocks = [*self.code]
        if self.course:
            self.imports.add("from types import SimpleNamespace")
            blocks += [
                f"{name} = SimpleNamespace({', '.join(f'{x}={x}' for x in sorted(used))})"
                for name, used in self.course.items()
            ]
        own = {line for line in self.imports if line.startswith(("try", "from ."))}
        python = {line for line in self.imports - own if _root(line) != "torch"}
        groups = (python, self.imports - own - python, own)
        ordered = [sorted(group, key=lambda x: (x.startswith("from"), x)) for group in groups]
        head = ["\n\n".join("\n".join(group) for group in ordered if group)]
        return "\n\n\n".join(filter(None, [*head, "\n".join(self.constants), *blocks]))

    def add(self, name: str, value, namespace: dict) -> None:
        """Add what a name means, and what that needs."""
        if name in self.known:
            if self.known[name] is not value:
                raise NotKept(
                    f"{self.answer} needs two things named `{name}`. Give one another name."
                )
            return
        self.known[name] = value
        if isinstance(value, ModuleType):
            self._add_module(name, value)
        elif (literal := _literal(value)) is not None and len(literal) <= LONGEST:
            self.constants.append(f"{name} = {literal}")
            if "torch." in literal:
                self.imports.add("import torch")
        elif line := _import(name, value):
            self.imports.add(line)
        else:
            self._define(name, value, namespace)

    def _add_module(self, name: str, module: ModuleType) -> None:
        full = module.__name__
        if full == "utils.mine":
            self.imports.add(LIBRARY.format(name=name))
        elif _allowed(full):
            self.imports.add(f"import {full}" + (f" as {name}" if name != full else ""))
        else:
            raise self._refusal(name, module)

    def _define(self, name: str, value, namespace: dict) -> None:
        """Add the statement that made a function, a class, or the answer itself."""
        home = getattr(value, "__module__", None) or "__main__"
        if name != self.answer and (part := self._part(name, value, home)):
            renamed = f" as {name}" if name != part else ""
            self.imports.add(f"from .{file_of(part)} import {part}{renamed}")
            return
        written = isinstance(value, type) or _code(value) is not None
        if name != self.answer and (not written or not _may_be_copied(home)):
            raise self._refusal(name, value)
        source = _statement(name, value)
        if source is None:
            raise NotKept(
                f"the lines that define {name} cannot be found. Define it at the top of a cell "
                "without magics; then run that cell and the check again."
            )
        for used in sorted(_global_names(source) & namespace.keys()):
            thing = namespace[used]
            if _is_course(thing):
                self._add_course(used, thing, source)
            else:
                self.add(used, thing, _namespace(thing, namespace))
        self.code.append(source)

    def _part(self, name: str, value, home: str) -> str | None:
        """Return the kept part that this is, if it is one: loaded from there, or written alike."""
        package, _, module = home.partition(".")
        if package == PACKAGE:
            return module if module in self.kept else None
        for part, text in self.kept.items():
            if name == part or f"\n{part} = {name}\n" in text:
                with contextlib.suppress(NotKept):
                    others = {x: self.kept[x] for x in self.kept if x != part}
                    if gather(value, name, part, others).strip() == text.strip():
                        return part
        return None

    def _add_course(self, name: str, module: ModuleType, source: str) -> None:
        """Copy the functions that are used of a module of the course."""
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) == name:
                value = getattr(module, node.attr, None)
                if not _may_be_copied(module.__name__) or not isinstance(value, FunctionType):
                    raise self._refusal(f"{name}.{node.attr}", value)
                self.add(node.attr, value, value.__globals__)
                self.course.setdefault(name, set()).add(node.attr)

    def _refusal(self, name: str, value) -> NotKept:
        home = ""
        if isinstance(value, ModuleType):
            home = value.__name__
        elif isinstance(value, type) or inspect.isroutine(value):
            home = value.__module__ or ""
        package = home.partition(".")[0]
        if package and package != "__main__":
            return NotKept(
                f"{self.answer} uses `{name}` of {home}, and your library needs torch alone. Use "
                f"{'`mine`, ' * (package == 'utils')}torch or plain Python, and run the check "
                "again."
            )
        kind = f"a {type(value).__name__}"
        return NotKept(
            f"{self.answer} uses `{name}` from your notebook ({kind}). Pass it as an argument, or "
            "make it inside the function, and run the check again."
        )


def _root(line: str) -> str:
    return line.split()[1].partition(".")[0]


def _allowed(module: str | None) -> bool:
    """Say whether everybody who has torch has this module."""
    root = (module or "").partition(".")[0]
    return root == "torch" or root in sys.stdlib_module_names


def _may_be_copied(module: str) -> bool:
    """Say whether it is the notebook, or a small module of the course."""
    root = module.partition(".")[0]
    return root == "__main__" or (root == "utils" and not module.startswith(NOT_COPIED))


def _is_course(thing) -> bool:
    if not isinstance(thing, ModuleType) or thing.__name__ == "utils.mine":
        return False
    return thing.__name__.partition(".")[0] == "utils"


def _literal(value) -> str | None:
    """Return Python's text for a plain value, None for any other."""
    kind = type(value)
    if kind in PLAIN:
        return repr(value)
    if kind is float:
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    if kind is torch.dtype:
        return repr(value)
    if kind is torch.device:
        return f'torch.device("{value}")'
    if kind is torch.Tensor and value.device.type == "cpu" and value.numel() <= MOST_NUMBERS:
        numbers = value.detach().tolist()
        return f"torch.tensor({_literal(numbers)}, dtype={value.dtype})"
    if kind in SEQUENCES:
        items = [text for item in value if (text := _literal(item)) is not None]
        if len(items) < len(value):
            return None
        comma = "," * (kind is tuple and len(items) == 1)
        text = ", ".join(items) + comma
        return SEQUENCES[kind].format(text) if items else f"{kind.__name__}()"
    if kind is dict:
        pairs = [(_literal(key), _literal(item)) for key, item in value.items()]
        if any(None in pair for pair in pairs):
            return None
        return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
    return None


def _import(name: str, value) -> str | None:
    """Return the line that imports a thing of torch or of Python; None if it is none of theirs."""
    own = getattr(value, "__name__", None)
    # Functions written in C do not always know their module.
    for home in (getattr(value, "__module__", None), "torch", "torch.nn.functional", "math"):
        if (
            own
            and isinstance(home, str)
            and _allowed(home)
            and getattr(sys.modules.get(home), own, None) is value
        ):
            return f"from {home} import {own}" + (f" as {name}" if name != own else "")
    return None


def _code(value):
    """Return the code of a function, or of one that a class has; None if there is none."""
    if isinstance(value, type):
        codes = (_code(x) for x in vars(value).values() if inspect.isroutine(x))
        return next((code for code in codes if code is not None), None)
    function = inspect.unwrap(value) if callable(value) else value
    function = getattr(function, "__func__", function)
    return getattr(function, "__code__", None)


def _namespace(value, otherwise: dict | None = None) -> dict:
    """Return the global names that a function or a class sees."""
    if isinstance(value, type) and value.__module__ in sys.modules:
        return vars(sys.modules[value.__module__])
    function = inspect.unwrap(value) if callable(value) else value
    if hasattr(function, "__globals__"):
        return function.__globals__
    return otherwise or getattr(shell(), "user_ns", {})


def _statement(name: str, value) -> str | None:
    """Return the newest statement at the top of a cell that gives a name its value."""
    for text in _cells(value):
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in reversed(tree.body):
            if name in _bound(node):
                first = min(x.lineno for x in (node, *getattr(node, "decorator_list", [])))
                return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    return None


def _cells(value) -> Iterator[str]:
    """Yield the cell or file that holds a thing's code, then all cells, the newest first."""
    code = _code(value)
    if code is not None:
        yield "".join(linecache.getlines(code.co_filename))
    history = getattr(getattr(shell(), "history_manager", None), "input_hist_parsed", [])
    yield from reversed(history)


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement gives a value."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    names = (x for target in targets if target is not None for x in ast.walk(target))
    return {x.id for x in names if isinstance(x, ast.Name)}


def _global_names(source: str) -> set[str]:
    """Return the global names that a statement uses, now or when what it makes is called."""
    top = symtable.symtable(source, "<cell>", "exec")
    used = {x.get_name() for x in top.get_symbols() if x.is_referenced() and not x.is_assigned()}
    inner = top.get_children()
    while inner:
        table = inner.pop()
        inner += table.get_children()
        used |= {x.get_name() for x in table.get_symbols() if x.is_global()}
    return used - {x.get_name() for x in top.get_symbols() if x.is_assigned()}
