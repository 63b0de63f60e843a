"""How checks show calls, values and differences. Everything here returns plain text."""

import itertools
import linecache
import traceback

import numpy as np
import torch

from utils.checks.running import Case, Outcome, close, is_integer

# A larger tensor is only described: its numbers would push the message off the screen.
MOST_NUMBERS = 64
INDENT = "    "


def call(name: str, arguments: dict, positional: int) -> str:
    """Show a call in one line, with tensors by their parameter's name: `f(input, stride=2)`."""
    shown = []
    for place, (parameter, value) in enumerate(arguments.items()):
        text = parameter if _holds_tensors(value) else repr(value)
        shown.append(text if place < positional else f"{parameter}={text}")
    return f"{name}({', '.join(shown)})"


def inputs(case: Case) -> list[str]:
    """Show the tensors among a case's arguments."""
    lines = []
    for name, value in case.fresh().items():
        if _holds_tensors(value):
            lines += result(name, value)
    return lines


def _holds_tensors(value) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return any(isinstance(part, torch.Tensor) for part in parts)


def result(label: str, value, names: tuple[str, ...] = ()) -> list[str]:
    """Show what came back or what was expected."""
    if isinstance(value, torch.Tensor):
        return tensor(label, value)
    if _holds_tensors(value):
        if len(names) != len(value):
            names = tuple(f"[{place}]" for place in range(len(value)))
        pairs = zip(names, value, strict=True)
        return [line for name, part in pairs for line in result(f"{label}, {name}", part)]
    text = " ".join(repr(tuple(value) if isinstance(value, tuple) else value).split())
    return [f"{label}: {text if len(text) < 300 else text[:300] + ' ...'}"]


def tensor(label: str, value: torch.Tensor) -> list[str]:
    """Show a tensor as one small matrix for each of its last two axes."""
    about = [f"shape {tuple(value.shape)}"]
    if value.dtype != torch.float32:
        about.append(dtype(value))
    lines = [f"{label} ({', '.join(about)}):"]
    plain = value.layout == torch.strided and not (value.is_complex() or value.is_meta)
    if not 0 < value.numel() <= MOST_NUMBERS or not plain:
        return [lines[0][:-1]]
    value = value.detach().cpu()
    if value.ndim < 2:
        return [f"{lines[0]} {'  '.join(numbers(value.reshape(-1)))}"]
    for place in itertools.product(*map(range, value.shape[:-2])):
        if value.shape[:-2].numel() > 1:
            lines.append(f"  [{', '.join(map(str, place))}]")
        rows = [numbers(row) for row in value[place]]
        width = max(len(text) for row in rows for text in row)
        lines += ["  " + " ".join(text.rjust(width) for text in row) for row in rows]
    return lines


def numbers(row: torch.Tensor) -> list[str]:
    """Write numbers shortly: whole ones without a point."""
    return [f"{x:.0f}" if float(x).is_integer() else f"{x:.4g}" for x in row.tolist()]


def dtype(value: torch.Tensor) -> str:
    """Name a tensor's dtype without the prefix `torch.`."""
    return str(value.dtype).removeprefix("torch.")


def kind(value) -> str:
    """Name a value's type as one would say it: "a tensor", "a list", "None"."""
    if value is None:
        return "None"
    if isinstance(value, torch.Tensor):
        return "a tensor"
    if isinstance(value, np.ndarray):
        return "a NumPy array"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeioAEIO' else 'a'} {name}"


def difference(value, expected, names: tuple[str, ...] = ()) -> str | None:
    """Say in words how a result differs from the expected one; None when it does not.

    What can be said in general (kind, length, shape, dtype, device) comes before the numbers.
    """
    if isinstance(expected, torch.Tensor):
        return _tensor_difference(value, expected)
    if isinstance(expected, tuple):
        return _tuple_difference(value, expected, names)
    if isinstance(expected, list):
        return _list_difference(value, expected)
    if is_integer(expected):
        return _integer_difference(value, expected)
    if isinstance(expected, str):
        return None if value == expected else f"{value!r} came back instead of {expected!r}."
    raise TypeError(
        f"a reference must return a tensor, tuple, list, int or str, not {kind(expected)}"
    )


def _tensor_difference(value, expected: torch.Tensor) -> str | None:
    if value is None:
        return "None came back instead of a tensor. Did you forget `return`?"
    if not isinstance(value, torch.Tensor):
        return f"{kind(value)} came back; a tensor is expected."
    if value.shape != expected.shape:
        return (
            f"The shape is {tuple(value.shape)}; it should be {tuple(expected.shape)}"
            f"{_shape_advice(value, expected)}."
        )
    if value.dtype != expected.dtype:
        return (
            f"The dtype is {dtype(value)}; it should be {dtype(expected)}, as the input's. "
            "A new tensor is float32 unless you say dtype=input.dtype."
        )
    if value.device != expected.device:
        return (
            f"The result is on the device {value.device}; the input is on {expected.device}. "
            "A new tensor is on the CPU unless you say device=input.device."
        )
    wrong = ~close(value, expected)
    if not wrong.any():
        return None
    where = tuple(wrong.nonzero()[0].tolist())
    got, right = (numbers(x[where].reshape(1))[0] for x in (value.detach(), expected))
    text = f"{int(wrong.sum())} of {wrong.numel()} numbers differ"
    if got == right:
        return f"{text}, but only slightly: is something computed in a lower precision?"
    return f"{text}, the first at {list(where)}: {got} instead of {right}."


def _shape_advice(value: torch.Tensor, expected: torch.Tensor) -> str:
    if value.ndim != expected.ndim:
        return f" ({expected.ndim} axes, not {value.ndim})"
    if sorted(value.shape) == sorted(expected.shape):
        return " (the axes are in another order)"
    return ""


def _tuple_difference(value, expected: tuple, names: tuple[str, ...]) -> str | None:
    wanted = f"a tuple ({', '.join(names)})" if names else f"a tuple of {len(expected)}"
    if value is None:
        return f"None came back instead of {wanted}. Did you forget `return`?"
    if not isinstance(value, (tuple, list)):
        return f"{kind(value)} came back; {wanted} is expected."
    if len(value) != len(expected):
        return f"A tuple of {len(value)} came back; {wanted} is expected."
    for place, (part, right) in enumerate(zip(value, expected, strict=True)):
        text = difference(part, right)
        if text:
            return f"{names[place] if names else f'Item {place}'}: {text}"
    return None


def _list_difference(value, expected: list) -> str | None:
    if value is None:
        return "None came back instead of a list. Did you forget `return`?"
    if not isinstance(value, (tuple, list)):
        return f"{kind(value)} came back; a list is expected."
    if len(value) != len(expected):
        return f"A list of {len(value)} came back; a list of {len(expected)} is expected."
    for place, (part, right) in enumerate(zip(value, expected, strict=True)):
        text = difference(part, right)
        if text:
            return f"Item {place}: {text}"
    return None


def _integer_difference(value, expected) -> str | None:
    if value is None:
        return "None came back instead of an int. Did you forget `return`?"
    problem = not_an_integer(value)
    if problem:
        return problem
    return None if value == expected else f"{int(value)} came back instead of {int(expected)}."


def not_an_integer(value) -> str | None:
    """Say why a value is no integer answer; None when it is one.

    A whole float such as 55.0 is refused, since it cannot be a size or an index. Its message names
    `//`, which is what usually is missing.
    """
    if is_integer(value):
        return None
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return (
            f"{float(value)} is a float, but an int is expected. "
            "If it comes from `/`, which always gives a float: `//` divides and rounds down."
        )
    return f"{kind(value)} ({value!r}) is given, but an int is expected."


def exception(error: BaseException, function) -> list[str]:
    """Show an exception: its type and text, and the student's line that led to it."""
    lines = [f"{type(error).__name__}: {error}"]
    methods = vars(function).values() if isinstance(function, type) else ()
    codes = [getattr(x, "__code__", None) for x in (function, *methods)]
    files = {code.co_filename for code in codes if code is not None}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files:
            text = frame.line or linecache.getline(frame.filename, frame.lineno or 0).strip()
            lines.append(f"in {frame.name}, line {frame.lineno} of the cell:  {text}")
            break
    # A grader's function runs in another process, which tells where.
    for name, number in getattr(error, "student_lines", [])[-1:]:
        lines.append(f"in {name}, line {number} of the cell")
    return lines


def misbehaviour(outcome: Outcome, expected: Outcome, names: tuple[str, ...]) -> str | None:
    """Say in words what is wrong about an outcome; None when nothing is."""
    if outcome.forbidden:
        return f"It calls `{outcome.forbidden}`."
    if expected.error is not None:
        wanted = type(expected.error).__name__
        if isinstance(outcome.error, type(expected.error)):
            return None
        got = f"{kind(outcome.error)} was raised" if outcome.error else "no error was raised"
        return f"A {wanted} should be raised ({expected.error}); {got}."
    if outcome.error is not None:
        return f"It raised {kind(outcome.error)}."
    if outcome.changed:
        return (
            f"It changes its argument `{outcome.changed}` in place. The caller still needs that "
            "tensor: work on a copy (`.clone()`, or an operation without a trailing `_`)."
        )
    return difference(outcome.value, expected.value, names)
