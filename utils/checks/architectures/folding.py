"""Lesson 8: a batch norm that disappears into its conv layer, and a filter taken apart.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch

from utils.checks.cases import table
from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

# --- fold-batch-norm -----------------------------------------------------------------------------


def _fold(weight, running_mean, running_var, scale, shift, eps=1e-5):
    factor = scale / torch.sqrt(running_var + eps)
    return weight * factor[:, None, None, None], shift - running_mean * factor


def _case(seed, filters, channels, size, **options):
    arguments = {"weight": whole_numbers(filters, channels, size, size, seed=seed)}
    for place, name in enumerate(("running_mean", "running_var", "scale", "shift"), start=1):
        arguments[name] = whole_numbers(filters, seed=seed + place)
    arguments["running_var"] = arguments["running_var"].abs()
    return Case(arguments | options)


_cases = [
    _case(0, 1, 1, 1, eps=1.0),
    _case(10, 1, 1, 2),
    _case(20, 2, 1, 1, eps=0.5),
    _case(30, 2, 2, 2),
    _case(40, 3, 2, 3, eps=2.0),
    _case(50, 4, 4, 3),
]

fold_batch_norm = Exercise(
    "fold-batch-norm",
    reference=_fold,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        Trait("several filters", "one filter", lambda c: len(c.arguments["weight"]) > 1),
        Trait("several channels", "one channel", lambda c: c.arguments["weight"].shape[1] > 1),
    ),
    returns=("weight", "bias"),
    every_device=True,
)

fold_batch_norm.mistake(
    "the mean is forgotten",
    "Before it is scaled, the running mean is taken away: that part goes into the bias.",
    edit("shift - running_mean * factor", "shift.clone()"),
)
fold_batch_norm.mistake(
    "the mean is taken away unscaled",
    "The mean is taken away first and scaled with everything else.",
    edit("running_mean * factor", "running_mean"),
)
fold_batch_norm.mistake(
    "the mean is added",
    "Batch norm takes the mean *away*.",
    edit("shift - running_mean", "shift + running_mean"),
)
fold_batch_norm.mistake(
    "it is divided by the variance",
    "Divide by the root of running_var + eps.",
    edit("torch.sqrt(running_var + eps)", "(running_var + eps)"),
)
fold_batch_norm.mistake(
    "eps is added outside the root",
    "eps is added to the variance, before the root.",
    edit("torch.sqrt(running_var + eps)", "(torch.sqrt(running_var) + eps)"),
)
fold_batch_norm.mistake(
    "the scale is left out",
    "After normalising, batch norm multiplies by its weight, here called scale.",
    edit("scale / torch", "1 / torch"),
)
fold_batch_norm.mistake(
    "the factors stand along the wrong axis",
    "There is one factor for each *filter*: axis 0 of the weight, so factor[:, None, None, None].",
    edit("factor[:, None, None, None]", "factor"),
)

# --- separable-weights ---------------------------------------------------------------------------


def _separable(channels, filters, size):
    return channels * size * size + channels * filters


separable_weights = Exercise(
    "separable-weights",
    reference=_separable,
    cases=table(
        "channels filters size",
        [(1, 1, 2), (2, 1, 2), (1, 2, 2), (3, 5, 1), (4, 4, 3), (64, 128, 3), (16, 8, 5)],
    ),
    traits=(
        Trait("several channels", "one channel", lambda case: case.arguments["channels"] > 1),
        Trait("several filters", "one filter", lambda case: case.arguments["filters"] > 1),
    ),
    forbidden=("utils.sizing", "utils.nn", "torch.nn.modules.conv"),
    instead="Count the weights of the two layers, and add.",
)

separable_weights.mistake(
    "the weights of an ordinary conv layer are counted",
    "Here no filter reaches through all channels *and* a whole window.",
    edit("size * size + channels * filters", "filters * size * size"),
)
separable_weights.mistake(
    "the 1x1 layer is forgotten",
    "The second layer has a weight for each pair of a channel and a filter.",
    edit(" + channels * filters"),
)
separable_weights.mistake(
    "the depthwise layer is forgotten",
    "The first layer has one filter of size x size for each channel.",
    edit("channels * size * size + "),
)
separable_weights.mistake(
    "the depthwise layer is given a filter for each output channel",
    "It comes first: it has one filter for each *input* channel.",
    edit("channels * size", "filters * size"),
)
separable_weights.mistake(
    "the depthwise filters reach through all channels",
    "Each of them sees a single channel.",
    edit("channels * size", "channels * channels * size"),
)
separable_weights.mistake(
    "the two layers' weights are multiplied",
    "They are two layers one behind the other: add.",
    edit("+ channels", "* channels"),
)
separable_weights.mistake(
    "the window has one side only", "A filter has size * size weights.", edit("size * size", "size")
)
