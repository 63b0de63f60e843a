"""The PReLU network, which has ReLUs whose slope below zero is learnt.

Source: He, Zhang, Ren & Sun (2015), "Delving deep into rectifiers: surpassing human-level
performance on ImageNet classification", arXiv:1502.01852, table 3. Its model C stands in the
lecture's table of results.
"""

import torch
from torch import Tensor
from torch.nn import Sequential

from utils.models.arguments import check_choice, check_classes
from utils.models.parts import of_parts
from utils.nn import Conv2d, Dropout, Linear, MaxPool2d, PReLU

__all__ = ["CONFIGURATIONS", "PReLUNet", "SpatialPyramidPool", "prelu_net"]

# Conv layers in each of the three stages, and their filters (table 3).
CONFIGURATIONS = {
    "A": (5, (256, 512, 512)),
    "B": (6, (256, 512, 512)),
    "C": (6, (384, 768, 896)),
}
BINS = (7, 3, 2, 1)


class SpatialPyramidPool(torch.nn.Module):
    """Largest numbers over grids of several sizes, written out one after the other.

    Input (N, C, H, W); output (N, C * number of cells), here 49 + 9 + 4 + 1 = 63 cells.

    Raises:
        ValueError: the image cannot be cut into one of the grids by equal windows.

    Source: He et al. (2014), "Spatial pyramid pooling in deep convolutional networks for visual
    recognition", arXiv:1406.4729, section 2.3: windows of ``ceil(size / n)`` at stride
    ``floor(size / n)``.
    """

    def __init__(self, bins: tuple[int, ...] = BINS):
        super().__init__()
        self.bins = bins

    def forward(self, input: Tensor) -> Tensor:
        """Pool with every grid."""
        return torch.cat([self._grid(input, n) for n in self.bins], dim=1)

    def _grid(self, input: Tensor, n: int) -> Tensor:
        sizes = input.shape[-2:]
        if min(sizes) >= n:
            output = MaxPool2d([-(-s // n) for s in sizes], [s // n for s in sizes])(input)
            if output.shape[-2:] == (n, n):
                return output.flatten(1)
        raise ValueError(
            f"SpatialPyramidPool: {sizes[0]}x{sizes[1]} places cannot be cut into {n}x{n} equal "
            "windows; images of 224x224 give 14x14"
        )

    def extra_repr(self) -> str:
        """Show the grids when the module is printed."""
        return f"bins={self.bins}"


class PReLUNet(torch.nn.Module):
    """7x7 conv, three stages of 3x3, a pyramid of pools, three fully connected layers."""

    def __init__(self, configuration: str, num_classes: int = 1000, dropout: float = 0.5):
        super().__init__()
        count, stages = CONFIGURATIONS[configuration]
        layers, channels = [Conv2d(3, 96, 7, stride=2, padding=3), PReLU(96)], 96
        for filters in stages:
            layers.append(MaxPool2d(2, 2))
            for _ in range(count):
                layers += [Conv2d(channels, filters, 3, padding=1), PReLU(filters)]
                channels = filters
        self.features = Sequential(*layers)
        self.pyramid = SpatialPyramidPool()
        self.classifier = Sequential(
            Linear(channels * sum(n * n for n in BINS), 4096),
            PReLU(4096),
            Dropout(dropout),
            Linear(4096, 4096),
            PReLU(4096),
            Dropout(dropout),
            Linear(4096, num_classes),
        )
        _initialise(self)

    def forward(self, input: Tensor) -> Tensor:
        """Scores (N, num_classes) of images (N, 3, 224, 224)."""
        return self.classifier(self.pyramid(self.features(input)))


def _initialise(model: PReLUNet) -> None:
    """Equation 15: variance ``2 / ((1 + a^2) fan_in)`` for the slope a that PReLU begins with."""
    for layer in model.modules():
        if isinstance(layer, Conv2d | Linear):
            torch.nn.init.kaiming_normal_(layer.weight, a=0.25, nonlinearity="leaky_relu")
            if layer.bias is not None:
                torch.nn.init.zeros_(layer.bias)


def prelu_net(
    configuration: str = "C", num_classes: int = 1000, *, dropout: float = 0.5, parts=None
) -> PReLUNet:
    """PReLU network.

    Args:
        configuration: ``"A"`` (19 layers with weights), ``"B"`` (22) or ``"C"`` (22, wider).
        num_classes: number of scores.
        dropout: probability of leaving out an output of the first two fully connected layers.
        parts: `utils.mine`, to build it of your own layers; None takes those of `utils.nn`.

    Raises:
        TypeError, ValueError: an argument is not one of these.
    """
    check_choice("prelu_net", "configuration", configuration, CONFIGURATIONS)
    check_classes("prelu_net", num_classes)
    return of_parts(PReLUNet(configuration, num_classes, dropout), parts)
