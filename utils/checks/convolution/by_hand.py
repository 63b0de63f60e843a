"""Lesson 1: a window of three weights on a line of five pixels, with pencil and paper."""

from utils.checks.core import Mistake, ValueExercise

# x = (2, 0, 3, 1, 4) and w = (1, -1, 2), stride 1, no padding, no bias.
X, W = (2, 0, 3, 1, 4), (1, -1, 2)

window_on_a_line = ValueExercise(
    "window-on-a-line",
    reference=[sum(w * x for w, x in zip(W, X[i:], strict=False)) for i in range(3)],
    order="[y0, y1, y2]",
    advice="Lay the three weights on the first three pixels, multiply each pixel by the weight on "
    "it, and add up. Then move the weights one pixel to the right, and do it again.",
    passed="the same three weights at each of the three windows.",
    mistakes=[
        Mistake(
            "the weights are laid on the pixels from right to left",
            "The first weight lies on the first pixel of the window. (What you have computed has a "
            "name of its own: section 7.)",
            [7, -2, 9],
        ),
        Mistake(
            "the minus sign is lost",
            "The weight in the middle is negative: it takes its pixel away.",
            [8, 5, 12],
        ),
        Mistake(
            "the window stops one step early",
            "The last window ends at the last pixel. How many windows are there?",
            [8, -1],
        ),
        Mistake(
            "the window hangs over the end of the line",
            "All three weights must lie on a pixel: there is none beyond the last.",
            [8, -1, 10, -3],
        ),
        Mistake(
            "the windows lie side by side",
            "The window moves by one pixel, so that neighbouring windows share two.",
            [8],
        ),
        Mistake(
            "zeros are put around the line",
            "Here the window stays inside the line. (Zeros at its ends come in section 4.)",
            [-2, 8, -1, 10, -3],
        ),
        Mistake(
            "the last product of each window is left out",
            "There are three products in each sum.",
            [2, -3, 2],
        ),
        Mistake(
            "each window's pixels are added up, and the weights are not used",
            "Multiply each pixel by the weight that lies on it, then add.",
            [5, 4, 8],
        ),
    ],
)
