"""Lesson 8: weights from elsewhere, and a new head for them.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch

from utils.checks.convolution.cases import DERIVATIVES, in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

# --- normalise -----------------------------------------------------------------------------------


def _normalise(images, mean, deviation):
    mean = mean[:, None, None]
    deviation = deviation[:, None, None]
    return (images - mean) / deviation


def _images(seed, count, channels, height, width):
    return Case(
        {
            "images": whole_numbers(count, channels, height, width, seed=seed),
            "mean": whole_numbers(channels, seed=seed + 1),
            "deviation": whole_numbers(channels, seed=seed + 2).abs() + 1,
        }
    )


_image_sizes = [(1, 1, 1, 1), (1, 3, 1, 2), (2, 3, 2, 2), (1, 3, 3, 3), (3, 3, 2, 3)]
_image_cases = [_images(10 * place, *size) for place, size in enumerate(_image_sizes)]

normalise = Exercise(
    "normalise",
    reference=_normalise,
    cases=[*_image_cases, *in_double(_image_cases[-2:])],
    traits=(
        Trait("several images", "one image", lambda case: len(case.arguments["images"]) > 1),
        Trait("three channels", "one channel", lambda case: len(case.arguments["mean"]) > 1),
    ),
    every_device=True,
)

normalise.mistake(
    "the mean is not taken away", "First take away the mean.", edit("(images - mean)", "images")
)
normalise.mistake(
    "it is not divided by the deviation",
    "Behind the mean comes the division.",
    edit(" / deviation"),
)
normalise.mistake(
    "it is multiplied by the deviation",
    "Divide: the result should have deviation 1.",
    edit("/ deviation", "* deviation"),
)
normalise.mistake(
    "the images' own mean and deviation are taken",
    "Take the numbers that the weights were trained with: the network expects those.",
    edit("= mean[:, None, None]", "= images.mean((0, 2, 3), keepdim=True)"),
    edit("= deviation[:, None, None]", "= images.std((0, 2, 3), correction=0, keepdim=True)"),
)
normalise.mistake(
    "it is divided first",
    "First take the mean away, then divide.",
    edit("(images - mean) / deviation", "images / deviation - mean"),
)
normalise.mistake(
    "it is divided by the square of the deviation",
    "Divide by the deviation itself.",
    edit("/ deviation", "/ deviation**2"),
)

# --- weights-to-take -----------------------------------------------------------------------------


def _to_take(saved, wanted):
    shapes = dict(saved)
    return [name for name, shape in wanted if shapes.get(name) == shape]


_BODY = [("conv.weight", (4, 3, 3, 3)), ("bn.weight", (4,))]
_OLD_HEAD = [("fc.weight", (10, 4)), ("fc.bias", (10,))]
_NEW_HEAD = [("fc.weight", (5, 4)), ("fc.bias", (5,))]
_tables = [
    ([("a", (2, 3))], [("a", (2, 3))]),
    ([("a", (2, 3))], [("b", (2, 3))]),
    ([("a", (2, 3))], [("a", (3, 2))]),
    ([("a", (2,)), ("b", (3,))], [("b", (3,)), ("a", (2,))]),
    ([("a", (2,))], [("a", (2,)), ("b", (2,))]),
    ([("a", (2,)), ("b", (2,))], [("b", (2,))]),
    ([*_BODY, *_OLD_HEAD], [*_BODY, *_NEW_HEAD]),
    ([*_OLD_HEAD, *_BODY], [*_BODY, *_OLD_HEAD]),
    ([*_BODY, ("mean", (4,))], [*_BODY, ("mean", (5,)), ("extra", (4,))]),
]

weights_to_take = Exercise(
    "weights-to-take",
    reference=_to_take,
    cases=[Case({"saved": saved, "wanted": wanted}) for saved, wanted in _tables],
    traits=(
        Trait(
            "other names",
            "the same names",
            lambda case: (
                {n for n, _ in case.arguments["saved"]} != {n for n, _ in case.arguments["wanted"]}
            ),
        ),
    ),
)

weights_to_take.mistake(
    "the shapes are not compared",
    "A head for 10 classes has the right name, but does not fit 5 classes.",
    edit("shapes.get(name) == shape", "name in shapes"),
)
weights_to_take.mistake(
    "the names are not compared",
    "A tensor of the right shape may be quite another one.",
    edit("shapes.get(name) == shape", "shape in shapes.values()"),
)
weights_to_take.mistake(
    "the two lists are walked through side by side",
    "They may be in different orders: look each name up.",
    edit("name, shape in wanted", "(name, shape), old in zip(wanted, saved, strict=False)"),
    edit("shapes.get(name) == shape", "old == (name, shape)"),
)
weights_to_take.mistake(
    "the order of the saved weights is kept",
    "Go through the *wanted* weights, in their order.",
    edit("in wanted", "in saved"),
    edit("shapes.get(name) == shape", "(name, shape) in wanted"),
)
weights_to_take.mistake(
    "only the number of elements is compared",
    "(2, 3) and (3, 2) both have six numbers, and still do not fit.",
    edit("dict(saved)", "{name: torch.Size(shape).numel() for name, shape in saved}"),
    edit("== shape", "== torch.Size(shape).numel()"),
)
weights_to_take.mistake(
    "what does not fit is returned",
    "Return the names that *can* be taken.",
    edit("== shape", "!= shape"),
)

# --- head-gradient -------------------------------------------------------------------------------


def _head_gradient(features, labels, weight, bias):
    difference = (features @ weight.T + bias).softmax(1)
    difference[range(len(labels)), labels] -= 1
    difference /= len(labels)
    return difference.T @ features, difference.sum(0)


def _head_case(seed, images, size, classes):
    generator = torch.Generator().manual_seed(seed)
    return Case(
        {
            "features": whole_numbers(images, size, seed=seed) / 4,
            "labels": torch.randint(classes, (images,), generator=generator).tolist(),
            "weight": whole_numbers(classes, size, seed=seed + 1) / 4,
            "bias": whole_numbers(classes, seed=seed + 2) / 4,
        }
    )


_head_sizes = [(1, 1, 2), (1, 2, 2), (2, 1, 2), (2, 2, 3), (4, 3, 3), (5, 6, 4)]
_head_cases = [_head_case(10 * place, *sizes) for place, sizes in enumerate(_head_sizes)]

head_gradient = Exercise(
    "head-gradient",
    reference=_head_gradient,
    cases=[*_head_cases, *in_double(_head_cases[-2:])],
    traits=(
        Trait("several images", "one image", lambda case: len(case.arguments["labels"]) > 1),
        Trait("several features", "one feature", lambda c: c.arguments["features"].shape[1] > 1),
    ),
    returns=("grad_weight", "grad_bias"),
    forbidden=(*DERIVATIVES, "utils.functional", "utils.nn"),
    instead="Start at the scores: softmax minus the right answer, divided by the number of images.",
    every_device=True,
)

head_gradient.mistake(
    "the sum over the images is not divided by their number",
    "The loss is the *mean* over the images.",
    edit("    difference /= len(labels)\n"),
)
head_gradient.mistake(
    "the right answer is not taken away",
    "The gradient of the scores is softmax *minus 1 at the right class*.",
    edit("    difference[range(len(labels)), labels] -= 1\n"),
)
head_gradient.mistake(
    "the softmax is left out", "The scores must become probabilities first.", edit(".softmax(1)")
)
head_gradient.mistake(
    "the sign is turned round",
    "Where the probability of the right class is below 1, its score must *grow*: the gradient "
    "there is negative.",
    edit("= (features", "= -(features"),
    edit("-= 1", "+= 1"),
)
head_gradient.mistake(
    "the softmax runs over the images",
    "Each image's probabilities add up to 1: softmax along the classes, dim=1.",
    edit("softmax(1)", "softmax(0)"),
)
head_gradient.mistake(
    "the bias is forgotten in the scores", "scores = features @ weight.T + bias.", edit(" + bias")
)
head_gradient.mistake(
    "the weight's gradient is transposed",
    "It has the weight's shape: (classes, features).",
    edit("difference.T @ features", "features.T @ difference"),
)

# --- keras-extra ---------------------------------------------------------------------------------


def _extra(channels):
    return 3 * sum(channels)


keras_extra = Exercise(
    "keras-extra",
    reference=_extra,
    cases=[
        Case({"channels": channels})
        for channels in ([4], [1, 2], [8, 8, 16], [64, 64, 64, 256], [5], [32] * 6, [3, 9, 27])
    ],
    traits=(
        Trait("several layers", "one layer", lambda case: len(case.arguments["channels"]) > 1),
    ),
)

keras_extra.mistake(
    "the biases of the conv layers are forgotten",
    "Keras's ResNet has a bias in each conv layer, though a batch norm follows.",
    edit("3", "2"),
)
keras_extra.mistake(
    "the running statistics are forgotten",
    "Keras counts running mean and running variance too.",
    edit("3 * "),
)
keras_extra.mistake(
    "the moving averages of scale and shift are imagined",
    "Only mean and variance are followed while training.",
    edit("3", "4"),
)
keras_extra.mistake(
    "scale and shift are counted as extra",
    "Both programs count scale and shift: they are learnt.",
    edit("3", "5"),
)
keras_extra.mistake(
    "three numbers a layer are counted",
    "Each *channel* has its own.",
    edit("sum(channels)", "len(channels)"),
)
keras_extra.mistake(
    "only the last layer is counted", "Add up all layers.", edit("sum(channels)", "channels[-1]")
)
