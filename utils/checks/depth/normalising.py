"""Lesson 6: batch normalisation, forward and backward, and its running statistics.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

from utils.checks.cases import CHANNELS, IMAGES, PIXELS
from utils.checks.convolution.cases import DERIVATIVES, in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit
from utils.functional import batch_norm as library
from utils.functional import batch_norm_backward as library_backward

NORMALISATION = (
    "torch.batch_norm",
    "torch.native_batch_norm",
    "torch.layer_norm",
    "torch.instance_norm",
    "torch.group_norm",
    "torch.nn.modules.batchnorm",
    "torch.nn.modules.normalization",
    "utils.functional",
    "utils.nn",
)

# --- batch-norm ----------------------------------------------------------------------------------


def _normalise(input, weight, bias, eps=1e-5):
    axes = (0, 2, 3)
    mean = input.mean(axes, keepdim=True)
    variance = input.var(axes, correction=0, keepdim=True)
    normalised = (input - mean) / (variance + eps).sqrt()
    return normalised * weight[:, None, None] + bias[:, None, None]


def _case(seed, images, channels, height, width, **options):
    return Case(
        {
            "input": whole_numbers(images, channels, height, width, seed=seed),
            "weight": whole_numbers(channels, seed=seed + 1),
            "bias": whole_numbers(channels, seed=seed + 2),
            **options,
        }
    )


_cases = [
    _case(0, 2, 1, 1, 2, eps=1.0),
    _case(10, 2, 1, 2, 2),
    _case(20, 3, 2, 1, 1, eps=1.0),
    _case(30, 1, 2, 2, 2, eps=0.5),
    _case(40, 2, 2, 2, 3, eps=2.0),
    _case(50, 4, 3, 3, 2),
]

batch_norm = Exercise(
    "batch-norm",
    reference=lambda input, weight, bias, eps=1e-5: library(
        input, None, None, weight, bias, training=True, eps=eps
    ),
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        CHANNELS,
        PIXELS,
        IMAGES,
    ),
    forbidden=NORMALISATION,
    instead="Write it out: mean, variance, normalise, scale, shift.",
    every_device=True,
    written=_normalise,
    part="batch_norm",
)

batch_norm.mistake(
    "each image is normalised by itself",
    "Mean and variance run over all images of the batch and all their pixels: dim=(0, 2, 3).",
    edit("(0, 2, 3)", "(2, 3)"),
)
batch_norm.mistake(
    "all channels are normalised together",
    "Each channel has a mean and a variance of its own.",
    edit("(0, 2, 3)", "(0, 1, 2, 3)"),
)
batch_norm.mistake(
    "each pixel has statistics of its own",
    "The filter is the same at each pixel, so all its pixels share a mean: dim=(0, 2, 3).",
    edit("(0, 2, 3)", "0"),
)
batch_norm.mistake(
    "the variance is divided by m - 1",
    "The batch's own variance is meant: divided by m. In torch: var(..., correction=0).",
    edit("correction=0, "),
)
batch_norm.mistake(
    "eps is added outside the root",
    "eps is added to the *variance*, before the root.",
    edit("(variance + eps).sqrt()", "(variance.sqrt() + eps)"),
)
batch_norm.mistake(
    "it is divided by the variance",
    "Divide by the standard deviation, the root of the variance.",
    edit(".sqrt()"),
)
batch_norm.mistake(
    "scale and shift are left out",
    "The layer must be able to undo what it does: multiply by weight, then add bias.",
    edit(" * weight[:, None, None] + bias[:, None, None]"),
)
batch_norm.mistake(
    "the shift comes before the scale",
    "First multiply by weight, then add bias.",
    edit(
        "normalised * weight[:, None, None] + bias[:, None, None]",
        "(normalised + bias[:, None, None]) * weight[:, None, None]",
    ),
)

# --- batch-norm-backward -------------------------------------------------------------------------


def _backward_reference(grad_output, input, weight, eps=1e-5):
    return library_backward(grad_output, input, weight, eps)


def _backward(grad_output, input, weight, eps=1e-5):
    axes = (0, 2, 3)
    deviation = (input.var(axes, correction=0, keepdim=True) + eps).sqrt()
    normalised = (input - input.mean(axes, keepdim=True)) / deviation
    along = (grad_output * normalised).mean(axes, keepdim=True) * normalised
    centred = grad_output - grad_output.mean(axes, keepdim=True) - along
    grad_input = centred * weight[:, None, None] / deviation
    return grad_input, (grad_output * normalised).sum(axes), grad_output.sum(axes)


def _backward_case(seed, case):
    arguments = {name: value for name, value in case.arguments.items() if name != "bias"}
    return Case({"grad_output": whole_numbers(*arguments["input"].shape, seed=seed)} | arguments)


_backward_cases = [_backward_case(10 * place + 5, case) for place, case in enumerate(_cases)]

batch_norm_backward = Exercise(
    "batch-norm-backward",
    reference=_backward_reference,
    cases=[*_backward_cases, *in_double(_backward_cases[-2:])],
    traits=(CHANNELS, PIXELS),
    returns=("grad_input", "grad_weight", "grad_bias"),
    forbidden=(*NORMALISATION, *DERIVATIVES),
    instead="Use the formula above the exercise, or derive it: the chain rule is the exercise.",
    every_device=True,
    written=_backward,
    part="batch_norm_backward",
)

batch_norm_backward.mistake(
    "mean and variance are treated as constants",
    "Moving one input moves the mean and the variance too. Take out the mean of the gradient, and "
    "its part along the normalised input.",
    edit(" - grad_output.mean(axes, keepdim=True) - along"),
)
batch_norm_backward.mistake(
    "the variance is treated as a constant",
    "Besides the gradient's mean, its part along the normalised input must go: that is the way "
    "through the variance.",
    edit(" - along"),
)
batch_norm_backward.mistake(
    "the mean is treated as a constant",
    "Adding 1 to all inputs changes nothing, so the gradient's mean must be 0: take it out.",
    edit(" - grad_output.mean(axes, keepdim=True)"),
)
batch_norm_backward.mistake(
    "the scale is forgotten in the input's gradient",
    "The normalised input is multiplied by weight: so is its gradient.",
    edit(" * weight[:, None, None]"),
)
batch_norm_backward.mistake(
    "the division by the standard deviation is forgotten",
    "The centred input is divided by the standard deviation: so is its gradient.",
    edit("None] / deviation", "None]"),
)
batch_norm_backward.mistake(
    "the weight's gradient uses the input as it came in",
    "The weight multiplies the *normalised* input.",
    edit("(grad_output * normalised).sum", "(grad_output * input).sum"),
)
batch_norm_backward.mistake(
    "the gradients of weight and bias are averaged",
    "Each has a part in every output of its channel: the parts add up.",
    edit("normalised).sum", "normalised).mean"),
    edit("output.sum", "output.mean"),
)

# --- running-statistics --------------------------------------------------------------------------


def _running(running_mean, running_var, input, momentum=0.1):
    mean, variance = input.mean((0, 2, 3)), input.var((0, 2, 3))
    old, new = 1 - momentum, momentum
    return old * running_mean + new * mean, old * running_var + new * variance


def _running_case(seed, *shape, **options):
    arguments = {
        "running_mean": whole_numbers(shape[1], seed=seed + 1),
        "running_var": whole_numbers(shape[1], seed=seed + 2).abs(),
        "input": whole_numbers(*shape, seed=seed),
    }
    return Case(arguments | options)


_running_cases = [
    _running_case(0, 2, 1, 1, 2, momentum=0.25),
    _running_case(10, 2, 1, 2, 2),
    _running_case(20, 3, 2, 1, 1, momentum=0.25),
    _running_case(30, 1, 2, 2, 2),
    _running_case(40, 2, 3, 2, 2, momentum=0.5),
    _running_case(50, 3, 2, 2, 3, momentum=0.125),
]

running_statistics = Exercise(
    "running-statistics",
    reference=_running,
    cases=[*_running_cases, *in_double(_running_cases[-2:])],
    traits=(
        CHANNELS,
        PIXELS,
        Trait("a momentum", "no momentum given", lambda case: "momentum" in case.arguments),
    ),
    returns=("running_mean", "running_var"),
    forbidden=NORMALISATION,
    instead="Two lines: the new mean, the new variance.",
    every_device=True,
    part="running_statistics",
)

running_statistics.mistake(
    "the momentum is put on the old value",
    "Here momentum is the share of the *new* batch: 0.1 moves a tenth of the way. (In SGD it is "
    "the share of the old velocity.)",
    edit("old, new =", "new, old ="),
)
running_statistics.mistake(
    "the variance is divided by m",
    "The running variance estimates that of *all* images, from a sample: divide by m - 1 "
    "(Ioffe and Szegedy, algorithm 2). torch's var does so by itself.",
    edit("var((0, 2, 3))", "var((0, 2, 3), correction=0)"),
)
running_statistics.mistake(
    "the standard deviation is kept",
    "Keep the variance: its mean over batches means something, that of roots does not.",
    edit("input.var", "input.std"),
)
running_statistics.mistake(
    "the batch's statistics replace the old ones",
    "Move a part of the way only: one batch is a small sample.",
    edit("1 - momentum, momentum", "0, 1"),
)
running_statistics.mistake(
    "the old values are kept whole",
    "The old values lose the share that the batch gets: (1 - momentum) of them stays.",
    edit("1 - momentum", "1"),
)
running_statistics.mistake(
    "the statistics are taken over all channels",
    "Each channel has its own mean and variance.",
    edit("mean((0, 2, 3))", "mean()"),
    edit("var((0, 2, 3))", "var()"),
)
