"""The student's library: what is kept, what comes back, what is refused, and when it sleeps."""

import errno
import importlib
import inspect
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import pytest
import torch
import torch.nn.functional as F

from tests.course import ROOT
from utils import functional, mine, nn
from utils.checks import EXERCISES, CheckFailed
from utils.checks.running import Outcome
from utils.mine import parts, picture, shelf, switch
from utils.watch import Watch

FIRST = """
import math
import torch
import torch.nn.functional as F
import numpy as np
from utils import functional, mine, nn, sizing
from utils.checks import check
"""
#: A right answer, to which tests add what it needs.
ANSWER = """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    columns = F.unfold(input, size, padding=padding, stride=stride)
    output = weight.flatten(1) @ columns
    if bias is not None:
        output = output + bias[:, None]
    rows = (input.shape[2] + 2 * padding - size) // stride + 1
    return output.unflatten(2, (rows, -1))
"""
CHECK = 'check("conv2d-vectorised", conv2d_vectorised)'
MEAN = """
def global_avg_pool2d(input):
    return input.mean((2, 3))
"""
MEAN_CHECK = 'check("global-avg-pool2d", global_avg_pool2d)'
BLOCK = """
def residual_block(input, weight1, gamma1, beta1, weight2, gamma2, beta2):
    signal = mine.conv2d(input, weight1, padding=1)
    signal = F.batch_norm(signal, None, None, gamma1, beta1, training=True).relu()
    signal = mine.conv2d(signal, weight2, padding=1)
    return (F.batch_norm(signal, None, None, gamma2, beta2, training=True) + input).relu()
"""
BLOCK_CHECK = 'check("residual-block", residual_block)'


def type_in(shell, *cells):
    """Run cells one after the other, as a student does; raise what a cell raises."""
    for cell in cells:
        shell.run_cell(cell, store_history=True).raise_error()


@pytest.fixture
def typed(kernel, capsys):
    """A function that runs cells in a new kernel and returns what they printed."""

    def typed(*cells):
        type_in(kernel(), FIRST, *cells)
        return " ".join(capsys.readouterr().out.split())

    return typed


def library(lesson):
    return lesson.parent / "my_convnet"


def files(lesson):
    return sorted(x.name for x in library(lesson).glob("*")) if library(lesson).exists() else []


def alone(lesson, code, folder=None):
    """Run code in a plain Python process that can import my_convnet, but not the course."""
    command = [sys.executable, "-c", f"import torch\n{code}"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    # The course is installed in the environment of the tests; this hides it.
    guard = lesson / "guard"
    (guard / "utils").mkdir(parents=True, exist_ok=True)
    (guard / "utils/__init__.py").write_text("raise ImportError('there is no course')")
    environment["PYTHONPATH"] = os.pathsep.join(map(str, [guard, folder or lesson.parent]))
    done = subprocess.run(command, cwd=lesson, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- kept, and back ------------------------------------------------------------------------------


def test_an_answer_that_passes_is_kept_and_comes_back_in_a_new_kernel(typed, lesson, kernel):
    said = typed(ANSWER, CHECK)
    assert "Kept as your own conv2d, in my_convnet/conv2d.py." in said
    assert files(lesson) == ["__init__.py", "conv2d.py"]
    kernel()
    x, weight = torch.randn(1, 3, 8, 8), torch.randn(4, 3, 3, 3)
    torch.testing.assert_close(mine.conv2d(x, weight, padding=1), F.conv2d(x, weight, padding=1))
    assert mine.conv2d.__name__ == "conv2d_vectorised"
    own = shelf.kept("conv2d")
    assert (own.exercise, own.path.name) == ("conv2d-vectorised", "conv2d.py")
    row = next(x for x in repr(mine).splitlines() if x.startswith("conv2d "))
    assert row.split()[1] == "yours" and row.split()[-1] == "Convolution" and own.since in row
    assert f"<td>{own.since}</td>" in mine._repr_html_()


def test_the_file_reads_as_it_was_typed(typed, lesson):
    typed("EPS = 1e-3\n", "def half(x):  # a helper\n    return x * 0.5 + 0 * EPS\n")
    typed(
        "SIDES = (2, 3)\n",
        "def double(x):  # a helper\n    return x * 2.0\n",
        "def global_avg_pool2d(input):\n    return double(input).mean(SIDES) / math.sqrt(4)\n",
        MEAN_CHECK,
    )
    text = (library(lesson) / "global_avg_pool2d.py").read_text()
    head, _, body = text.partition('"""\n\n')
    assert head.startswith(
        '"""global_avg_pool2d, written in the lesson Pooling.\n\nPassed the check'
    )
    assert body == (
        "import math\n\n\nSIDES = (2, 3)\n\n\n"
        "def double(x):  # a helper\n    return x * 2.0\n\n\n"
        "def global_avg_pool2d(input):\n    return double(input).mean(SIDES) / math.sqrt(4)\n"
    )


def test_the_same_answer_again_changes_nothing(typed, lesson):
    typed(ANSWER, CHECK)
    path = library(lesson) / "conv2d.py"
    os.utime(path, (1, 1))
    assert "Kept" not in typed(ANSWER, CHECK)
    assert path.stat().st_mtime == 1 and files(lesson) == ["__init__.py", "conv2d.py"]


@pytest.mark.slow
def test_a_later_answer_replaces_it_and_the_one_before_is_kept(typed, lesson):
    typed(MEAN, MEAN_CHECK)
    before = (library(lesson) / "global_avg_pool2d.py").read_bytes()
    said = typed("def global_avg_pool2d(input):\n    return input.flatten(2).mean(2)\n", MEAN_CHECK)
    assert "Kept as your own" in said
    assert (library(lesson) / "global_avg_pool2d.before.py").read_bytes() == before
    with pytest.raises(CheckFailed):
        typed("def global_avg_pool2d(input):\n    return input.sum((2, 3))\n", MEAN_CHECK)
    assert b"flatten" in (library(lesson) / "global_avg_pool2d.py").read_bytes()
    assert alone(lesson, "import my_convnet; print(my_convnet.__all__)") == "['global_avg_pool2d']"


def test_what_is_edited_by_hand_counts_at_once_and_is_kept_beside(typed, lesson, kernel):
    typed(MEAN, MEAN_CHECK)
    kernel()
    path = library(lesson) / "global_avg_pool2d.py"
    assert mine.global_avg_pool2d(torch.ones(1, 1, 2, 2)).item() == 1
    path.write_text("def global_avg_pool2d(input):\n    return 7\n")
    assert mine.global_avg_pool2d(torch.ones(1, 1, 2, 2)) == 7
    assert shelf.kept("global_avg_pool2d").since == ""
    typed(MEAN, MEAN_CHECK)
    assert "7" in path.with_suffix(".before.py").read_text()


# --- what a function needs -----------------------------------------------------------------------

#: What it shows -> the cells that define global_avg_pool2d.
NEEDS = {
    "a closure": [
        "def make(axes):\n    def mean(input):\n        return input.mean(axes)\n    return mean\n",
        "global_avg_pool2d = make((2, 3))",
    ],
    "a closure in one cell": [
        "def make(axes):\n    def mean(input):\n        return input.mean(axes)\n    return mean\n"
        "global_avg_pool2d = make((2, 3))",
    ],
    "a lambda": ["global_avg_pool2d = lambda input: input.mean((2, 3))"],
    "functools.partial": [
        "import functools\ndef mean(input, axes):\n    return input.mean(axes)\n",
        "global_avg_pool2d = functools.partial(mean, axes=(2, 3))",
    ],
    "a decorator": [
        "import functools\ndef loud(f):\n    @functools.wraps(f)\n    def call(*args):\n"
        "        return f(*args)\n    return call\n",
        "@loud\ndef global_avg_pool2d(input):\n    return input.mean((2, 3))\n",
    ],
    "a decorator that hides the function": [
        "def loud(f):\n    def call(*args):\n        return f(*args)\n    return call\n",
        "@loud\ndef global_avg_pool2d(input):\n    return input.mean((2, 3))\n",
    ],
    "a decorator of torch": [
        "@torch.no_grad()\ndef global_avg_pool2d(input):\n    return input.mean((2, 3))\n"
    ],
    "a class": [
        "class Pool:\n    axes = (2, 3)\n    def __call__(self, input):\n"
        "        return input.mean(self.axes)\n",
        "def global_avg_pool2d(input):\n    return Pool()(input)\n",
    ],
    "a class without methods": [
        "class Axes:\n    both = (2, 3)\n",
        "from typing import NamedTuple\nclass Pair(NamedTuple):\n    rows: int\n    cols: int\n",
        "def global_avg_pool2d(input):\n    return input.mean(tuple(Pair(*Axes.both)))\n",
    ],
    "recursion": [
        "def total(rows):\n    return rows[0] if len(rows) == 1 else rows[0] + total(rows[1:])\n",
        "def global_avg_pool2d(input):\n    flat = input.flatten(2)\n"
        "    return total(list(flat.unbind(2))) / flat.shape[2]\n",
    ],
    "two that call one another": [
        "def even(x, n):\n    return x.mean((2, 3)) if n == 0 else odd(x, n - 1)\n",
        "def odd(x, n):\n    return even(x, n - 1)\n",
        "def global_avg_pool2d(input):\n    return even(input, 2)\n",
    ],
    "constants of all kinds": [
        "A, B, C = [2], {'x': 3}, {2, 3}\nD = float('inf')\nE = torch.float64\n",
        "G = torch.tensor([1.0])\n",
        "def global_avg_pool2d(input):\n    assert D > 0 and C == {2, 3} and E.is_floating_point\n"
        "    return input.mean((A[0], B['x'])) * G.to(input)\n",
    ],
    "a default and an annotation": [
        "from torch import Tensor\nAXES = (2, 3)\n",
        "def global_avg_pool2d(input: Tensor, axes=AXES) -> Tensor:\n    return input.mean(axes)\n",
    ],
    "a function of torch by its own name": [
        "from torch import mean as average\nfrom torch.nn.functional import unfold, pad\n",
        "def global_avg_pool2d(input):\n    pad(input, (1, 1)), unfold(input, 1)\n"
        "    return average(input, (2, 3))\n",
    ],
    "names of the notebook that it has for itself": [
        "rows = object()\nshape = object()\n",
        "def global_avg_pool2d(input):\n    rows = input.shape[2]\n"
        "    return sum(input[:, :, x].sum(2) for x in range(rows)) / input[0, 0].numel()\n",
    ],
    "a name that hides a built-in one": [
        "sum = lambda x: x.mean((2, 3))\n",
        "def global_avg_pool2d(input):\n    return sum(input)\n",
    ],
    "a function of the course": [
        "def global_avg_pool2d(input):\n    size = sizing.conv_output_size(input.shape[2], 1)\n"
        "    return input.sum((2, 3)) / size / sizing.conv_output_size(input.shape[3], 1)\n",
    ],
    "a line magic": ["%alias_magic t timeit\n" + MEAN],
    "comments, and a name typed twice": [
        "def global_avg_pool2d(input):\n    return 1\n" + MEAN.replace(":\n", ":  # ünïcode ✓\n"),
    ],
}


@pytest.mark.parametrize("cells", NEEDS.values(), ids=NEEDS)
def test_what_an_answer_needs_is_kept_with_it(cells, typed, lesson, monkeypatch):
    assert "Kept as your own global_avg_pool2d" in typed(*cells, MEAN_CHECK)
    monkeypatch.setitem(sys.modules, "utils", None)  # without the course
    monkeypatch.syspath_prepend(lesson.parent)
    for name in ("my_convnet", "my_convnet.global_avg_pool2d"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    own = importlib.import_module("my_convnet").global_avg_pool2d
    assert own(torch.arange(8.0).view(1, 2, 2, 2)).tolist() == [[1.5, 5.5]]


#: What it uses -> the cells, and what the line says.
REFUSED = {
    "something that cannot be written": (
        ["lock = __import__('threading').Lock()\n"],
        "with lock:\n        return input.mean((2, 3))",
        "uses `lock` from your notebook (a lock). Pass it as an argument",
    ),
    "a large tensor": (
        ["images = torch.zeros(100, 3, 8, 8)\n"],
        "return input.mean((2, 3)) + images.sum()",
        "uses `images` from your notebook (a Tensor). Pass it as an argument",
    ),
    "another package": (
        [],
        "return input.sum((2, 3)) / int(np.prod(input.shape[2:]))",
        "uses `np` of numpy, and your library needs torch alone. Use torch or plain Python",
    ),
    "a function of another package": (
        ["from numpy import prod\n"],
        "return input.sum((2, 3)) / int(prod(input.shape[2:]))",
        "uses `prod` of numpy, and your library needs torch alone.",
    ),
    "state that has changed": (
        ["table = {}\nclass Box:\n    pass\nbox = Box()\nbox.axes = (2, 3)\n"],
        "return input.mean(box.axes)",
        "uses `box` from your notebook (a Box).",
    ),
    "a class that was changed": (
        ["class Box:\n    def axes(self):\n        pass\n", "Box.both = (2, 3)\n"],
        "return input.mean(Box.both)",
        "in a file of its own it does not pass (global_avg_pool2d: wrong in",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_kept_is_said_in_a_line(case, typed, lesson):
    cells, body, reason = case
    said = typed(*cells, f"def global_avg_pool2d(input):\n    {body}\n", MEAN_CHECK)
    assert "✓ Passed" in said
    assert (
        f"Passed, but not kept in your library: {'global' if reason[:3] != 'in ' else ''}" in said
    )
    assert reason in said
    assert not [x for x in files(lesson) if x != "__init__.py"]


def test_what_the_course_does_itself_is_not_copied(typed, lesson):
    said = typed(BLOCK.replace("mine.conv2d", "functional.conv2d"), BLOCK_CHECK)
    assert (
        "`functional.conv2d` of utils.functional.conv, and your library needs torch alone" in said
    )
    assert "Use `mine`, torch or plain Python" in said


@pytest.mark.slow
def test_parts_that_use_parts_work_with_and_without_the_course(typed, lesson, kernel):
    said = typed(ANSWER, CHECK, BLOCK, BLOCK_CHECK)
    assert "Kept as your own residual_block" in said
    kernel()
    x, layer = torch.randn(1, 2, 4, 4), (torch.randn(2, 2, 3, 3), torch.rand(2), torch.rand(2))
    expected = mine.residual_block(x, *layer, *layer)
    torch.save((x, layer, expected), lesson / "case.pt")
    code = """
from my_convnet import residual_block
x, layer, expected = torch.load("case.pt")
torch.testing.assert_close(residual_block(x, *layer, *layer), expected)
"""
    alone(lesson, code)


def test_a_cell_with_a_cell_magic_says_what_to_do(typed, lesson):
    said = typed("%%time\n" + MEAN, MEAN_CHECK)
    assert "✓ Passed" in said
    assert files(lesson) == [] or "Kept as" in said


def test_another_thing_of_the_parts_name_is_refused(typed, lesson):
    helper = "def conv2d(x, y):\n    return x @ y\n"
    said = typed(
        helper,
        ANSWER.replace("weight.flatten(1) @ columns", "conv2d(weight.flatten(1), columns)"),
        CHECK,
    )
    assert "uses something else named `conv2d`. Give that another name." in said


# --- classes -------------------------------------------------------------------------------------

#: The layer as a module; {forward} and {backward} are what it calls.
MODULE = """
class Convolve(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, bias, stride, padding):
        ctx.save_for_backward(input, weight)
        ctx.options = stride, padding
        return {forward}(input, weight, bias, stride, padding)

    @staticmethod
    def backward(ctx, grad_output):
        layer = (grad_output, *ctx.saved_tensors, *ctx.options)
        grad_weight, grad_bias = mine.conv2d_backward_weight(*layer)
        bias = grad_bias if ctx.needs_input_grad[2] else None
        return mine.conv2d_backward_input(*layer), grad_weight, bias, None, None


class Conv2d(torch.nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.options = stride, padding
        scale = (in_channels * kernel_size**2) ** -0.5
        weight = scale * torch.randn(out_channels, in_channels, kernel_size, kernel_size)
        self.weight = torch.nn.Parameter(weight)
        self.bias = torch.nn.Parameter(scale * torch.randn(out_channels)) if bias else None

    def forward(self, input):
        return Convolve.apply(input, self.weight, self.bias, *self.options)
"""
MODULE_CHECK = 'check("conv2d-module", Conv2d)'
#: A class whose gradients come from windows, which needs no other part.
ALONE = """
class Convolve(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, stride, padding):
        ctx.columns = F.unfold(input, weight.shape[-1], padding=padding, stride=stride)
        ctx.weight, ctx.size, ctx.options = weight, input.shape, (stride, padding)
        return {forward}(input, weight, None, stride, padding)

    @staticmethod
    def backward(ctx, grad_output):
        stride, padding = ctx.options
        grad, weight = grad_output.flatten(2), ctx.weight
        grad_weight = torch.einsum("nkp,nwp->kw", grad, ctx.columns).view_as(weight)
        columns = weight.flatten(1).T @ grad
        back = F.fold(columns, ctx.size[2:], weight.shape[-1], padding=padding, stride=stride)
        return back, grad_weight, None, None
""" + MODULE[MODULE.index("\n\n\nclass Conv2d") :].replace(
    "        return Convolve.apply(input, self.weight, self.bias, *self.options)\n",
    "        output = Convolve.apply(input, self.weight, *self.options)\n"
    "        return output if self.bias is None else output + self.bias[:, None, None]\n",
)


def module(source, forward):
    return source.replace("{forward}", forward)


def test_a_class_is_kept_and_comes_back_as_a_class(typed, lesson, kernel):
    said = typed(ANSWER, CHECK, module(ALONE, "conv2d_vectorised"), MODULE_CHECK)
    assert "Kept as your own Conv2d, in my_convnet/conv2d_module.py." in said
    # On Windows `Conv2d.py` would be the file `conv2d.py`.
    assert files(lesson) == ["__init__.py", "conv2d.py", "conv2d_module.py"]
    kernel()
    assert mine.Conv2d is mine.Conv2d and issubclass(mine.Conv2d, torch.nn.Module)
    layer, theirs = mine.Conv2d(2, 3, 3, padding=1), torch.nn.Conv2d(2, 3, 3, padding=1)
    theirs.load_state_dict(layer.state_dict())
    image = torch.randn(1, 2, 5, 5)
    for one in (layer, theirs):
        one(image).square().sum().backward()
    torch.testing.assert_close(layer.weight.grad, theirs.weight.grad)
    assert isinstance(layer, mine.Conv2d) and repr(layer) == "Conv2d()"
    mine.check("Conv2d")
    mine.lend("Conv2d")
    assert mine.Conv2d is nn.Conv2d


@pytest.mark.slow
def test_a_part_imports_another_that_the_notebook_has_as_it_is_kept(typed, lesson, kernel):
    typed(ANSWER, CHECK, module(ALONE, "conv2d_vectorised"), MODULE_CHECK)
    text = (library(lesson) / "conv2d_module.py").read_text()
    assert "\nfrom .conv2d import conv2d as conv2d_vectorised\n" in text
    assert "def conv2d_vectorised" not in text and text.endswith('__all__ = ["Conv2d"]\n')
    code = """
import my_convnet
from my_convnet import Conv2d, conv2d
assert my_convnet.__all__ == ["conv2d", "Conv2d"]
image, layer = torch.randn(1, 2, 5, 5), Conv2d(2, 3, 3, padding=1)
torch.testing.assert_close(layer(image), conv2d(image, layer.weight, layer.bias, padding=1))
layer(image).sum().backward()
print(tuple(layer.weight.grad.shape))
"""
    assert alone(lesson, code) == "(3, 2, 3, 3)"
    kernel()
    # What is edited in the one file counts for the other.
    path, before = library(lesson) / "conv2d.py", mine.Conv2d
    path.write_text(path.read_text().replace("return output", "return 0 * output"))
    layer = mine.Conv2d(2, 3, 3, bias=False)
    assert mine.Conv2d is not before and not layer(torch.randn(1, 2, 5, 5)).any()
    path.unlink()
    with pytest.raises(ValueError, match=r"conv2d_module\.py cannot be read .*there is no my_con"):
        _ = mine.Conv2d


def test_what_differs_from_the_part_that_is_kept_is_copied(typed, lesson):
    changed = ANSWER.replace("output = weight", "output = 1 * weight")
    typed(ANSWER, CHECK, changed, module(ALONE, "conv2d_vectorised"), MODULE_CHECK)
    text = (library(lesson) / "conv2d_module.py").read_text()
    assert "output = 1 * weight" in text and "from .conv2d" not in text


def test_a_name_for_a_part_is_an_import_of_it(typed, lesson, kernel):
    typed(ANSWER, CHECK)
    cells = "conv = mine.conv2d", module(ALONE, "conv"), MODULE_CHECK
    assert "Kept as your own Conv2d" in typed(*cells)
    assert (
        "from .conv2d import conv2d as conv\n" in (library(lesson) / "conv2d_module.py").read_text()
    )


def test_a_class_may_call_the_library(typed, lesson, kernel):
    said = typed(ANSWER, CHECK, module(MODULE, "mine.conv2d"), MODULE_CHECK)
    assert "Kept as your own Conv2d" in said
    kernel()
    assert mine.Conv2d(2, 3, 3)(torch.randn(1, 2, 5, 5)).shape == (1, 3, 3, 3)


def test_a_class_with_a_base_of_the_notebooks_own_is_kept(typed, lesson):
    base = module(ALONE, "F.conv2d").replace("class Conv2d", "class Base")
    base = base.replace("F.conv2d(input, weight, None, stride, padding)", "ways(input, weight)")
    helper = (
        "def ways(input, weight):\n    raise ValueError('not this one')\n",
        "class Conv2d(Base):\n    def forward(self, input):\n        return Windows.apply("
        "input, self.weight, self.bias, *self.options)\n",
        module(MODULE, "mine.conv2d").split("class Conv2d")[0].replace("Convolve", "Windows"),
    )
    said = typed(helper[0], base, helper[2], helper[1], MODULE_CHECK)
    assert "Kept as your own Conv2d" in said
    text = (library(lesson) / "conv2d_module.py").read_text()
    assert text.index("class Base") < text.index("class Conv2d(Base)")


def test_a_class_that_leans_on_the_notebook_is_refused_in_a_line(typed, lesson):
    late = module(ALONE, "conv2d_vectorised") + "\nConv2d.scale = 1\n"
    late = late.replace(
        "return output if", "output = output * self.scale\n        return output if"
    )
    said = typed(ANSWER, CHECK, late, MODULE_CHECK)
    assert "✓ Passed" in said and "Passed, but not kept in your library: in a file" in said
    assert "conv2d_module.py" not in files(lesson)


def test_an_error_in_a_class_names_it_and_what_it_was_called_with(typed, kernel):
    typed(ANSWER, CHECK, module(ALONE, "conv2d_vectorised"), MODULE_CHECK)
    kernel()
    with pytest.raises(TypeError) as raised:
        mine.Conv2d(2, 3, kernel_size="a")
    (note,) = raised.value.__notes__
    assert "from my_convnet/conv2d_module.py. It was called with in_channels 2" in note
    with pytest.raises(RuntimeError) as raised:
        mine.Conv2d(2, 3, 3)(torch.ones(1, 4, 5, 5))
    (note,) = raised.value.__notes__
    assert "Conv2d is your own" in note and "It was called with input (1, 4, 5, 5)." in note


def test_every_part_has_a_file_of_its_own_where_case_does_not_count():
    names = [parts.file_of(name).lower() for name in parts.PARTS]
    assert len({*names}) == len(names)
    assert parts.file_of("ResidualBlock") == "residual_block_module"


# --- nothing lost --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES], ids=errno.errorcode.get)
def test_a_disk_that_refuses_loses_nothing(code, typed, lesson, monkeypatch):
    typed(MEAN, MEAN_CHECK)
    before = (library(lesson) / "global_avg_pool2d.py").read_bytes()

    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("utils.atomic.os.fsync", refuse)
    said = typed("def global_avg_pool2d(input):\n    return input.flatten(2).mean(2)\n", MEAN_CHECK)
    assert "✓ Passed" in said
    assert f"cannot be written ({os.strerror(code)}). Your notebook has the answer." in said
    assert (library(lesson) / "global_avg_pool2d.py").read_bytes() == before
    assert files(lesson) == ["__init__.py", "global_avg_pool2d.py"]


def test_a_folder_that_cannot_be_made_is_one_line(typed, lesson):
    library(lesson).write_text("a file")  # even root cannot make a folder of this name
    said = typed(MEAN, MEAN_CHECK)
    assert "✓ Passed" in said and "cannot be written" in said and "Traceback" not in said


@pytest.mark.slow
def test_a_crash_in_the_middle_leaves_the_file_before(typed, lesson, monkeypatch):
    typed(MEAN, MEAN_CHECK)
    before = (library(lesson) / "global_avg_pool2d.py").read_bytes()

    class Crash(BaseException):
        pass

    def crash(part, path):
        if str(path).endswith("global_avg_pool2d.py"):
            raise Crash
        real(part, path)

    real = os.replace
    monkeypatch.setattr("utils.atomic.os.replace", crash)
    with pytest.raises(Crash):
        typed("def global_avg_pool2d(input):\n    return input.flatten(2).mean(2)\n", MEAN_CHECK)
    assert (library(lesson) / "global_avg_pool2d.py").read_bytes() == before
    assert (library(lesson) / "global_avg_pool2d.before.py").read_bytes() == before
    monkeypatch.setattr("utils.atomic.os.replace", real)
    # What a process that was killed leaves is no part, and the next answer is kept.
    (library(lesson) / ".global_avg_pool2d.py.1.part").write_text("def global_avg")
    alone(lesson, "import my_convnet; assert my_convnet.__all__ == ['global_avg_pool2d']")
    assert "Kept" in typed(
        "def global_avg_pool2d(input):\n    return input.flatten(2).mean(2)\n", MEAN_CHECK
    )


TWO = """
import sys, time
from IPython.core.interactiveshell import InteractiveShell
from utils.mine import switch
shell = InteractiveShell()
shell.kernel = object()
shell.get_parent = lambda: {"metadata": {"cellId": "a"}}
switch.get_ipython = lambda: shell
who = sys.argv[1]
shell.run_cell("import torch\\nfrom utils.checks import check")
for turn in range(15):
    source = f"def global_avg_pool2d(input):\\n    return input.mean((2, 3))  # {who} {turn}\\n"
    shell.run_cell(source, store_history=True).raise_error()
    shell.run_cell('check("global-avg-pool2d", global_avg_pool2d)').raise_error()
"""


@pytest.mark.slow
def test_two_notebooks_at_once_leave_whole_files(lesson):
    command = [sys.executable, "-c", TWO]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen([*command, who], cwd=lesson, env=environment, stdout=subprocess.PIPE)
        for who in "ab"
    ]
    said = [process.communicate()[0].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert all(x.count("✓") == 15 and "not kept" not in x for x in said)
    assert files(lesson) == ["__init__.py", "global_avg_pool2d.before.py", "global_avg_pool2d.py"]
    assert "14" in (library(lesson) / "global_avg_pool2d.py").read_text()
    alone(lesson, "from my_convnet import global_avg_pool2d")


# --- the package ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_package_works_without_the_course_zipped_too(typed, lesson, tmp_path):
    typed(ANSWER, CHECK, MEAN, MEAN_CHECK)
    code = """
import my_convnet
from my_convnet import conv2d
assert my_convnet.__all__ == ["conv2d", "global_avg_pool2d"]
x = my_convnet.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3), padding=1)
print(my_convnet.global_avg_pool2d(x).item() * 9, my_convnet.__file__)
"""
    assert alone(lesson, code).startswith("49.0")
    archive = shutil.make_archive(tmp_path / "mine", "zip", lesson.parent, "my_convnet")
    said = alone(lesson, code, archive)
    assert said.startswith("49.0") and "mine.zip" in said


# --- on loan -------------------------------------------------------------------------------------


def test_what_is_not_written_is_on_loan_and_says_so_once(kernel, capsys):
    kernel()
    x = torch.randn(1, 2, 6, 6)
    torch.testing.assert_close(mine.max_pool2d(x, 2, 2), F.max_pool2d(x, 2, 2))
    mine.max_pool2d(x, 2, 2)
    said = capsys.readouterr().out
    assert said == "max_pool2d is on loan until your own has passed (lesson Pooling).\n"
    assert mine.tanh is functional.tanh  # no exercise asks for it


@pytest.mark.parametrize("name", parts.PARTS)
def test_a_loan_passes_the_check_of_its_part(name):
    (exercise,) = [x for x in EXERCISES.values() if getattr(x, "part", "") == name]
    lending = shelf.loan(name)
    outcomes = [exercise.call(lending, case) for case in exercise.all_cases]
    wrong = [x.wrong for x in exercise.findings(outcomes) if x.wrong]
    assert not wrong
    assert all(isinstance(outcome, Outcome) for outcome in outcomes)


def test_each_part_has_one_exercise_and_each_exercise_a_known_part():
    named = [x.part for x in EXERCISES.values() if getattr(x, "part", "")]
    assert sorted(named) == sorted(parts.PARTS)
    assert {x.layer for x in parts.PARTS.values()} == set(parts.LAYERS)


def test_lend_and_take_back(typed, kernel):
    typed(MEAN.replace("input.mean", "1 * input.mean"), MEAN_CHECK)
    kernel()
    assert "1 *" in inspect.getsource(mine.global_avg_pool2d)
    mine.lend("global_avg_pool2d")
    assert mine.global_avg_pool2d.__module__ == "utils.mine.loans"
    assert "yours, lent" in repr(mine)
    mine.take_back("global_avg_pool2d")
    assert "1 *" in inspect.getsource(mine.global_avg_pool2d)
    mine.lend("global_avg_pool2d")
    kernel()  # a restart takes it back
    assert "1 *" in inspect.getsource(mine.global_avg_pool2d)
    with pytest.raises(ValueError, match="'conv2d' is not a part of yours; yours are: global_avg"):
        mine.lend("conv2d")


def test_a_name_that_is_no_part_is_an_attribute_error(kernel):
    with pytest.raises(AttributeError, match="there is no part 'conv3d'; there are im2col, "):
        _ = mine.conv3d
    assert "conv2d" in dir(mine)


# --- errors --------------------------------------------------------------------------------------


def test_an_error_names_the_part_the_shapes_and_the_check(typed, kernel):
    typed(ANSWER, CHECK)
    kernel()
    with pytest.raises(RuntimeError) as raised:
        mine.conv2d(torch.ones(1, 3, 8, 8), torch.ones(4, 2, 3, 3), padding=1)
    (note,) = raised.value.__notes__
    assert note.startswith(
        "conv2d is your own, from my_convnet/conv2d.py. It was called with input"
    )
    assert "input (1, 3, 8, 8), weight (4, 2, 3, 3), padding 1." in note
    assert "mine.check('conv2d')" in note
    mine.check("conv2d")  # it passes alone
    path = shelf.kept("conv2d").path
    path.write_text(path.read_text().replace("2 * padding", "padding"))
    with pytest.raises(CheckFailed, match="conv2d_vectorised"):
        mine.check("conv2d")
    assert "2 * padding" not in path.read_text()


def test_a_part_that_cannot_be_read_says_which(typed, lesson, kernel):
    typed(MEAN, MEAN_CHECK)
    (library(lesson) / "global_avg_pool2d.py").write_text("def broken(")
    kernel()
    with pytest.raises(ValueError, match=r"my_convnet/global_avg_pool2d\.py cannot be read"):
        _ = mine.global_avg_pool2d
    assert "cannot be read" in repr(mine)


# --- neutral for grades --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "names", "awake"),
    [
        ({"cellId": "a"}, {}, True),  # JupyterLab
        ({"colab": {"cell_id": "a"}}, {}, True),
        ({}, {"__vsc_ipynb_file__": "x.ipynb"}, True),  # VS Code
        ({}, {}, False),  # nbclient: Validate, nbconvert
    ],
)
def test_it_is_awake_only_where_somebody_works(metadata, names, awake, kernel, lesson, capsys):
    shell = kernel(metadata, **names)
    assert switch.live() == awake
    type_in(shell, FIRST, MEAN, MEAN_CHECK)
    assert (files(lesson) != []) == awake
    assert ("Kept" in capsys.readouterr().out) == awake


def test_it_can_be_switched_off(kernel, lesson, monkeypatch):
    monkeypatch.setenv("CONVNETS_MINE", "off")
    type_in(kernel(), FIRST, MEAN, MEAN_CHECK)
    assert files(lesson) == []


def test_a_button_pressed_later_finds_it_awake(kernel):
    shell = kernel()
    assert switch.live()
    shell.get_parent = lambda: {"metadata": {}}
    assert switch.live()


def test_where_it_sleeps_nothing_is_read(typed, kernel, lesson, capsys):
    typed(MEAN, MEAN_CHECK)
    kernel({})
    (library(lesson) / "global_avg_pool2d.py").write_text("raise SystemExit")
    assert mine.global_avg_pool2d.__module__ == "utils.mine.loans"
    assert "Nobody works at this kernel" in repr(mine) and "yours" not in repr(mine)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("folder", ["solutions/01_convolution", "lessons"])
def test_the_courses_own_folders_stay_clean(folder, monkeypatch):
    monkeypatch.chdir(ROOT / folder)
    assert switch.folder() is None
    monkeypatch.chdir(ROOT)
    assert switch.folder() == ROOT / "notebooks/my_convnet"


def test_without_a_lessons_folder_it_lies_where_one_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert switch.folder() == tmp_path / "my_convnet"


@pytest.mark.parametrize("own", [False, True], ids=["on loan", "own"])
def test_where_a_layer_is_forbidden_so_is_to_borrow_it(own, typed, kernel):
    if own:
        typed(ANSWER, CHECK)
        kernel()
    with Watch(("utils.functional",)) as watch:
        mine.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))
    assert watch.found in ("utils.mine", "utils.functional")
    with Watch(("utils.optim",)) as watch:
        mine.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))
    assert watch.found is None


def test_a_check_finds_what_was_borrowed(typed):
    with pytest.raises(CheckFailed, match=r"calls `utils.functional.conv`, which this exercise"):
        typed("conv2d_vectorised = lambda *args, **options: mine.conv2d(*args, **options)", CHECK)


def test_a_part_that_would_call_itself_is_not_kept(typed, lesson):
    typed(ANSWER, CHECK)
    said = typed(
        "conv2d_vectorised = lambda *args, **options: mine.conv2d(*args, **options)", CHECK
    )
    assert "conv2d_vectorised calls `mine.conv2d`: in your library that would be" in said
    assert "F.unfold" in (library(lesson) / "conv2d.py").read_text()


@pytest.mark.slow
def test_a_part_may_use_another(typed, lesson):
    columns = "def im2col(input, kernel_size, stride=1, padding=0):\n"
    columns += "    x = F.pad(input, (padding,) * 4)\n"
    columns += "    x = x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)\n"
    columns += "    return x.permute(0, 1, 4, 5, 2, 3).flatten(4).flatten(1, 3)\n"
    ready = "F.unfold(input, size, padding=padding, stride=stride)"
    own = ANSWER.replace(ready, "mine.im2col(input, size, stride, padding)")
    typed(columns, 'check("im2col", im2col)', own, CHECK)
    assert files(lesson) == ["__init__.py", "conv2d.py", "im2col.py"]
    code = "from my_convnet import conv2d\nx = torch.ones(1, 2, 3, 3)\nprint(conv2d(x, x))"
    assert "18" in alone(lesson, code)


# --- the drawing ---------------------------------------------------------------------------------


def test_the_drawing_fills_what_is_ones_own_and_frames_what_comes_next(typed, lesson, kernel):
    (lesson.parent / "home.md").write_text("")
    typed(ANSWER, CHECK)
    kernel()
    said = repr(mine.drawing())
    assert f"1 of {len(parts.PARTS)} parts are your own (conv2d)" in said
    assert "Next: im2col, in the lesson Convolution." in said
    svg = xml.etree.ElementTree.fromstring(mine.drawing()._repr_html_())
    texts = [x.text for x in svg.iter() if x.tag.endswith("}text")]
    assert texts.count("✓ forward") == 1 and texts.count("▸ im2col") == 1
    # The course home shows the same, since the check has passed.
    assert (
        f"1 of {len(parts.PARTS)} parts are your own (conv2d)"
        in (lesson.parent / "home.md").read_text()
    )
    assert (lesson.parent / "network.svg").read_text("utf-8") == mine.drawing()._repr_html_()


def test_the_drawing_shows_every_part_and_fits(kernel):
    for own in (set(), {*parts.PARTS}):
        svg = xml.etree.ElementTree.fromstring(picture.draw(parts.PARTS, parts.LAYERS, own))
        titles = [x.text for x in svg.iter() if x.tag.endswith("}title")]
        assert sorted(titles) == sorted(parts.PARTS)
        for box in (x.attrib for x in svg.iter() if x.tag.endswith("}rect")):
            assert float(box["x"]) + float(box["width"]) < float(svg.attrib["width"])
            assert float(box["y"]) + float(box["height"]) < float(svg.attrib["height"])
    assert (
        picture.words(parts.PARTS, own)
        == f"Your network: all {len(parts.PARTS)} parts are your own."
    )


def test_another_function_stands_in_for_an_answer_until_it_is_written():
    def unwritten(number):
        raise NotImplementedError

    assert mine.or_lent(unwritten, lambda number: 2 * number)(4) == 8
    assert mine.or_lent(lambda number: number, None)(4) == 4
