"""Every step of a right function matters: each copy with one step changed fails some case.

The functions are the exercises' references and the published answers, as far as these differ. Each
change takes something away, or moves a border or a number by one.
"""

import ast
import contextlib
import copy
import inspect
import signal
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
import torch
from torch.overrides import TorchFunctionMode

from tests.course import LESSONS, find, imports, points, solution
from utils.checks import EXERCISES
from utils.checks.core import Exercise
from utils.checks.running import run
from utils.checks.wording import misbehaviour

SECONDS = 5

# Mutants that are right too: exercise -> the line that changed -> why.
SQUARE = "kernels are square"
KINK = "at 0, where ReLU has a kink, any slope from 0 to 1 is right"
SAME = {
    "conv2d-backward-input": {
        "return mine.col2im(grad_columns, input.shape[2:], "
        "weight.shape[-2], stride, padding)": SQUARE,
    },
    "conv2d-backward-weight": {
        "columns = mine.im2col(input, weight.shape[-2], stride, padding)": SQUARE,
    },
    "relu": {
        "return torch.where(input >= 0, input, torch.zeros_like(input))": "both are 0 at 0",
    },
    "relu-backward": {"return grad_output * (input >= 0)": KINK},
    "col2im": {
        f"image = columns.new_zeros(*parts.shape[:2], height + {x} * padding, "
        f"width + {y} * padding)": "a wider ring is cut off all the same"
        for x, y in ((2, 3), (3, 2))
    },
    "training-step": {
        "padding = w1.shape[-2] // 2": SQUARE,
        "weights = [x.requires_grad_() for x in (w1, b1, w2, b2, w3, b3)]": "a fresh copy is given",
        "return tuple((x - lr * grad for x, grad in zip(weights, gradients, strict=True)))": (
            "the numbers are the same with a graph behind them"
        ),
    },
    "blur-pool2d": {
        "line = torch.tensor([1, 2, 1], dtype=input.dtype)": "there is one device only",
    },
    "grouped-conv2d": {
        "parts = zip(input.chunk(groups, 1), weight.chunk(groups), bias.chunk(groups), "
        "strict=True)": "chunk cuts along the first axis anyway",
    },
    "middle-gradient": {
        "image = input.requires_grad_()": "the caller's tensor keeps its values",
    },
    "depthwise-conv2d": {
        "size = weight.shape[-2]": SQUARE,
        "size, (_, _, height, width) = (weight.shape[3], input.shape)": SQUARE,
    },
    "residual-block-backward": {
        "grad_total = grad_output * (total >= 0)": KINK,
        "grad_norm = grad_middle * (norm1 >= 0)": KINK,
        "grad_norm1 = grad_middle * (norm1 >= 0)": KINK,
    },
}
# Exercises that differentiate a ReLU. At 0 any slope from 0 to 1 is right.
KINKED = ("middle-gradient", "relu-backward", "residual-block-backward")

LESSON_OF = {exercise: lesson for lesson in LESSONS for exercise in points(lesson)}
# Modules are too slow for so many mutants; their mistakes are tried in test_checks.py.
FUNCTIONS = [x.id for x in EXERCISES.values() if type(x) is Exercise]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Small tensors are soonest done by one thread, above all on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch's, at mutants that it only puts up with
@pytest.mark.parametrize("exercise_id", FUNCTIONS)
def test_every_step_matters(exercise_id):
    exercise, unnoticed = EXERCISES[exercise_id], set()
    for source, names in right_functions(exercise):
        assert not noticed(exercise, compiled(source, names))
        tried = list(mutants(source, names))
        assert tried
        unnoticed |= {change for change, mutant in tried if not noticed(exercise, mutant)}
    assert unnoticed == set(SAME.get(exercise_id, ()))


@pytest.mark.parametrize("exercise_id", KINKED)
def test_no_case_lies_on_a_kink(exercise_id):
    exercise = EXERCISES[exercise_id]
    for case in exercise.cases:
        with Kinks() as kinks:
            run(exercise.reference, case, positional=exercise.positional)
        assert 1e-3 < kinks.distance < float("inf"), case


class Kinks(TorchFunctionMode):
    """Measures how near to 0 a number comes that goes through a ReLU, or is compared with 0."""

    distance = float("inf")

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func.__name__.strip("_") in {"relu", "gt"}:
            self.distance = min(self.distance, float(args[0].detach().abs().min()))
        return func(*args, **(kwargs or {}))


def noticed(exercise: Exercise, mutant: Callable) -> bool:
    """Say whether a case of the exercise fails; what takes too long fails with a TimeoutError."""
    with limited():
        return any(
            misbehaviour(run(mutant, case, (), exercise.positional), right, exercise.returns)
            for case, right in zip(exercise.all_cases, exercise.expected, strict=True)
        )


@contextlib.contextmanager
def limited():
    """Raise a TimeoutError in what takes longer than SECONDS."""

    def stop(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# --- the functions ------------------------------------------------------------------------------


def right_functions(exercise: Exercise) -> list[tuple[ast.FunctionDef, dict]]:
    """Return an exercise's right functions: each one's definition, and the names that it uses."""
    lesson, names = LESSON_OF[exercise.id], {}
    exec(imports(lesson), names)
    (published,) = ast.parse(find(solution(lesson), exercise.id).source).body
    if ast.get_docstring(published):
        del published.body[0]
    reference = definition(exercise.reference)
    both = [(reference, vars(inspect.getmodule(exercise.reference))), (published, names)]
    bodies = [ast.unparse(source.body) for source, _ in both]
    return both if bodies[0] != bodies[1] else both[:1]


def definition(function: Callable) -> ast.FunctionDef:
    """Return the definition of a function of a module; a lambda gets a name."""
    line = function.__code__.co_firstlineno
    for node in ast.walk(ast.parse(inspect.getsource(inspect.getmodule(function)))):
        if isinstance(node, ast.FunctionDef | ast.Lambda) and node.lineno == line:
            break
    if isinstance(node, ast.FunctionDef):
        return node
    (named,) = ast.parse("def reference(): return 0").body
    named.args, named.body[0].value = node.args, node.body
    return named


# --- the mutants --------------------------------------------------------------------------------

# x < y also where both are equal, and so on.
BORDERS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


def mutants(source: ast.FunctionDef, names: dict) -> Iterator[tuple[str, Callable]]:
    """Yield a function's mutants, each with the first line that changed."""
    tree, original = ast.Module([source], []), ast.unparse(source)
    seen = {original}
    for _ in changes(tree, names):
        text = ast.unparse(ast.fix_missing_locations(tree))
        if text not in seen:
            seen.add(text)
            lines = zip(original.splitlines(), text.splitlines(), strict=False)
            before, after = next(pair for pair in lines if pair[0] != pair[1])
            change = after.strip() if after.strip() != "pass" else f"without: {before.strip()}"
            yield change, compiled(tree.body[0], names)


def compiled(source: ast.FunctionDef, names: dict) -> Callable:
    """Return the function that a definition makes."""
    made = dict(names)
    exec(ast.unparse(source), made)
    return made[source.name]


def changes(tree: ast.AST, names: dict) -> Iterator[None]:
    """Change a tree in one place after the other, and back."""
    for parent in list(ast.walk(tree)):
        for name, value in list(ast.iter_fields(parent)):
            if isinstance(value, list):
                for place, node in enumerate(list(value)):
                    for other in alternatives(node, names):
                        value[place] = other
                        yield
                    value[place] = node
            else:
                for other in alternatives(value, names):
                    setattr(parent, name, other)
                    yield
                setattr(parent, name, value)


def alternatives(node, names: dict) -> Iterator[ast.AST]:
    """Yield what a mutant has in a node's place."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            yield ast.Constant(value + 1 if isinstance(value, int) else 2 * value)
        case ast.BinOp():
            yield from (node.left, node.right)
        case ast.UnaryOp():
            yield node.operand
        case ast.BoolOp(values=[left, right]):
            yield from (left, right)
        case ast.BoolOp():
            for value in node.values:
                yield changed(node, values=[x for x in node.values if x is not value])
        case ast.Compare(ops=[op]) if type(op) in BORDERS:
            yield changed(node, ops=[BORDERS[type(op)]()])
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.comprehension(ifs=[_, *_]):
            yield changed(node, ifs=[])
        case ast.Subscript(ctx=ast.Load()):
            yield node.value
        case ast.Slice():
            yield from (changed(node, **{x: None}) for x in ("lower", "upper", "step"))
        case ast.Call():
            yield from simpler_calls(node, names)
        case ast.If():
            yield from (changed(node, test=ast.Constant(x)) for x in (True, False))
        case ast.FunctionDef():
            parameters = node.args.args[-len(node.args.defaults) or len(node.args.args) :]
            for parameter, default in zip(parameters, node.args.defaults, strict=True):
                ignored = ast.Assign([ast.Name(parameter.arg, ast.Store())], default)
                yield changed(node, body=[ignored, *node.body])
        case ast.AugAssign():
            yield from (ast.Assign([node.target], node.value), ast.Pass())
        case ast.For():
            yield from (changed(node, body=[*node.body, ast.Break()]), ast.Pass())
        case ast.Assign() | ast.Expr():
            yield ast.Pass()


def simpler_calls(node: ast.Call, names: dict) -> Iterator[ast.AST]:
    """Yield what a call is made on, and the call without one of its options."""
    root = node.func
    while isinstance(root, ast.Attribute):
        root = root.value
    of_module = isinstance(root, ast.Name) and isinstance(names.get(root.id), ModuleType)
    if isinstance(node.func, ast.Attribute) and not of_module:
        yield node.func.value
    elif node.args and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]
    if len(node.args) > 1:
        yield changed(node, args=node.args[:-1])
    for keyword in node.keywords:
        if keyword.arg != "strict":  # zip's: for valid arguments all lengths agree
            yield changed(node, keywords=[x for x in node.keywords if x is not keyword])


def changed(node: ast.AST, **fields) -> ast.AST:
    """Return a copy with other fields."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other
