"""Lesson 4: the slide's questions, as numbers."""

from utils.checks.core import Mistake, ValueExercise

_ORDER = "[width, height, depth]"
_DEPTH_FIRST = "A tensor has its axes in that order. Asked for is the lecture's, " + _ORDER + "."
_STEPS = "The division counts the steps; the window stands somewhere before its first step."

# --- 227x227x3 through 96 filters of 11x11, stride 4, pad 0 --------------------------------------

alexnet_conv1_volume = ValueExercise(
    "alexnet-conv1-volume",
    reference=[55, 55, 96],
    order=_ORDER,
    advice="The formula of lesson 1 gives the width: how much room is beside the window, and how "
    "many steps of 4 fit into it? The depth is the number of filters.",
    passed="the window ends exactly at the last pixel.",
    mistakes=[
        Mistake("the first place is not counted", _STEPS, [54, 54, 96]),
        Mistake(
            "the size is only divided by the stride",
            "The last window must lie within the image: its extent uses up room too.",
            [56, 56, 96],
        ),
        Mistake(
            "the stride is forgotten",
            "The window moves on by 4 pixels at each step.",
            [217, 217, 96],
        ),
        Mistake(
            "the depth of the input is kept",
            "Each filter reaches through all channels, and gives one slice. How many are there?",
            [55, 55, 3],
        ),
        Mistake(
            "each filter is thought to keep the three colours apart",
            "A filter sums over the colours: one slice for each filter.",
            [55, 55, 288],
        ),
        Mistake("the depth comes first", _DEPTH_FIRST, [96, 55, 55]),
    ],
)

alexnet_conv1_weights = ValueExercise(
    "alexnet-conv1-weights",
    reference=11 * 11 * 3 * 96,
    advice="How many numbers are in one filter, and how many filters are there?",
    passed="this is what stands on the slide.",
    mistakes=[
        Mistake(
            "the biases are counted too",
            "The slide counts weights only. With one bias a filter it would be 96 more.",
            11 * 11 * 3 * 96 + 96,
        ),
        Mistake(
            "a filter has no depth", "A filter reaches through the three colours.", 11 * 11 * 96
        ),
        Mistake("only one filter is counted", "The layer has 96 of them.", 11 * 11 * 3),
        Mistake(
            "the weights are counted once for each place",
            "All places share the same weights.",
            55 * 55 * 11 * 11 * 3 * 96,
        ),
        Mistake("the kernel has only one side", "It is 11 wide *and* 11 high.", 11 * 3 * 96),
    ],
)

alexnet_pool1_volume = ValueExercise(
    "alexnet-pool1-volume",
    reference=[27, 27, 96],
    order=_ORDER,
    advice="Use the formula for pooling of lesson 3. It rounds down. What happens to the depth?",
    passed="the last row and column of the 55 are seen by no window.",
    mistakes=[
        Mistake(
            "the division is rounded up",
            "A window that does not fit as a whole is left out.",
            [28, 28, 96],
        ),
        Mistake("the depth is halved too", "Each slice is pooled by itself.", [27, 27, 48]),
        Mistake("the first place is not counted", _STEPS, [26, 26, 96]),
        Mistake(
            "the windows overlap",
            "With stride 2 the window moves on by its own size.",
            [54, 54, 96],
        ),
        Mistake("the depth comes first", _DEPTH_FIRST, [96, 27, 27]),
    ],
)

# --- (224, 0), (227, 0), (224, 2), (223, 0), (224, 1) for 11x11 at stride 4 ----------------------

sizes_that_divide = ValueExercise(
    "sizes-that-divide",
    reference=[2, 4],
    advice="For each line: how much room is beside the first window, W + 2P - 11? Do steps of 4 "
    "fill it exactly?",
    passed="in the other lines pixels are left over at the end.",
    mistakes=[
        Mistake(
            "every line that gives 55 places is named",
            "One of them gives 55 places only because of rounding: pixels are left over there.",
            [2, 3],
        ),
        Mistake(
            "the paper's 224 is trusted", "Work the room out: 224 - 11. Does 4 divide it?", [1]
        ),
        Mistake(
            "the padding is counted on one side only", "P zeros are put on each side.", [2, 4, 5]
        ),
        Mistake("only one line is named", "Go through all of them: there is another one.", [2]),
    ],
)
