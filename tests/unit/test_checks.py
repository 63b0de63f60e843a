"""The checks: every mistake is named, every right answer passes, messages help."""

import math
import re
import textwrap
import time
from itertools import permutations

import numpy as np
import pytest
import torch
from PIL import Image

from tests.answers import RIGHT
from tests.course import LESSONS, imports, points
from utils import sizing
from utils.checks import EXERCISES, CheckFailed, check, core
from utils.checks.core import Exercise, ValueExercise
from utils.checks.notebook import PASSED

SECONDS = 2.0

WRONG = [
    pytest.param(exercise, mistake, id=f"{exercise.id}: {mistake.name}")
    for exercise in EXERCISES.values()
    for mistake in exercise.mistakes
]
FUNCTIONS = [
    pytest.param(exercise, id=exercise.id)
    for exercise in EXERCISES.values()
    if isinstance(exercise, Exercise)
]
# A block has two filters of nine numbers, and as a module a state that its message does not show.
BLOCKS = ("residual-block", "residual-block-backward", "residual-block-module", "bottleneck-module")
ANSWERS = {exercise: sources for lesson in LESSONS for exercise, sources in RIGHT[lesson].items()}
ALTERNATIVES = [
    pytest.param(exercise_id, source, id=f"{exercise_id}-{place}")
    for exercise_id, sources in ANSWERS.items()
    for place, source in enumerate(sources)
]
LESSON_OF = {exercise: lesson for lesson in LESSONS for exercise in RIGHT[lesson]}


def answer_of(exercise_id: str, source: str):
    """Run a solution cell as in its lesson; return what it makes."""
    names = {}
    exec(imports(LESSON_OF[exercise_id]), names)
    exec(compile(source, "<solution cell>", "exec"), names)
    return names[EXERCISES[exercise_id].name]


def failure(exercise_id: str, answer) -> str:
    with pytest.raises(CheckFailed) as caught:
        check(exercise_id, answer)
    return str(caught.value)


def right(exercise_id: str):
    return answer_of(exercise_id, ANSWERS[exercise_id][0])


# --- the catalogue ------------------------------------------------------------------------------


def test_every_exercise_has_its_checks_and_answers():
    graded = [exercise for lesson in LESSONS for exercise in points(lesson)]
    assert len(set(graded)) == len(graded)
    assert set(EXERCISES) == set(graded)
    assert set(ANSWERS) == set(graded)


@pytest.mark.parametrize("exercise_id", ANSWERS)
def test_there_are_enough_mistakes_and_alternatives(exercise_id):
    exercise = EXERCISES[exercise_id]
    names = [mistake.name for mistake in exercise.mistakes]
    assert len(names) >= (5 if isinstance(exercise, Exercise) else 3)
    assert len(set(names)) == len(names)
    assert len(ANSWERS[exercise_id]) >= 3


@pytest.mark.parametrize(("exercise", "mistake"), WRONG)
def test_a_mistake_is_named(exercise, mistake):
    answer = answer_of(exercise.id, mistake.source(exercise))
    message = failure(exercise.id, answer)
    assert f"This is what you get if {mistake.name}:" in message
    assert message.count("This is what you get if") == 1
    assert textwrap.shorten(mistake.hint, 60, placeholder="") in " ".join(message.split())


@pytest.mark.parametrize(("exercise_id", "source"), ALTERNATIVES)
def test_a_right_answer_passes(exercise_id, source, capsys):
    answer = answer_of(exercise_id, source)
    started = time.process_time()
    check(exercise_id, answer)
    assert time.process_time() - started < SECONDS
    said = capsys.readouterr().out
    assert said.startswith(f"{PASSED}\n{EXERCISES[exercise_id].name}")
    assert len(said.removeprefix(f"{PASSED}\n").splitlines()) <= 4


@pytest.mark.parametrize("exercise", FUNCTIONS)
def test_a_failing_check_is_quick(exercise):
    started = time.process_time()
    failure(exercise.id, exercise.mistakes[0].answer)
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("exercise", [x for x in FUNCTIONS if x.id not in BLOCKS])
def test_the_first_case_can_be_worked_by_hand(exercise):
    most = 40 if exercise.id == "inception" else 20  # a 5x5 filter alone has 25 numbers
    assert exercise.cases[0].size <= most
    assert exercise.cases[0].size == min(case.size for case in exercise.cases[:2])


def test_the_first_case_of_a_block_is_two_filters_that_hand_on_and_a_few_pixels():
    for name in ("residual-block", "residual-block-backward"):
        case = EXERCISES[name].cases[0]
        filters = case.arguments["weight1"], case.arguments["weight2"]
        assert case.size - sum(x.numel() for x in filters) <= 10
        assert all(x.shape == (1, 1, 3, 3) and x.sum() == x[0, 0, 1, 1] == 1 for x in filters)


@pytest.mark.parametrize(
    "exercise_id", [i for i in ANSWERS if isinstance(EXERCISES[i], ValueExercise)]
)
def test_a_value_exercise_never_shows_the_answer(exercise_id):
    exercise = EXERCISES[exercise_id]
    shown = [exercise.advice, *(m.hint + m.name for m in exercise.mistakes)]
    shown.append(failure(exercise_id, [99] if isinstance(exercise.reference, list) else 123456))
    for text in shown:
        assert not re.search(rf"(?<!\d){re.escape(str(exercise.reference))}(?!\d)", text)


def test_checks_leave_the_global_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    check("conv2d-naive", right("conv2d-naive"))
    assert torch.equal(torch.rand(4), expected)


# --- messages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", FUNCTIONS)
def test_an_untouched_stub(exercise):
    def stub(*args, **options):
        raise NotImplementedError

    assert "not written yet" in failure(exercise.id, stub)
    assert "not written yet" in failure(exercise.id, None)
    nothing = failure(exercise.id, lambda *_, **__: None)
    said = "Did you forget `return`?" if exercise.kind == "function" else "Module is expected"
    assert said in " ".join(nothing.split())
    assert f"must be a {exercise.kind}; it is a tensor" in failure(exercise.id, torch.zeros(3))


@pytest.mark.parametrize("placeholder", [None, ..., NotImplemented])
def test_an_untouched_value(placeholder):
    assert "not written yet" in failure("receptive-field-stack", placeholder)
    assert "not written yet" in failure("strides-that-fit", placeholder)


def test_a_failure_shows_call_inputs_result_and_expectation():
    message = failure("conv2d-naive", lambda input, weight, *_, **__: torch.zeros(1, 1, 2, 2))
    assert "conv2d_naive(input, weight)" in message
    assert "      1 2 3\n      4 5 6\n      7 8 9\n" in message
    assert "came back (shape (1, 1, 2, 2)):\n      0 0\n      0 0\n" in message
    assert message.endswith("expected (shape (1, 1, 2, 2)):\n      17 23\n      35 41")


def test_differences_of_kind_come_before_numbers():
    def spoilt(change):
        answer = right("conv2d-vectorised")
        message = failure("conv2d-vectorised", lambda *a, **o: change(answer(*a, **o)))
        return " ".join(message.split())

    assert "The shape is (1, 2, 2); it should be (1, 1, 2, 2)" in spoilt(lambda x: x[0])
    assert "The dtype is float16; it should be float32" in spoilt(lambda x: x.half())
    assert "a NumPy array came back; a tensor is expected" in spoilt(lambda x: x.numpy())
    assert "The dtype is float32; it should be float64" in spoilt(lambda x: x.float())
    assert "lower precision" in spoilt(lambda x: x.float().to(x.dtype))


def test_a_result_on_another_device():
    answer = right("conv2d-vectorised")
    message = failure("conv2d-vectorised", lambda *a, **o: answer(*a, **o).to("meta"))
    assert "The result is on the device meta; the input is on cpu" in message


def test_an_exception_is_shown_with_its_line():
    source = "def conv2d_naive(input, weight, bias=None, stride=1, padding=0):\n"
    source += "    return input[0, 0, 100]\n"
    message = failure("conv2d-naive", answer_of("conv2d-naive", source))
    assert "IndexError: index 100 is out of bounds" in message
    assert "in conv2d_naive, line 2 of the cell" in message
    assert "conv2d_naive(input, weight)" in message


def test_changing_an_argument_is_found():
    answer = right("conv2d-naive")

    def in_place(input, weight, bias=None, stride=1, padding=0):
        result = answer(input, weight, bias, stride, padding)
        weight *= 2
        return result

    assert "changes its argument `weight` in place" in failure("conv2d-naive", in_place)


def test_where_it_goes_wrong():
    answer = right("conv2d-naive")

    def with_stride(input, weight, bias=None, stride=1, padding=0):
        return answer(input, weight, bias, stride, padding) * (1 if stride == 1 else 2)

    message = failure("conv2d-naive", with_stride)
    assert "Every case with stride 1 is right, every case with stride > 1 is wrong." in message


def test_two_mistakes_at_once_are_both_named():
    def ceil_and_silent(input_size, kernel_size, stride=1, padding=0):
        return math.ceil((input_size - kernel_size + 2 * padding) / stride) + 1

    message = failure("conv-output-size", ceil_and_silent)
    both = "the division is rounded up, and nothing is raised when the kernel does not fit"
    assert f"This is what you get if {both}:" in message


ORDERED = [id for id in ANSWERS if getattr(EXERCISES[id], "order", "")]


@pytest.mark.parametrize("exercise_id", ORDERED)
def test_right_numbers_in_another_order_are_told_the_order_of_this_exercise(exercise_id):
    exercise = EXERCISES[exercise_id]
    for numbers in {*permutations(exercise.reference)} - {tuple(exercise.reference)}:
        message = " ".join(failure(exercise_id, list(numbers)).split())
        assert exercise.order in message
        # Only a volume has a depth: the outputs on a line do not.
        assert ("depth" in message) == ("depth" in exercise.order)


def test_an_unknown_mistake_is_given_no_name():
    answer = right("conv2d-naive")
    message = failure("conv2d-naive", lambda *a, **o: answer(*a, **o) + 0.5)
    assert "This is what you get if" not in message


@pytest.mark.parametrize("value", [11.0, np.float64(11)])
def test_a_whole_float_is_refused(value):
    message = failure("receptive-field-stack", value)
    assert "11.0 is a float" in message and "`//`" in message
    assert "`//`" in failure("strides-that-fit", [1.0, 2.0, 3.0, 6.0])


@pytest.mark.parametrize(
    "value", [True, np.bool_(True), "11", torch.tensor([11]), torch.tensor(11.0)]
)
def test_other_kinds_of_numbers_are_refused(value):
    assert "an int is expected" in failure("receptive-field-stack", value)


@pytest.mark.parametrize("value", [11, np.int64(11), torch.tensor(11), np.array(11)])
def test_integers_of_every_kind_are_accepted(value):
    check("receptive-field-stack", value)


def test_a_list_is_as_good_as_a_tuple_and_a_set_is_neither(capsys):
    answer = right("conv-params")
    check("conv-params", lambda *a: list(answer(*a)))
    assert PASSED in capsys.readouterr().out
    message = failure("conv-params", lambda *a: set(answer(*a)))
    assert "a set came back; a tuple (weights, biases) is expected" in message


def test_an_unknown_exercise():
    with pytest.raises(KeyError, match="conv-output-size"):
        check("conv-output", 3)


def test_jupyter_shows_the_message_without_a_traceback():
    try:
        check("receptive-field-stack", 7)
    except CheckFailed as error:
        shown = "\n".join(error._render_traceback_())
        assert "Traceback" not in shown
        for colour in ("\x1b[1;31m", "\x1b[1m", "\x1b[0m"):
            shown = shown.replace(colour, "")
        assert shown == f"✗ {error}"


# --- forbidden calls ----------------------------------------------------------------------------

FORWARD = {
    "F.conv2d": "return F.conv2d(input, weight, bias, stride, padding)",
    "an alias": "library = torch.conv2d; return library(input, weight, bias, stride, padding)",
    "torch.ops": (
        "return torch.ops.aten.conv2d(input, weight, bias, [stride, stride], [padding, padding])"
    ),
    "an overload": (
        "return torch.ops.aten.conv2d.default(input, weight, bias, [stride] * 2, [padding] * 2)"
    ),
    "an operator below": """
    convolve = torch.ops.aten._slow_conv2d_forward
    padded = F.pad(input, (padding,) * 4)
    return convolve(padded, weight, weight.shape[2:], bias, [stride] * 2, [0, 0])""",
    "C code": """
    import functools
    convolve = functools.partial(torch.conv2d, stride=stride, padding=padding)
    return next(map(convolve, [input], [weight], [bias]))""",
    "a module that has another name": """
    names = {**vars(__import__('sys').modules[functional.conv2d.__module__]), "__name__": "mine"}
    return type(functional.conv2d)(functional.conv2d.__code__, names, argdefs=(None, 1, 0, 1, 1))(
        input, weight, bias, stride, padding, method="auto"
    )""",
    "NumPy": """
    import numpy as np
    rows = [np.convolve(row, weight[0, 0, 0].flip(0)) for row in input[0, 0]]
    return torch.tensor(np.stack(rows))[None, None]""",
    "nn.Conv2d": """
    layer = torch.nn.Conv2d(input.shape[1], len(weight), weight.shape[-1], stride, padding)
    layer.weight.data = weight
    layer.bias.data = torch.zeros(len(weight)) if bias is None else bias
    return layer(input).detach()""",
    "utils.functional": "return functional.conv2d(input, weight, bias, stride, padding)",
    "conv_transpose2d": (
        "F.conv_transpose2d(input, weight[:1].transpose(0, 1)); return F.conv2d(input, weight)"
    ),
}
BACKWARD = {
    "nn.grad": """
    return torch.nn.grad.conv2d_input(input.shape, weight, grad_output, stride, padding)""",
    "autograd": """
    x = input.clone().requires_grad_()
    patches = F.unfold(x, weight.shape[-1], padding=padding, stride=stride)
    out = (weight.flatten(1) @ patches).view_as(grad_output)
    {call}""",
    "conv_transpose2d": (
        "return F.conv_transpose2d(grad_output, weight, stride=stride, padding=padding)"
    ),
}


@pytest.mark.parametrize("exercise_id", ["conv2d-naive", "conv2d-vectorised"])
@pytest.mark.parametrize("way", FORWARD)
def test_the_library_may_not_do_the_convolution(exercise_id, way):
    name = exercise_id.replace("-", "_")
    source = f"def {name}(input, weight, bias=None, stride=1, padding=0):\n    {FORWARD[way]}\n"
    message = failure(exercise_id, answer_of(exercise_id, source))
    assert f"{name} calls `" in message and "does not allow" in message


def test_other_libraries_may_not_pool_either():
    def avg_pool2d(input, kernel_size, stride=None, padding=0, count_include_pad=True):
        return Image.fromarray(input[0, 0].numpy()).reduce(kernel_size)

    message = failure("avg-pool2d", avg_pool2d)
    assert "calls `PIL`" in message and "does not allow" in message


@pytest.mark.parametrize(
    "body",
    [
        BACKWARD["nn.grad"],
        BACKWARD["conv_transpose2d"],
        BACKWARD["autograd"].format(call="return torch.autograd.grad(out, x, grad_output)[0]"),
        BACKWARD["autograd"].format(call="out.backward(grad_output); return x.grad"),
    ],
)
def test_the_library_may_not_differentiate(body):
    source = (
        f"def conv2d_backward_input(grad_output, input, weight, stride=1, padding=0):\n    {body}\n"
    )
    message = failure("conv2d-backward-input", answer_of("conv2d-backward-input", source))
    assert "conv2d_backward_input calls `" in message


def test_the_course_s_own_sizes_may_not_be_called():
    for exercise_id in ("conv-output-size", "conv-params"):
        library = getattr(sizing, exercise_id.replace("-", "_"))
        assert "calls `utils.sizing`" in failure(exercise_id, library)


def test_no_grad_is_no_autograd():
    answer = right("conv2d-backward-input")

    def without_gradients(*args, **options):
        with torch.no_grad():
            return answer(*args, **options)

    check("conv2d-backward-input", without_gradients)


@pytest.mark.parametrize(
    "call",
    [
        "F.conv2d(input, weight, bias, groups=groups)",
        "F.conv2d(input, weight, bias, 1, 0, 1, groups)",
        "functools.partial(torch.conv2d, groups=groups)(input, weight, bias)",
        "list(map(lambda x: torch.conv2d(x, weight, bias, groups=groups), [input]))[0]",
        "torch.ops.aten.conv2d(input, weight, bias, groups=groups)",
    ],
)
def test_groups_may_not_be_left_to_the_library(call):
    source = (
        f"import functools\ndef grouped_conv2d(input, weight, bias, groups):\n    return {call}\n"
    )
    message = failure("grouped-conv2d", answer_of("grouped-conv2d", source))
    assert "calls `torch.conv2d(groups>1)`" in message


def test_groups_may_be_convolved_all_at_once_with_vmap():
    # torch makes one convolution with groups of it; the answer has not asked for that.
    def grouped_conv2d(input, weight, bias, groups):
        images = torch.stack(input.chunk(groups, 1))
        out = torch.vmap(torch.conv2d)(images, torch.stack(weight.chunk(groups)))
        return out.transpose(0, 1).flatten(1, 2) + bias[:, None, None]

    check("grouped-conv2d", grouped_conv2d)


def test_an_answer_that_calls_itself_for_ever_is_not_blamed_for_the_end_of_the_watch():
    def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
        return conv2d_naive(input, weight, bias, stride, padding)

    message = failure("conv2d-naive", conv2d_naive)
    assert "RecursionError" in message and "does not allow" not in message


# --- devices ------------------------------------------------------------------------------------


def test_the_last_cases_run_on_the_device_too(monkeypatch):
    # Fresh copies, because the cases are remembered. No tensor is made on the device here.
    for kind, more in (("cuda", 6), ("mps", 3), ("cpu", 0)):
        monkeypatch.setattr(core, "device", lambda kind=kind: torch.device(kind))
        exercise = EXERCISES["conv2d-vectorised"]
        monkeypatch.setitem(exercise.__dict__, "all_cases", None)
        del exercise.__dict__["all_cases"]
        assert len(exercise.all_cases) == len(exercise.cases) + more
        del exercise.__dict__["all_cases"]
