"""Lesson 8: a batch norm that disappears into its conv layer.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch

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
    forbidden=("utils.mine.loans.fold_batch_norm",),
    instead="That is the answer itself, on loan: multiply out what batch norm does.",
    every_device=True,
    part="fold_batch_norm",
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
