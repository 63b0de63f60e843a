"""What is measured: layers of AlexNet, VGG and ResNet, with the goals that we set ourselves."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from utils import functional


@dataclass(frozen=True)
class Case:
    """One layer at one shape: torch's function, ours, and our backward.

    Goals are ours / torch on contiguous tensors: forward, and forward with backward; by batch size
    where they differ. ``flops`` is multiplications and additions of one example, 0 for a layer that
    mostly moves memory.
    """

    name: str
    family: str
    shape: tuple[int, ...]  # of one example
    theirs: Callable
    ours: Callable
    backward: Callable
    parameters: tuple[tuple[int, ...], ...] = ()
    goal: float | dict | None = None
    goal_backward: float | dict | None = None
    flops: int = 0
    first: bool = False  # a network's first layer: no gradient of the input, as in training
    exact: bool = True  # whether the result can be compared: dropout is random
    classes: int = 0  # the loss takes class numbers too

    def tensors(self, batch: int, device, dtype) -> list[Tensor]:
        """The input and parameters; parameters are as small as a layer's are at the beginning."""
        where = {"device": device, "dtype": dtype}
        tensors = [torch.randn(batch, *self.shape, **where)]
        for shape in self.parameters:
            tensors.append(torch.randn(shape, **where) / math.prod(shape[1:]) ** 0.5)
        if self.classes:
            tensors.append(torch.randint(self.classes, (batch,), device=device))
        return tensors

    def goal_for(self, batch: int, backward: bool) -> float | None:
        """The goal for this batch size, if there is one."""
        goal = self.goal_backward if backward else self.goal
        return goal.get(batch) if isinstance(goal, dict) else goal


def conv(name, channels, size, filters, kernel, stride=1, padding=0, groups=1, goal=None, **more):
    """A convolution with a bias."""
    options = (stride, padding, 1, groups)
    first = channels <= 3
    output = (size + 2 * padding - kernel) // stride + 1
    if "goal_backward" not in more and isinstance(goal, float | dict):
        scaled = {b: 1.3 * g for b, g in goal.items()} if isinstance(goal, dict) else 1.3 * goal
        more["goal_backward"] = scaled
    return Case(
        name,
        "convolution",
        (channels, size, size),
        theirs=lambda x, w, b: F.conv2d(x, w, b, *options),
        ours=lambda x, w, b: functional.conv2d(x, w, b, *options),
        backward=lambda g, x, w, b: functional.conv2d_backward(
            g, x, w, *options, output_mask=(not first, True, True)
        ),
        parameters=((filters, channels // groups, kernel, kernel), (filters,)),
        goal=goal,
        flops=2 * filters * output**2 * channels // groups * kernel**2,
        first=first,
        **more,
    )


def pool(name, kind, shape, *options, **goals):
    """A pooling layer."""
    return Case(
        name,
        "pooling",
        shape,
        theirs=lambda x: getattr(F, kind)(x, *options),
        ours=lambda x: getattr(functional, kind)(x, *options),
        backward=lambda g, x: getattr(functional, f"{kind}_backward")(g, x, *options),
        **goals,
    )


def batch_norm(name, shape, training, **goals):
    """Batch norm with scale and shift."""
    mean, variance = torch.zeros(shape[0]), torch.ones(shape[0])

    def running(x):
        return mean.to(x), variance.to(x)

    return Case(
        name,
        "normalization",
        shape,
        theirs=lambda x, w, b: F.batch_norm(x, *running(x), w, b, training),
        ours=lambda x, w, b: functional.batch_norm(x, *running(x), w, b, training),
        backward=lambda g, x, w, b: functional.batch_norm_backward(
            g, x, w, training=training, running_mean=running(x)[0], running_var=running(x)[1]
        ),
        parameters=((shape[0],), (shape[0],)),
        **goals,
    )


def dropout_both(g, x):
    """The mask is drawn again, which the forward pass of a module would keep."""
    return functional.dropout_backward(g, functional.dropout_mask(x))


LRN = (5, 1e-4, 0.75, 2.0)
CASES = [
    conv("AlexNet conv1: 11x11/4, 3 at 227", 3, 227, 96, 11, 4, goal=1.45),
    conv("AlexNet conv2: 5x5, 96 at 27", 96, 27, 256, 5, 1, 2, goal=1.45),
    conv("AlexNet conv2: 5x5, 2 groups", 96, 27, 256, 5, 1, 2, 2, goal=1.6),
    conv("VGG: 3x3, 64 at 224", 64, 224, 64, 3, 1, 1, goal=0.9, goal_backward=0.9),
    conv("VGG: 3x3, 256 at 56", 256, 56, 256, 3, 1, 1, goal=0.7, goal_backward=0.65),
    conv("VGG: 3x3, 512 at 14", 512, 14, 512, 3, 1, 1, goal={8: 0.85, 32: 0.85}),
    conv("ResNet: 7x7/2, 3 at 224", 3, 224, 64, 7, 2, 3, goal=1.45),
    conv("ResNet: 1x1, 256 at 56", 256, 56, 64, 1, goal={1: 1.1, 8: 1.1, 32: 0.7}),
    conv("ResNet: 1x1/2, 256 at 56", 256, 56, 512, 1, 2, goal={1: 1.1, 8: 1.1, 32: 0.7}),
    conv("ResNet: 3x3/2, 128 at 56", 128, 56, 128, 3, 2, 1),
    conv("depthwise: 3x3, 128 at 56", 128, 56, 128, 3, 1, 1, 128, goal=3.0),
    # EfficientNet-Lite0; with stride 2 the input is padded before.
    conv("depthwise: 3x3, 32 at 112", 32, 112, 32, 3, 1, 1, 32, goal={1: 1.5}),
    conv("depthwise: 3x3/2, 96 at 113", 96, 113, 96, 3, 2, 0, 96, goal={1: 1.5}),
    conv("depthwise: 5x5/2, 144 at 59", 144, 59, 144, 5, 2, 0, 144, goal={1: 1.5}),
    conv("depthwise: 5x5, 240 at 28", 240, 28, 240, 5, 1, 2, 240, goal={1: 1.5}),
    conv("depthwise: 3x3, 480 at 14", 480, 14, 480, 3, 1, 1, 480, goal={1: 1.5}),
    conv("depthwise: 5x5, 672 at 14", 672, 14, 672, 5, 1, 2, 672, goal={1: 1.5}),
    conv("depthwise: 5x5/2, 672 at 17", 672, 17, 672, 5, 2, 0, 672, goal={1: 1.5}),
    conv("depthwise: 5x5, 1152 at 7", 1152, 7, 1152, 5, 1, 2, 1152, goal={1: 1.5}),
    pool("max pool 2x2/2", "max_pool2d", (64, 112, 112), 2, 2, goal=0.4, goal_backward=1.3),
    pool("max pool 3x3/2", "max_pool2d", (64, 112, 112), 3, 2, 1, goal=0.4, goal_backward=1.3),
    pool("average pool 2x2/2", "avg_pool2d", (64, 112, 112), 2, 2),
    pool("global average pool", "adaptive_avg_pool2d", (512, 7, 7), 1),
    Case(
        "ReLU",
        "elementwise",
        (64, 112, 112),
        F.relu,
        functional.relu,
        functional.relu_backward,
    ),
    batch_norm("batch norm, training", (64, 56, 56), True, goal=1.3, goal_backward=1.6),
    batch_norm("batch norm, evaluation", (64, 56, 56), False),
    Case(
        "local response norm, 5",
        "normalization",
        (96, 55, 55),
        lambda x: F.local_response_norm(x, *LRN),
        lambda x: functional.local_response_norm(x, *LRN),
        lambda g, x: functional.local_response_norm_backward(g, x, *LRN),
        goal=0.4,
        goal_backward=0.4 * 1.3,
    ),
    Case(
        "dropout, 4096",
        "elementwise",
        (4096,),
        F.dropout,
        functional.dropout,
        dropout_both,
        exact=False,
    ),
    Case(
        "linear, 4096 to 4096",
        "linear and loss",
        (4096,),
        F.linear,
        functional.linear,
        lambda g, x, w, b: functional.linear_backward(g, x, w),
        parameters=((4096, 4096), (4096,)),
        flops=2 * 4096**2,
    ),
    Case(
        "cross-entropy, 1000 classes",
        "linear and loss",
        (1000,),
        F.cross_entropy,
        functional.cross_entropy,
        functional.cross_entropy_backward,
        classes=1000,
        goal=1.3,
        goal_backward=1.3 * 1.3,
    ),
]
