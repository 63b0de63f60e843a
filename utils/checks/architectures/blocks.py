"""Lesson 8: GoogLeNet's inception block, depthwise convolution, the inverted residual block.

The wrong functions use only the names of the lesson's first cell (torch, F, ...), so that the
source of each can be submitted as a solution cell.
"""

import torch
import torch.nn.functional as F

from utils.checks.cases import CHANNELS, IMAGES, table
from utils.checks.convolution.cases import LIBRARY, in_double, whole_numbers
from utils.checks.core import Case, Exercise, Trait
from utils.checks.mistakes import edit

WIDE = Trait(
    "H different from W",
    "square inputs",
    lambda case: case.arguments["input"].shape[2] != case.arguments["input"].shape[3],
)

# --- inception -----------------------------------------------------------------------------------


def _inception(input, one, reduce3, three, reduce5, five, pooled):
    branch1 = F.conv2d(input, one).relu()
    branch2 = F.conv2d(input, reduce3).relu()
    branch2 = F.conv2d(branch2, three, padding=1).relu()
    branch3 = F.conv2d(input, reduce5).relu()
    branch3 = F.conv2d(branch3, five, padding=2).relu()
    branch4 = F.max_pool2d(input, 3, stride=1, padding=1)
    branch4 = F.conv2d(branch4, pooled).relu()
    return torch.cat([branch1, branch2, branch3, branch4], dim=1)


def _inception_case(seed, images, channels, height, width, filters):
    one, (narrow3, three), (narrow5, five), pooled = filters
    shapes = {
        "one": (one, channels, 1, 1),
        "reduce3": (narrow3, channels, 1, 1),
        "three": (three, narrow3, 3, 3),
        "reduce5": (narrow5, channels, 1, 1),
        "five": (five, narrow5, 5, 5),
        "pooled": (pooled, channels, 1, 1),
    }
    tensors = {"input": whole_numbers(images, channels, height, width, seed=seed)}
    for place, (name, shape) in enumerate(shapes.items(), 1):
        tensors[name] = whole_numbers(*shape, seed=seed + place)
    return Case(tensors)


_cases = [
    _inception_case(0, 1, 1, 1, 2, (1, (1, 1), (1, 1), 1)),
    _inception_case(10, 1, 1, 3, 3, (1, (1, 1), (1, 1), 1)),
    _inception_case(20, 1, 2, 2, 2, (1, (1, 2), (1, 1), 1)),
    _inception_case(30, 2, 2, 3, 4, (2, (2, 3), (1, 2), 1)),
    _inception_case(40, 2, 3, 5, 6, (3, (2, 4), (2, 1), 2)),
]

inception = Exercise(
    "inception",
    reference=_inception,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(CHANNELS, IMAGES, WIDE),
    forbidden=("utils.models",),
    instead="Put it together from conv layers, ReLUs and a max pooling layer.",
    every_device=True,
)

inception.mistake(
    "the branches are added",
    "Each branch has filters of its own, so their maps are laid behind one another: "
    "`torch.cat` along the channels.",
    edit(
        "torch.cat([branch1, branch2, branch3, branch4], dim=1)",
        "torch.stack("
        "[x.sum(1, keepdim=True) for x in (branch1, branch2, branch3, branch4)]).sum(0)",
    ),
)
inception.mistake(
    "the branches are joined along another axis than the channels",
    "Of (N, C, H, W) the channels are axis 1.",
    edit("dim=1", "dim=0"),
)
inception.mistake(
    "the branches stand in another order",
    "1x1, 3x3, 5x5, pooling: the next layer's weights count on this order.",
    edit("[branch1, branch2, branch3, branch4]", "[branch4, branch1, branch2, branch3]"),
)
inception.mistake(
    "a window is not padded enough, so that the branches give maps of different sizes",
    "Maps can be joined only if they are equally large: pad 3x3 by 1 and 5x5 by 2.",
    edit("padding=2", "padding=1"),
)
inception.mistake(
    "there is no ReLU after the 1x1 layers that reduce",
    "Every conv layer of GoogLeNet is followed by a ReLU, those that reduce too.",
    edit("reduce3).relu()", "reduce3)"),
    edit("reduce5).relu()", "reduce5)"),
)
inception.mistake(
    "the last ReLUs are forgotten",
    "A ReLU follows the 3x3 and the 5x5 layer too.",
    edit("padding=1).relu()", "padding=1)"),
    edit("padding=2).relu()", "padding=2)"),
)
inception.mistake(
    "the pooling is left out",
    "The fourth branch takes the largest number of each 3x3 window first.",
    edit("F.max_pool2d(input, 3, stride=1, padding=1)", "input"),
)
inception.mistake(
    "the pooling comes after its 1x1 layer",
    "In the fourth branch the input is pooled, and the 1x1 layer follows.",
    edit("F.max_pool2d(input, 3, stride=1, padding=1)", "input"),
    edit("pooled).relu()", "pooled).relu()\n    branch4 = F.max_pool2d(branch4, 3, 1, 1)"),
)
inception.mistake(
    "the pooling pads with zeros",
    "Where all inputs are negative, a zero would win (lesson 3): pad with minus infinity, as "
    "`mine.max_pool2d` does.",
    edit(
        "F.max_pool2d(input, 3, stride=1, padding=1)",
        "F.max_pool2d(F.pad(input, (1, 1, 1, 1)), 3, stride=1)",
    ),
)

# --- depthwise-conv2d ----------------------------------------------------------------------------


def _depthwise_conv2d(input, weight, bias=None, stride=1, padding=0):
    size, (_, _, height, width) = weight.shape[2], input.shape
    padded = F.pad(input, (padding, padding, padding, padding))
    rows = (height + 2 * padding - size) // stride + 1
    columns = (width + 2 * padding - size) // stride + 1
    output = 0
    for i in range(size):
        for j in range(size):
            part = padded[:, :, i : i + stride * (rows - 1) + 1 : stride]
            part = part[:, :, :, j : j + stride * (columns - 1) + 1 : stride]
            output = output + part * weight[:, 0, i, j, None, None]
    if bias is not None:
        output = output + bias[:, None, None]
    return output


def _depthwise_case(seed, images, channels, height, width, size, *, bias=False, **options):
    tensors = {
        "input": whole_numbers(images, channels, height, width, seed=seed),
        "weight": whole_numbers(channels, 1, size, size, seed=seed + 1),
    }
    if bias:
        tensors["bias"] = 10 * whole_numbers(channels, seed=seed + 2)
    return Case(tensors | options)


_cases = [
    _depthwise_case(0, 1, 1, 2, 2, 2),
    _depthwise_case(10, 1, 2, 2, 2, 1),
    _depthwise_case(20, 1, 2, 3, 3, 2),
    _depthwise_case(30, 2, 1, 3, 3, 2),
    _depthwise_case(40, 1, 2, 3, 3, 3, padding=1),
    _depthwise_case(50, 1, 1, 5, 5, 3, stride=2),
    _depthwise_case(60, 1, 1, 6, 6, 3, stride=2),
    _depthwise_case(70, 1, 2, 3, 4, 2, bias=True),
    _depthwise_case(80, 2, 3, 7, 6, 3, bias=True, stride=2, padding=1),
    _depthwise_case(90, 2, 3, 6, 8, 5, bias=True, stride=3, padding=2),
]

depthwise_conv2d = Exercise(
    "depthwise-conv2d",
    reference=_depthwise_conv2d,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        CHANNELS,
        IMAGES,
        WIDE,
        Trait("padding > 0", "padding 0", lambda case: case.arguments.get("padding", 0) > 0),
        Trait("stride > 1", "stride 1", lambda case: case.arguments.get("stride", 1) > 1),
        Trait("a bias", "no bias", lambda case: "bias" in case.arguments),
    ),
    ranges=("stride", "padding"),
    forbidden=LIBRARY,
    instead="Multiply windows, or shifted copies of the image, by each channel's own weights.",
    every_device=True,
    part="depthwise_conv2d",
)

depthwise_conv2d.mistake(
    "the channels are added up",
    "That is an ordinary conv layer. Here each channel keeps to itself, so as many channels come "
    "out as went in.",
    edit("    return output\n", "    return output.sum(1, keepdim=True)\n"),
)
depthwise_conv2d.mistake(
    "all channels get the first channel's filter",
    "Channel c is convolved with `weight[c, 0]`.",
    edit("weight[:, 0, i, j, None, None]", "weight[0, 0, i, j]"),
)
depthwise_conv2d.mistake(
    "the filters are turned by half a turn",
    "As in all of the course, nothing is flipped: the weight in row i stands over row i.",
    edit("weight[:, 0, i, j", "weight[:, 0, size - 1 - i, size - 1 - j"),
)
depthwise_conv2d.mistake(
    "rows and columns of the filter are swapped",
    "`weight[:, 0, i, j]`: i counts rows, from top to bottom.",
    edit("weight[:, 0, i, j", "weight[:, 0, j, i"),
)
depthwise_conv2d.mistake(
    "the stride is ignored",
    "The window moves by `stride` pixels at a time.",
    edit(
        "def _depthwise_conv2d(input, weight, bias=None, stride=1, padding=0):\n",
        "def _depthwise_conv2d(input, weight, bias=None, stride=1, padding=0):\n    stride = 1\n",
    ),
)
depthwise_conv2d.mistake(
    "the padding is ignored",
    "Surround the image by `padding` rings of zeros first.",
    edit(
        "def _depthwise_conv2d(input, weight, bias=None, stride=1, padding=0):\n",
        "def _depthwise_conv2d(input, weight, bias=None, stride=1, padding=0):\n    padding = 0\n",
    ),
)
depthwise_conv2d.mistake(
    "the bias is forgotten",
    "Each channel may have a number that is added to all of its places.",
    edit("bias is not None", "False"),
)
depthwise_conv2d.mistake(
    "the bias is added once for each weight",
    "Add it once, after the sum over the window.",
    edit("        output = output + bias[:", "        output = output + size**2 * bias[:"),
)
depthwise_conv2d.mistake(
    "height and width are swapped",
    "The first of the two image axes counts rows.",
    edit("    return output\n", "    return output.mT\n"),
)
depthwise_conv2d.mistake(
    "the padding is added on two sides only",
    "Here `padding` is even: as much on the left and above as on the right and below.",
    edit("(padding, padding, padding, padding)", "(0, 2 * padding, 0, 2 * padding)"),
)

# --- inverted-residual ---------------------------------------------------------------------------


def _inverted_residual(input, expand, depthwise, project, stride, padding):
    output = input
    if expand is not None:
        output = F.conv2d(output, *expand).clamp(0, 6)
    output = F.pad(output, padding)
    weight, bias = depthwise
    output = F.conv2d(output, weight, bias, stride=stride, groups=len(weight)).clamp(0, 6)
    output = F.conv2d(output, *project)
    if output.shape == input.shape:
        output = output + input
    return output


def _layer(filters, channels, size, seed):
    bias = whole_numbers(filters, seed=seed + 1)
    return whole_numbers(filters, channels, size, size, seed=seed).sign(), bias


def _block_case(seed, images, channels, wide, filters, sides, size, stride, padding):
    return Case(
        {
            "input": whole_numbers(images, channels, *sides, seed=seed),
            "expand": None if wide == channels else _layer(wide, channels, 1, seed + 1),
            "depthwise": _layer(wide, 1, size, seed + 3),
            "project": _layer(filters, wide, 1, seed + 5),
            "stride": stride,
            "padding": padding,
        }
    )


_by_hand = Case(
    {
        "input": torch.tensor([[[[1.0, -2]]]]),
        "expand": (torch.tensor([[[[4.0]]], [[[-1.0]]]]), torch.tensor([1.0, 0])),
        "depthwise": (torch.tensor([[[[1.0]]], [[[5.0]]]]), torch.tensor([-1.0, -1])),
        "project": (torch.tensor([[[[-1.0]], [[2.0]]]]), torch.tensor([3.0])),
        "stride": 1,
        "padding": (0, 0, 0, 0),
    }
)
_cases = [
    _by_hand,
    _block_case(10, 1, 1, 1, 1, (3, 3), 1, 1, (0, 0, 0, 0)),
    _block_case(20, 1, 1, 3, 2, (2, 2), 1, 1, (0, 0, 0, 0)),
    _block_case(30, 1, 2, 4, 2, (3, 3), 3, 1, (1, 1, 1, 1)),
    _block_case(40, 1, 2, 4, 2, (4, 4), 3, 2, (0, 1, 0, 1)),
    _block_case(50, 2, 2, 2, 2, (3, 4), 3, 1, (1, 1, 1, 1)),
    _block_case(60, 2, 2, 6, 3, (4, 6), 5, 2, (1, 2, 1, 2)),
    _block_case(70, 2, 3, 6, 3, (5, 4), 3, 1, (0, 2, 2, 0)),
]

inverted_residual = Exercise(
    "inverted-residual",
    reference=_inverted_residual,
    cases=[*_cases, *in_double(_cases[-2:])],
    traits=(
        Trait("a layer that widens", "none", lambda case: case.arguments["expand"] is not None),
        CHANNELS,
        IMAGES,
        Trait("stride > 1", "stride 1", lambda case: case.arguments["stride"] > 1),
        WIDE,
    ),
    forbidden=("utils.models", "utils.nn", "utils.mine.loans.inverted_residual"),
    instead="Put it together from three conv layers; `mine.conv2d` and `mine.depthwise_conv2d` "
    "are your own.",
    every_device=True,
    part="inverted_residual",
)

inverted_residual.mistake(
    "the shortcut is forgotten",
    "Where what comes out has the shape of what went in, the input is added.",
    edit("output = output + input", "pass"),
)
inverted_residual.mistake(
    "the shortcut is added wherever the stride is 1",
    "With another number of channels there is nothing that could be added: compare shapes.",
    edit("output.shape == input.shape", "stride == 1"),
)
inverted_residual.mistake(
    "the shortcut is added wherever the channels agree",
    "With stride 2 the maps are smaller: compare whole shapes.",
    edit("output.shape == input.shape", "output.shape[1] == input.shape[1]"),
)
inverted_residual.mistake(
    "an activation function follows the last layer",
    "The layer that narrows ends without one: of few channels a ReLU would leave too little.",
    edit("F.conv2d(output, *project)", "F.conv2d(output, *project).clamp(0, 6)"),
)
inverted_residual.mistake(
    "a ReLU stands in the place of ReLU6",
    "ReLU6 also cuts off what is above 6.",
    edit("expand).clamp(0, 6)", "expand).relu()"),
    edit("len(weight)).clamp(0, 6)", "len(weight)).relu()"),
)
inverted_residual.mistake(
    "there is no activation after the first layer",
    "ReLU6 follows the layer that widens as well as the depthwise one.",
    edit("expand).clamp(0, 6)", "expand)"),
)
inverted_residual.mistake(
    "there is no activation after the depthwise layer",
    "ReLU6 follows the layer that widens as well as the depthwise one.",
    edit("len(weight)).clamp(0, 6)", "len(weight))"),
)
inverted_residual.mistake(
    "the image is padded before the layer that widens",
    "A padded 0 becomes the bias of the first layer there. Pad right before the depthwise layer.",
    edit("    output = F.pad(output, padding)\n"),
    edit("    output = input\n", "    output = F.pad(input, padding)\n"),
)
inverted_residual.mistake(
    "the padding is left out",
    "Pad by `padding`, which is (left, right, top, bottom), as `F.pad` takes it.",
    edit("    output = F.pad(output, padding)\n"),
)
inverted_residual.mistake(
    "the padding is taken to be (top, bottom, left, right)",
    "`F.pad` begins with the last axis: left, right, top, bottom. So is `padding`.",
    edit("F.pad(output, padding)", "F.pad(output, (*padding[2:], *padding[:2]))"),
)
inverted_residual.mistake(
    "the stride is given to no layer",
    "The depthwise layer moves by `stride`.",
    edit("stride=stride, "),
)
inverted_residual.mistake(
    "the biases are forgotten",
    "Each layer is a pair: its weight, and its bias, in which the batch norm's shift went.",
    edit("*expand)", "expand[0])"),
    edit("weight, bias, stride", "weight, None, stride"),
    edit("*project)", "project[0])"),
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
    "They are two layers, one after the other: add.",
    edit("+ channels", "* channels"),
)
separable_weights.mistake(
    "the window has one side only", "A filter has size * size weights.", edit("size * size", "size")
)
