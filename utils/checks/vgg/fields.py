"""Lesson 5: receptive fields, by recurrence, by gradient, and by counting the ways."""

import torch.nn.functional as F

from utils.checks.cases import CHANNELS, table
from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit


def _fields(layers):
    size, jump, sizes = 1, 1, []
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump *= stride
        sizes.append(size)
    return sizes


field_sizes = Exercise(
    "field-sizes",
    reference=_fields,
    cases=[
        Case({"layers": layers})
        for layers in [
            *[((3, 1),), ((7, 1),), ((3, 1), (3, 1)), ((3, 1), (3, 1), (3, 1))],
            *[((5, 1), (2, 1), (3, 1)), ((3, 2), (3, 1)), ((2, 2), (2, 2), (2, 2))],
            *[((3, 1), (2, 2), (3, 1), (2, 2), (3, 1)), ((11, 4), (3, 2), (5, 1), (3, 2))],
        ]
    ],
    traits=(
        Trait("several layers", "one layer", lambda c: len(c.arguments["layers"]) > 1),
        Trait(
            "a stride > 1 below another layer",
            "no stride > 1 below another layer",
            lambda c: any(stride > 1 for _, stride in c.arguments["layers"][:-1]),
        ),
    ),
    forbidden=("utils.sizing",),
    instead="Keep two numbers, the field's size and the jump, and update them layer by layer.",
)

field_sizes.mistake(
    "the strides are ignored",
    "After a layer with stride 2, two neighbours stand two pixels apart: keep this jump.",
    edit(" * jump"),
)
field_sizes.mistake(
    "each layer adds its whole kernel",
    "A window of F has F - 1 pixels beside the first one.",
    edit("= 1, 1, []", "= 0, 1, []"),
    edit("(kernel - 1)", "kernel"),
)
field_sizes.mistake(
    "the kernel sizes are multiplied",
    "Neighbouring windows overlap: a layer adds to the field, it does not multiply it.",
    edit("+= (kernel - 1) * jump", "*= kernel"),
)
field_sizes.mistake(
    "a layer's own stride already widens its own window",
    "Use the jump *before* the layer; its own stride counts from the next layer on.",
    edit("* jump", "* jump * stride"),
)
field_sizes.mistake(
    "the strides are added up instead of multiplied",
    "Two layers with stride 2 make a jump of 2 * 2.",
    edit("jump *= stride", "jump += stride - 1"),
)
field_sizes.mistake(
    "the layers are gone through from the top down",
    "The first layer of the list is the one that sees the image.",
    edit("in layers", "in layers[::-1]"),
)
field_sizes.mistake(
    "only the last size is returned",
    "Return a list: the size after each layer.",
    edit("return sizes", "return [size]"),
)

# --- how many ways lead from the top to each pixel ----------------------------------------------


def _ways(layers):
    ways = [1]
    for _ in range(layers):
        around = [0, 0, *ways, 0, 0]
        ways = [sum(around[i : i + 3]) for i in range(len(ways) + 2)]
    return ways


count_ways = Exercise(
    "count-ways",
    reference=_ways,
    cases=table("layers", [(1,), (2,), (3,), (4,), (8,), (20,)]),
    traits=(Trait("several layers", "one layer", lambda case: case.arguments["layers"] > 1),),
    ranges=("layers",),
)

count_ways.mistake(
    "each filter is thought to have two taps",
    "A filter of 3 taps looks at three units below: to the left, straight down, to the right.",
    edit("i : i + 3", "i : i + 2"),
)
count_ways.mistake(
    "the row does not grow",
    "Each layer reaches one pixel further on both sides.",
    edit("[0, 0, *ways, 0, 0]", "[0, *ways, 0]"),
    edit("len(ways) + 2", "len(ways)"),
)
count_ways.mistake(
    "one way to each pixel is counted",
    "The middle pixel can be reached straight down, but also to the left first and then back. Add "
    "the ways of the three units that lead there.",
    edit("sum(", "max("),
)
count_ways.mistake(
    "a layer too many is counted",
    "With one layer there is one way to each of three pixels: [1, 1, 1].",
    edit("range(layers)", "range(layers + 1)"),
)
count_ways.mistake(
    "a layer too few is counted",
    "With one layer there is one way to each of three pixels: [1, 1, 1].",
    edit("range(layers)", "range(layers - 1)"),
)
count_ways.mistake(
    "only one half of the row is returned",
    "The row reaches from the leftmost pixel to the rightmost one.",
    edit("return ways", "return ways[layers:]"),
)

# --- the gradient of the unit in the middle ------------------------------------------------------


def _gradient(input, weight):
    image = input.clone().requires_grad_()
    output = image
    for filters in weight:
        output = F.relu(F.conv2d(output, filters, padding=1))
    output[:, :, output.shape[2] // 2, output.shape[3] // 2].sum().backward()
    return image.grad


def _case(seed, layers, channels, height, width, lowered=0.0):
    return Case(
        {
            "input": whole_numbers(1, channels, height, width, seed=seed).abs() + 1,
            # Mostly positive, so that few paths are shut by the ReLU. The quarter keeps all signals
            # away from 0, where ReLU has a kink and any slope from 0 to 1 would be right.
            "weight": whole_numbers(layers, channels, channels, 3, 3, seed=seed + 1)
            + (2.25 - lowered),
        }
    )


_cases = [
    *[_case(0, 1, 1, 3, 3), _case(10, 1, 1, 5, 5), _case(20, 2, 1, 5, 5), _case(30, 2, 1, 7, 7)],
    _case(60, 2, 1, 2, 5),  # lower than the field, so that the padding matters
    *[_case(40, 1, 2, 5, 5), _case(50, 3, 2, 9, 9)],
    # With lower weights the last ReLU shuts the middle unit of one channel and not of the other.
    *[_case(110, 1, 2, 5, 5, lowered=2), _case(150, 2, 2, 7, 7, lowered=2)],
]

middle_gradient = Exercise(
    "middle-gradient",
    reference=_gradient,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        Trait("several layers", "one layer", lambda c: len(c.arguments["weight"]) > 1),
        CHANNELS,
        Trait(
            "H different from W",
            "square images",
            lambda c: c.arguments["input"].shape[2] != c.arguments["input"].shape[3],
        ),
    ),
    forbidden=("utils.sizing", "utils.gradients"),
    instead="Run the layers with F.conv2d and F.relu, and ask torch for the gradient of the image.",
    every_device=True,
)

middle_gradient.mistake(
    "all outputs are added up instead of the middle one",
    "Take one unit: row H // 2, column W // 2 of the last output.",
    edit("[:, :, output.shape[2] // 2, output.shape[3] // 2]"),
)
middle_gradient.mistake(
    "the unit in the corner is taken",
    "The middle is row H // 2, column W // 2.",
    edit("output.shape[2] // 2, output.shape[3] // 2", "0, 0"),
)
middle_gradient.mistake(
    "the ReLUs are left out", "Each conv layer is followed by a ReLU.", edit("F.relu(", "(")
)
# A ReLU before each layer instead: the first changes nothing, since the images are positive.
middle_gradient.mistake(
    "the last layer's ReLU is left out",
    "The last layer too is followed by a ReLU, which may shut the unit in the middle.",
    edit("F.relu(F.conv2d(output", "(F.conv2d(F.relu(output)"),
)
middle_gradient.mistake(
    "the magnitude of the gradient is returned",
    "Return the gradient with its sign. Its magnitude is taken later.",
    edit("image.grad", "image.grad.abs()"),
)
middle_gradient.mistake(
    "every layer uses the first layer's filters",
    "weight[0] is the first layer, weight[1] the second, and so on.",
    edit(", filters,", ", weight[0],"),
)
middle_gradient.mistake(
    "only the first channel of the middle unit is taken",
    "Add up all channels of the middle unit.",
    edit("[:, :,", "[:, 0,"),
)
middle_gradient.mistake(
    "the output is returned instead of the gradient",
    "The question is not what the middle unit says, but which pixels could change it.",
    edit("image.grad", "output.detach()"),
)
