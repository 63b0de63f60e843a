"""Lesson 2: the region that a unit sees through several layers."""

from utils.checks.core import Mistake, ValueExercise

# --- receptive-field-stack: 3x3/2, 3x3/1, 3x3/1 -------------------------------------------------

receptive_field_stack = ValueExercise(
    "receptive-field-stack",
    reference=11,
    advice="Go from one unit at the top down to the input, layer by layer: how many units of the "
    "layer below does a row of n units see with stride 1, and with stride 2?",
    passed="the region grows through all three layers, stride included.",
    mistakes=[
        Mistake(
            "the stride is ignored",
            "After the layer with stride 2, neighbours are two pixels apart. What does that do to "
            "the steps of the layers above it?",
            7,
        ),
        Mistake(
            "the kernel sizes are multiplied",
            "Neighbouring windows overlap: a layer adds to the region, it does not multiply it.",
            27,
        ),
        Mistake(
            "only the last layer is looked at",
            "Its 3 units each see a region of the layer below, and so on down to the input.",
            3,
        ),
        Mistake(
            "the kernel sizes are added",
            "Neighbouring windows overlap, so a layer adds less than its kernel; and a step of an "
            "upper layer is worth more than one pixel.",
            9,
        ),
        Mistake(
            "a layer's stride already widens its own window",
            "A layer's window is measured in the steps of its *input*; its own stride only spreads "
            "what comes after it.",
            13,
        ),
        Mistake(
            "each layer adds its whole kernel",
            "A window grows by one less than the kernel: its first pixel is already counted.",
            16,
        ),
        Mistake(
            "the area is given instead of the side",
            "The receptive field is given by its side here, as in '7x7'.",
            121,
        ),
        Mistake(
            "the single unit at the start is left out",
            "With no layer at all a unit sees itself: start from 1, not from 0.",
            10,
        ),
    ],
)
