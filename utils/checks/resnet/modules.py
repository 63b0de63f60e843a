"""Lesson 7: the residual block and the bottleneck as modules, with torchvision's keys."""

import torch

from utils.checks.convolution.cases import in_double, whole_numbers
from utils.checks.core import Case, ModuleExercise, Trait
from utils.checks.mistakes import edit

_strided = Trait("stride > 1", "stride 1", lambda case: case.arguments.get("stride", 1) > 1)
_projected = Trait(
    "a projection",
    "an identity shortcut",
    lambda case: "downsample.0.weight" in case.arguments,
)


def _norm(name: str, channels: int, seed: int) -> dict:
    """The state of a batch norm; no shift is 0, so that no signal lies at a ReLU's kink."""
    return {
        f"{name}.weight": whole_numbers(channels, seed=seed) + 0.5,
        f"{name}.bias": whole_numbers(channels, seed=seed + 1) / 4 + 0.125,
        f"{name}.running_mean": torch.zeros(channels),
        f"{name}.running_var": torch.ones(channels),
        f"{name}.num_batches_tracked": torch.tensor(0.0),
    }


def _case(sizes, settings: dict, layers: list[tuple[str, str, tuple[int, ...]]], seed: int) -> Case:
    """A case of a block of these layers (conv's name, batch norm's name, shape of the weight)."""
    images, channels, height, width = sizes
    stride = settings.get("stride", 1)
    state = {}
    for place, (conv, norm, shape) in enumerate(layers):
        state[f"{conv}.weight"] = whole_numbers(*shape, seed=seed + 5 * place)
        state |= _norm(norm, shape[0], seed + 5 * place + 1)
    out = [-(-x // stride) for x in (height, width)]
    filters = settings["filters"] * (4 if len(layers[0][2]) and layers[0][2][2] == 1 else 1)
    tensors = {
        "input": whole_numbers(images, channels, height, width, seed=seed + 3),
        "grad_output": whole_numbers(images, filters, *out, seed=seed + 4),
    }
    return Case(settings | tensors | state)


def _projection(channels, filters, stride):
    if stride == 1 and channels == filters:
        return []
    return [("downsample.0", "downsample.1", (filters, channels, 1, 1))]


# --- residual-block-module -----------------------------------------------------------------------


class _ResidualBlock(torch.nn.Module):
    def __init__(self, channels, filters, stride=1, layers=torch.nn):
        super().__init__()
        self.conv1 = layers.Conv2d(channels, filters, 3, stride, padding=1, bias=False)
        self.bn1 = layers.BatchNorm2d(filters)
        self.conv2 = layers.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = layers.BatchNorm2d(filters)
        self.relu = layers.ReLU()
        self.downsample = None
        if stride != 1 or channels != filters:
            conv = layers.Conv2d(channels, filters, 1, stride, bias=False)
            self.downsample = torch.nn.Sequential(conv, layers.BatchNorm2d(filters))

    def forward(self, input):
        output = self.relu(self.bn1(self.conv1(input)))
        output = self.bn2(self.conv2(output))
        shortcut = input if self.downsample is None else self.downsample(input)
        return self.relu(output + shortcut)


def _basic(seed, images, channels, height, width, filters, stride=1):
    settings = {"channels": channels, "filters": filters} | ({"stride": stride} if seed else {})
    layers = [
        ("conv1", "bn1", (filters, channels, 3, 3)),
        ("conv2", "bn2", (filters, filters, 3, 3)),
        *_projection(channels, filters, stride),
    ]
    return _case((images, channels, height, width), settings, layers, seed)


_basic_cases = [
    _basic(0, 1, 1, 2, 2, 1),
    _basic(20, 1, 1, 4, 4, 1, 2),
    _basic(40, 1, 1, 2, 3, 2, 1),
    _basic(180, 2, 2, 4, 4, 2),
    _basic(100, 2, 2, 4, 6, 3, 2),
    _basic(140, 2, 3, 5, 4, 2, 2),
]

residual_block_module = ModuleExercise(
    "residual-block-module",
    class_name="ResidualBlock",
    reference=_ResidualBlock,
    cases=[*_basic_cases, *in_double(_basic_cases[-2:])],
    traits=(_strided, _projected),
    ranges=("stride",),
    composed=True,
    forbidden=("utils.models", "utils.mine.loans.ResidualBlock"),
    instead="Make the layers in __init__, and call them in forward.",
    every_device=True,
    part="ResidualBlock",
)

_NAMES = (
    "torchvision's keys are conv1, bn1, conv2, bn2, and downsample.0 and downsample.1 for the "
    "projection and its batch norm."
)
residual_block_module.mistake(
    "the shortcut is forgotten",
    "The block gives F(x) + x.",
    edit("output + shortcut", "output"),
)
residual_block_module.mistake(
    "the last ReLU comes before the addition",
    "F may be negative: add first, then ReLU.",
    edit("self.relu(output + shortcut)", "self.relu(output) + shortcut"),
)
residual_block_module.mistake(
    "there is a projection in every block",
    "That is option C. With option B the shortcut is the identity where the shape stays.",
    edit("if stride != 1 or channels != filters:", "if True:"),
)
residual_block_module.mistake(
    "the shortcut is projected only where there is a stride",
    "The number of channels can change without a stride, and then x cannot be added either.",
    edit("stride != 1 or channels != filters", "stride != 1"),
)
residual_block_module.mistake(
    "the shortcut is projected only where the channels change",
    "A stride changes the shape too, and then x cannot be added.",
    edit("stride != 1 or channels != filters", "channels != filters"),
)
residual_block_module.mistake(
    "both conv layers have the stride",
    "The block divides the size by the stride once: the second conv layer has stride 1.",
    edit(
        "filters, 3, padding=1, bias=False)\n        self.bn2",
        "filters, 3, stride, padding=1, bias=False)\n        self.bn2",
    ),
)
residual_block_module.mistake(
    "the projection has no stride",
    "The shortcut has to arrive at the size of the branch.",
    edit("filters, 1, stride, bias", "filters, 1, bias"),
)
residual_block_module.mistake(
    "the projection has no batch norm",
    f"A batch norm follows every conv layer, the projection too. {_NAMES}",
    edit("conv, layers.BatchNorm2d(filters)", "conv"),
)
residual_block_module.mistake(
    "the conv layers have biases",
    "Batch norm takes a bias away again, so torchvision's conv layers have none: `bias=False`.",
    edit(", bias=False)\n        self.bn1", ")\n        self.bn1"),
    edit(", bias=False)\n        self.bn2", ")\n        self.bn2"),
    edit(
        "stride, bias=False)\n            self.downsample", "stride)\n            self.downsample"
    ),
)
residual_block_module.mistake(
    "the batch norms have another name",
    _NAMES,
    edit("self.bn1 =", "self.norm1 ="),
    edit("self.bn2 =", "self.norm2 ="),
    edit("self.bn1(", "self.norm1("),
    edit("self.bn2(", "self.norm2("),
)
residual_block_module.mistake(
    "the ReLU between the conv layers is forgotten",
    "Conv, batch norm, ReLU, conv, batch norm.",
    edit("output = self.relu(self.bn1(self.conv1(input)))", "output = self.bn1(self.conv1(input))"),
)

# --- bottleneck-module ---------------------------------------------------------------------------


class _Bottleneck(torch.nn.Module):
    def __init__(self, channels, filters, stride=1, layers=torch.nn):
        super().__init__()
        wide = 4 * filters
        self.conv1 = layers.Conv2d(channels, filters, 1, bias=False)
        self.bn1 = layers.BatchNorm2d(filters)
        self.conv2 = layers.Conv2d(filters, filters, 3, stride, padding=1, bias=False)
        self.bn2 = layers.BatchNorm2d(filters)
        self.conv3 = layers.Conv2d(filters, wide, 1, bias=False)
        self.bn3 = layers.BatchNorm2d(wide)
        self.relu = layers.ReLU()
        self.downsample = None
        if stride != 1 or channels != wide:
            conv = layers.Conv2d(channels, wide, 1, stride, bias=False)
            self.downsample = torch.nn.Sequential(conv, layers.BatchNorm2d(wide))

    def forward(self, input):
        output = self.relu(self.bn1(self.conv1(input)))
        output = self.relu(self.bn2(self.conv2(output)))
        output = self.bn3(self.conv3(output))
        shortcut = input if self.downsample is None else self.downsample(input)
        return self.relu(output + shortcut)


def _narrow(seed, images, channels, height, width, filters, stride=1):
    settings = {"channels": channels, "filters": filters} | ({"stride": stride} if seed else {})
    layers = [
        ("conv1", "bn1", (filters, channels, 1, 1)),
        ("conv2", "bn2", (filters, filters, 3, 3)),
        ("conv3", "bn3", (4 * filters, filters, 1, 1)),
        *_projection(channels, 4 * filters, stride),
    ]
    return _case((images, channels, height, width), settings, layers, seed)


_narrow_cases = [
    _narrow(0, 1, 4, 2, 2, 1),
    _narrow(20, 1, 1, 2, 2, 1, 1),
    _narrow(40, 1, 4, 4, 4, 1, 2),
    _narrow(60, 2, 8, 2, 3, 2),
    _narrow(100, 2, 3, 5, 4, 2, 2),
    _narrow(80, 2, 2, 4, 4, 2, 1),
]

bottleneck_module = ModuleExercise(
    "bottleneck-module",
    class_name="Bottleneck",
    reference=_Bottleneck,
    cases=[*_narrow_cases, *in_double(_narrow_cases[-2:])],
    traits=(_strided, _projected),
    ranges=("stride",),
    composed=True,
    forbidden=("utils.models", "utils.mine.loans.Bottleneck"),
    instead="Make the layers in __init__, and call them in forward.",
    every_device=True,
    part="Bottleneck",
)

bottleneck_module.mistake(
    "the shortcut is forgotten",
    "The block gives F(x) + x.",
    edit("output + shortcut", "output"),
)
bottleneck_module.mistake(
    "a ReLU stands between the last batch norm and the addition",
    "F may be negative: add first, then ReLU.",
    edit(
        "output = self.bn3(self.conv3(output))", "output = self.relu(self.bn3(self.conv3(output)))"
    ),
)
bottleneck_module.mistake(
    "the ReLU after the 3x3 layer is forgotten",
    "A ReLU follows each of the first two batch norms.",
    edit(
        "output = self.relu(self.bn2(self.conv2(output)))", "output = self.bn2(self.conv2(output))"
    ),
)
bottleneck_module.mistake(
    "the ReLU after the first 1x1 layer is forgotten",
    "A ReLU follows each of the first two batch norms.",
    edit("output = self.relu(self.bn1(self.conv1(input)))", "output = self.bn1(self.conv1(input))"),
)
bottleneck_module.mistake(
    "the stride is in the first 1x1 layer",
    "So it is in the paper. torchvision, and this exercise, put it into the 3x3 layer, which then "
    "at least looks at every pixel.",
    edit("channels, filters, 1, bias", "channels, filters, 1, stride, bias"),
    edit("filters, 3, stride, padding", "filters, 3, padding"),
)
bottleneck_module.mistake(
    "the last layer gives no more channels than the others",
    "The third layer leads back up, to 4 * filters channels.",
    edit("wide = 4 * filters", "wide = filters"),
)
bottleneck_module.mistake(
    "the shortcut is projected only where there is a stride",
    "The very first bottleneck of ResNet-50 has stride 1, but 64 channels go in and 256 come out.",
    edit("stride != 1 or channels != wide", "stride != 1"),
)
bottleneck_module.mistake(
    "the 1x1 layers are padded too",
    "A 1x1 filter keeps the size without padding; with it a rim is added at each.",
    edit("channels, filters, 1, bias", "channels, filters, 1, padding=1, bias"),
    edit("filters, wide, 1, bias", "filters, wide, 1, padding=1, bias"),
)
bottleneck_module.mistake(
    "the conv layers have biases",
    "Batch norm takes a bias away again, so torchvision's conv layers have none: `bias=False`.",
    edit("1, bias=False)\n        self.bn1", "1)\n        self.bn1"),
    edit("padding=1, bias=False", "padding=1"),
    edit("wide, 1, bias=False)\n        self.bn3", "wide, 1)\n        self.bn3"),
    edit(
        "stride, bias=False)\n            self.downsample", "stride)\n            self.downsample"
    ),
)
