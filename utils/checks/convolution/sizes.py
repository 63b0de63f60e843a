"""Lesson 1: the output size, and which strides fit."""

from utils.checks.cases import table
from utils.checks.convolution.cases import PADDING, STRIDE, padding, stride
from utils.checks.core import Case, Exercise, Mistake, Trait, ValueExercise
from utils.checks.mistakes import edit

# --- conv-output-size ---------------------------------------------------------------------------


def _output_size(input_size, kernel_size, stride=1, padding=0):
    padded = input_size + 2 * padding
    if kernel_size > padded:
        raise ValueError("the kernel does not fit into the padded input")
    return (padded - kernel_size) // stride + 1


def _fits(case: Case) -> bool:
    return case.arguments["kernel_size"] <= case.arguments["input_size"] + 2 * padding(case)


def _divides(case: Case) -> bool:
    span = case.arguments["input_size"] - case.arguments["kernel_size"] + 2 * padding(case)
    return span % stride(case) == 0


conv_output_size = Exercise(
    "conv-output-size",
    reference=_output_size,
    cases=table(
        "input_size kernel_size stride padding",
        [(5, 3), (3, 3), (7, 3, 2), (8, 2, 2), (7, 3, 1, 1), (1, 3, 1, 1), (7, 3, 3)],
        [(8, 4, 3, 1), (10, 3, 4), (8, 3, 4, 1), (32, 5, 1, 2), (227, 11, 4), (224, 11, 4, 2)],
        [(2, 3), (5, 7, 3), (1, 4, 1, 1)],
    ),
    traits=(
        Trait("kernels that do not fit (ValueError)", "kernels that fit", lambda c: not _fits(c)),
        Trait("a stride that leaves a rest", "strides that fit exactly", lambda c: not _divides(c)),
        STRIDE,
        PADDING,
    ),
    ranges=("stride", "padding"),
    forbidden=("utils.sizing",),
    instead="Work the size out from the formula of the lecture.",
)

conv_output_size.mistake(
    "the division is rounded up",
    "A kernel that would hang over the edge is not placed at all: count only whole positions.",
    edit("(padded - kernel_size) // stride", "-(-(padded - kernel_size) // stride)"),
)
conv_output_size.mistake(
    "the division is rounded to the nearest whole number",
    "Half a step is no step: look at W=7, F=3, S=3, where the kernel can move once.",
    edit("(padded - kernel_size) // stride", "round((padded - kernel_size) / stride)"),
)
conv_output_size.mistake(
    "the padding is counted once",
    "P zeros are put on *each* side of the input. How much wider does the input become?",
    edit("2 * padding", "padding"),
)
conv_output_size.mistake(
    "the padding is left out",
    "The kernel slides over the padded input, which is wider than W.",
    edit(" + 2 * padding"),
)
conv_output_size.mistake(
    "the + 1 is left out",
    "The division counts the steps between positions. The first position needs no step: think of "
    "a kernel as large as the input.",
    edit(" + 1"),
)
conv_output_size.mistake(
    "the + 1 is inside the division",
    "Divide first, then count the first position. Brackets decide it.",
    edit(") // stride + 1", " + 1) // stride"),
)
conv_output_size.mistake(
    "half of the kernel is subtracted",
    "That keeps the kernel's *centre* inside. Here the whole kernel must lie in the padded input: "
    "how far can its first column move?",
    edit("- kernel_size", "- kernel_size // 2"),
)
conv_output_size.mistake(
    "the stride is ignored", "A stride of S visits only every S-th position.", edit(" // stride")
)
conv_output_size.mistake(
    "nothing is raised when the kernel does not fit",
    "A kernel larger than the padded input has no position at all. The formula does not notice: "
    "raise a ValueError before you use it.",
    edit('raise ValueError("the kernel does not fit into the padded input")', "pass"),
)
conv_output_size.mistake(
    "the kernel is compared with the input before it is padded",
    "A kernel of 3 fits into an input of 1 when a zero is put on each side.",
    edit("kernel_size > padded", "kernel_size > input_size"),
)
conv_output_size.mistake(
    "a stride that leaves a rest is refused",
    "The lecture's slide assumes that the division is whole. Libraries do not: they leave out the "
    "columns that the last step does not reach, and so should you.",
    edit("kernel_size > padded", "kernel_size > padded or (padded - kernel_size) % stride"),
)
conv_output_size.mistake(
    "`/` is used to divide",
    "`/` gives a float, even for whole numbers; a size must be an int. `//` divides and rounds "
    "down.",
    edit("//", "/"),
)


# --- strides-that-fit: W=11, F=5, P=0 -----------------------------------------------------------

strides_that_fit = ValueExercise(
    "strides-that-fit",
    reference=[stride for stride in range(1, 8) if (11 - 5) % stride == 0],
    advice="Write (11 - 5 + 0)/S + 1 for each S from 1 to 7. Which strides leave no rest?",
    passed="exactly these strides from 1 to 7 make the formula whole.",
    mistakes=[
        Mistake(
            "the kernel's size is not subtracted",
            "The kernel fills the first F columns; it can only move over the rest of the input.",
            [1],
        ),
        Mistake(
            "the + 1 is added before dividing",
            "Divide the way the kernel can move, W - F, and only then count the first position.",
            [1, 7],
        ),
        Mistake(
            "strides larger than the kernel are left out",
            "Such a stride skips columns, which may be unwise, but the formula can still be whole.",
            [1, 2, 3],
        ),
        Mistake(
            "every stride is taken that floor division accepts",
            "Floor division always gives a whole number. The question is when nothing is cut off.",
            [1, 2, 3, 4, 5, 6, 7],
        ),
        Mistake(
            "the strides that do *not* fit are listed",
            "Read the question once more: which strides use the input up exactly?",
            [4, 5, 7],
        ),
        Mistake(
            "output sizes are listed instead of strides",
            "These are the values of the formula. Which S did you put in to get them?",
            [7, 4, 3, 2],
        ),
        Mistake("stride 1 is left out", "Moving one column at a time fits any input.", [2, 3, 6]),
        Mistake(
            "half of the kernel is subtracted, as for its centre",
            "The whole kernel must lie inside the input: subtract F, not F/2.",
            [1, 3],
        ),
    ],
)
