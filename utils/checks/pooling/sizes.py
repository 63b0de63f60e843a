"""Lesson 3: how large is what a pooling layer gives out."""

from utils.checks.cases import table
from utils.checks.core import Case, Exercise, Mistake, Trait, ValueExercise
from utils.checks.mistakes import edit
from utils.checks.pooling.cases import OVERLAP


def _places(input_size, kernel_size, stride):
    if kernel_size > input_size:
        raise ValueError("the window does not fit")
    return (input_size - kernel_size) // stride + 1


def _room(case: Case) -> int:
    return case.arguments["input_size"] - case.arguments["kernel_size"]


pool_output_size = Exercise(
    "pool-output-size",
    reference=_places,
    cases=table(
        "input_size kernel_size stride",
        [(4, 2, 2), (5, 2, 2), (9, 3, 3), (5, 3, 1), (7, 3, 2), (7, 2, 3), (3, 3, 2)],
        [(55, 3, 2), (56, 3, 2), (224, 2, 2), (2, 3, 1)],
    ),
    traits=(
        OVERLAP,
        Trait("pixels left over", "no pixel left over", lambda c: _room(c) % c.arguments["stride"]),
        Trait("a window larger than the input", "a window that fits", lambda c: _room(c) < 0),
    ),
    forbidden=("utils.sizing", "utils.functional", "utils.nn"),
    instead="Count: how much room is beside the first window, and how much does a step use up?",
)

pool_output_size.mistake(
    "the division is rounded up",
    "A window that does not fit as a whole is not there at all: round down.",
    edit("(input_size - kernel_size) // stride", "-(-(input_size - kernel_size) // stride)"),
)
pool_output_size.mistake(
    "the first place is not counted",
    "The division counts the steps. The window stands somewhere before its first step.",
    edit(" + 1"),
)
pool_output_size.mistake(
    "the window moves by one pixel", "It moves by the stride.", edit(" // stride")
)
pool_output_size.mistake(
    "the windows are laid side by side",
    "That is so only when the stride equals the window. Here they may overlap, or leave gaps.",
    edit("(input_size - kernel_size) // stride + 1", "input_size // kernel_size"),
)
pool_output_size.mistake(
    "the size is only divided by the stride",
    "The last window must lie within the input: its extent uses up room too.",
    edit("(input_size - kernel_size) // stride + 1", "input_size // stride"),
)
pool_output_size.mistake(
    "the result is not rounded", "A number of places is a whole number: use `//`.", edit("//", "/")
)
pool_output_size.mistake(
    "a window that does not fit is let through",
    "There is no place for a window larger than the input: raise a ValueError.",
    edit('raise ValueError("the window does not fit")', "pass"),
)


# --- pool-volume: 224x224x64 through 2x2 windows at stride 2 -------------------------------------

pool_volume = ValueExercise(
    "pool-volume",
    reference=[112, 112, 64],
    order="[width, height, depth]",
    advice="Work out the width with your pool_output_size. The height is the same. What does "
    "pooling do to the depth?",
    passed="each slice is pooled by itself, so the depth stays.",
    mistakes=[
        Mistake(
            "the depth is halved too",
            "The window lies on one slice at a time. What happens to the number of slices?",
            [112, 112, 32],
        ),
        Mistake(
            "the depth is doubled",
            "In VGG the conv layer *behind* the pooling layer doubles the depth.",
            [112, 112, 128],
        ),
        Mistake(
            "the windows overlap",
            "With stride 2 the window moves on by two pixels.",
            [223, 223, 64],
        ),
        Mistake("all slices are pooled into one", "Each slice is pooled by itself.", [112, 112, 1]),
        Mistake(
            "only the width is pooled",
            "The window has two sides, and moves in both directions.",
            [112, 224, 64],
        ),
    ],
)
