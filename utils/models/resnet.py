"""ResNet for ImageNet, and the plain networks it is compared with.

Source: He, Zhang, Ren & Sun (2016), "Deep residual learning for image recognition",
arXiv:1512.03385, sections 3.3 and 4.1, table 1; the lecture's ResNet slides.
"""

import torch
from torch import Tensor
from torch.nn import Identity, Sequential

from utils.models.arguments import check_choice, check_classes
from utils.models.parts import of_parts
from utils.models.pretrained import with_weights
from utils.nn import AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Linear, MaxPool2d, ReLU

__all__ = [
    "CONFIGURATIONS",
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    "SubsampleAndPad",
    "block_shapes",
    "resnet",
    "resnet18",
]

STAGE_FILTERS = (64, 128, 256, 512)


class SubsampleAndPad(torch.nn.Module):
    """Option A's shortcut: every ``stride``-th pixel, with channels of zeros appended.

    Input (N, C, H, W), output (N, ``channels``, H / stride, W / stride), rounded up. It has no
    parameters.
    """

    def __init__(self, stride: int, channels: int):
        super().__init__()
        self.stride, self.channels = stride, channels

    def forward(self, input: Tensor) -> Tensor:
        """Subsample the pixels and append the channels."""
        subsampled = input[:, :, :: self.stride, :: self.stride]
        missing = self.channels - input.shape[1]
        return torch.nn.functional.pad(subsampled, (0, 0, 0, 0, 0, missing))

    def extra_repr(self) -> str:
        """Show the settings when the module is printed."""
        return f"stride={self.stride}, channels={self.channels}"


def conv(channels: int, filters: int, size: int, stride: int = 1, *, bias: bool = False) -> Conv2d:
    """A conv layer that keeps the size, or divides it by the stride."""
    return Conv2d(channels, filters, size, stride=stride, padding=size // 2, bias=bias)


def norm(channels: int, batch_norm: bool) -> torch.nn.Module:
    """Batch normalisation, or nothing."""
    return BatchNorm2d(channels) if batch_norm else Identity()


class BasicBlock(torch.nn.Module):
    """Two 3x3 conv layers beside a shortcut: figure 5, left.

    Args:
        channels: depth of the input.
        filters: of each conv layer, and depth of the output.
        stride: of the first conv layer.
        shortcut: the module on the shortcut; None means the identity, False a plain block, which
            has no shortcut.
        batch_norm: without, the conv layers have biases in its stead.
        stride_in: for :class:`Bottleneck`; here there are only 3x3 filters.
    """

    expansion = 1

    def __init__(
        self, channels, filters, stride=1, shortcut=None, batch_norm=True, stride_in="3x3"
    ):
        super().__init__()
        self.conv1 = conv(channels, filters, 3, stride, bias=not batch_norm)
        self.bn1 = norm(filters, batch_norm)
        self.relu = ReLU()
        self.conv2 = conv(filters, filters, 3, bias=not batch_norm)
        self.bn2 = norm(filters, batch_norm)
        self.residual = shortcut is not False
        self.downsample = shortcut or None

    def forward(self, input: Tensor) -> Tensor:
        """``relu(F(x) + x)``, or ``relu(F(x))`` of a plain block."""
        output = self.relu(self.bn1(self.conv1(input)))
        output = self.bn2(self.conv2(output))
        return self.relu(_add_shortcut(self, output, input))


class Bottleneck(torch.nn.Module):
    """1x1 to fewer channels, 3x3, 1x1 back to four times as many: figure 5, right.

    Arguments as of :class:`BasicBlock`; ``stride_in`` says which filter takes the stride, the first
    ("1x1") or the second ("3x3").
    """

    expansion = 4

    def __init__(
        self, channels, filters, stride=1, shortcut=None, batch_norm=True, stride_in="3x3"
    ):
        super().__init__()
        first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
        wide = filters * self.expansion
        self.conv1 = conv(channels, filters, 1, first, bias=not batch_norm)
        self.bn1 = norm(filters, batch_norm)
        self.conv2 = conv(filters, filters, 3, second, bias=not batch_norm)
        self.bn2 = norm(filters, batch_norm)
        self.conv3 = conv(filters, wide, 1, bias=not batch_norm)
        self.bn3 = norm(wide, batch_norm)
        self.relu = ReLU()
        self.residual = shortcut is not False
        self.downsample = shortcut or None

    def forward(self, input: Tensor) -> Tensor:
        """``relu(F(x) + x)``, or ``relu(F(x))`` of a plain block."""
        output = self.relu(self.bn1(self.conv1(input)))
        output = self.relu(self.bn2(self.conv2(output)))
        output = self.bn3(self.conv3(output))
        return self.relu(_add_shortcut(self, output, input))


def _add_shortcut(block, output: Tensor, input: Tensor) -> Tensor:
    if not block.residual:
        return output
    return output + (input if block.downsample is None else block.downsample(input))


def make_shortcut(option: str, channels: int, filters: int, stride: int, batch_norm: bool):
    """The shortcut of a block by the paper's options; None is the identity.

    Source: section 4.1, "Identity vs. projection shortcuts".
    """
    changes = stride != 1 or channels != filters
    if option == "A" and changes:
        return SubsampleAndPad(stride, filters)
    if option == "C" or (option == "B" and changes):
        projection = conv(channels, filters, 1, stride, bias=not batch_norm)
        return Sequential(projection, norm(filters, batch_norm))
    return None


# Kind of block, and number of blocks in each of the four stages (table 1).
CONFIGURATIONS: dict[int, tuple[type[BasicBlock | Bottleneck], tuple[int, ...]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}


def make_stage(block, count: int, channels: int, filters: int, stride: int, **options):
    """Make a stage of ``count`` blocks, the first with the stride; options as of :func:`resnet`."""
    residual, shortcut = options.pop("residual"), options.pop("shortcut")
    out_channels = filters * block.expansion
    blocks = []
    for place in range(count):
        step = stride if place == 0 else 1
        bypass = False
        if residual:
            bypass = make_shortcut(shortcut, channels, out_channels, step, options["batch_norm"])
        blocks.append(block(channels, filters, step, bypass, **options))
        channels = out_channels
    return Sequential(*blocks)


def block_shapes(counts, width: int, expansion: int) -> list[tuple[int, int, int]]:
    """All blocks of a ResNet from the image upwards, as (channels, filters, stride).

    Args:
        counts: of blocks in each stage, such as (3, 4, 6, 3).
        width: filters of the first stage; each further one has twice as many.
        expansion: 1 for basic blocks, 4 for bottlenecks, which give four times ``filters``.
    """
    shapes, channels = [], width
    for stage, count in enumerate(counts):
        for place in range(count):
            shapes.append((channels, width << stage, 2 if stage and not place else 1))
            channels = expansion * (width << stage)
    return shapes


def initialise(model: torch.nn.Module) -> None:
    """Weights by He et al. (2015), arXiv:1502.01852, section 2.2, for ReLUs; biases 0."""
    for layer in model.modules():
        if isinstance(layer, Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                torch.nn.init.zeros_(layer.bias)


class ResNet(torch.nn.Module):
    """7x7 conv, pooling, four stages of blocks, global average pooling; see :func:`resnet`."""

    layer1: Sequential
    layer2: Sequential
    layer3: Sequential
    layer4: Sequential

    def __init__(self, depth: int, num_classes: int = 1000, *, batch_norm: bool = True, **options):
        super().__init__()
        block, counts = CONFIGURATIONS[depth]
        options["batch_norm"] = batch_norm
        self.conv1 = Conv2d(3, 64, 7, stride=2, padding=3, bias=not batch_norm)
        self.bn1 = norm(64, batch_norm)
        self.relu = ReLU()
        self.maxpool = MaxPool2d(3, 2, padding=1)
        channels = 64
        for number, (count, filters) in enumerate(zip(counts, STAGE_FILTERS, strict=True), start=1):
            stride = 1 if number == 1 else 2
            stage = make_stage(block, count, channels, filters, stride, **options)
            self.add_module(f"layer{number}", stage)
            channels = filters * block.expansion
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.fc = Linear(channels, num_classes)
        initialise(self)
        # torchvision's, of which there are weights: a bottleneck takes its stride in the 3x3 layer.
        same_stride = block is BasicBlock or options["stride_in"] == "3x3"
        published = options["residual"] and options["shortcut"] == "B" and batch_norm
        self.torchvision_name = f"resnet{depth}" if published and same_stride else None

    def forward(self, input: Tensor) -> Tensor:
        """Scores (N, num_classes) of images (N, 3, H, W); made for 224x224."""
        output = self.maxpool(self.relu(self.bn1(self.conv1(input))))
        output = self.layer4(self.layer3(self.layer2(self.layer1(output))))
        return self.fc(self.avgpool(output).flatten(1))


def resnet(
    depth: int,
    residual: bool = True,
    shortcut: str = "B",
    num_classes: int = 1000,
    *,
    weights: str | None = None,
    stride_in: str = "3x3",
    batch_norm: bool = True,
    parts=None,
) -> ResNet:
    """ResNet, or the plain network of the same layers.

    Args:
        depth: 18, 34, 50, 101 or 152 layers with weights.
        residual: False leaves the shortcuts out: a plain network.
        shortcut: where a block changes the size, ``"A"`` thins out pixels and pads channels with
            zeros (no parameters), ``"B"`` projects by a 1x1 conv layer, as torchvision does;
            ``"C"`` projects in every block.
        num_classes: number of scores.
        weights: None, or ``"imagenet"`` for the weights that torchvision publishes, which are
            downloaded once; the model is then in evaluation mode. See :func:`load_pretrained`.
        stride_in: which filter of a bottleneck takes the stride: ``"3x3"`` as in torchvision (it
            calls this v1.5), or ``"1x1"`` as in the paper. Depths 18 and 34 have no bottlenecks.
        batch_norm: False leaves normalisation out and gives the conv layers biases.
        parts: `utils.mine`, to build it of your own layers; None takes those of `utils.nn`.

    Raises:
        CheckpointError, ChecksumError, DownloadError: as of :func:`load_pretrained`.
        TypeError, ValueError: an argument is not one of these, or nobody publishes such weights.
    """
    check_choice("resnet", "depth", depth, CONFIGURATIONS)
    check_choice("resnet", "shortcut", shortcut, ("A", "B", "C"))
    check_choice("resnet", "stride_in", stride_in, ("3x3", "1x1"))
    check_classes("resnet", num_classes)
    model = ResNet(
        depth,
        num_classes,
        residual=bool(residual),
        shortcut=shortcut,
        stride_in=stride_in,
        batch_norm=bool(batch_norm),
    )
    return of_parts(with_weights(model, weights), parts)


def resnet18(**options) -> ResNet:
    """ResNet-18: :func:`resnet` of depth 18, with its other arguments."""
    return resnet(18, **options)
