"""The parts that a student writes, in the order of the lessons.

It needs nothing but Python itself, as `utils.mine.picture`: the course home shows the parts before
torch is loaded. Which exercise gives a part is said by the exercise (``part="conv2d"``).
"""

import re
from typing import NamedTuple

__all__ = ["LAYERS", "PARTS", "Part", "file_of"]


class Part(NamedTuple):
    """A function or class of the library: the lesson that asks for it, its layer, and its role."""

    lesson: str
    layer: str
    label: str = "forward"


PARTS = {
    "im2col": Part("Convolution", "conv", "im2col"),
    "conv2d": Part("Convolution", "conv"),
    "conv2d_backward_weight": Part("Learning filters", "conv", "weight gradient"),
    "col2im": Part("Learning filters", "conv", "col2im"),
    "conv2d_backward_input": Part("Learning filters", "conv", "input gradient"),
    "relu": Part("Learning filters", "ReLU"),
    "relu_backward": Part("Learning filters", "ReLU", "gradient"),
    "Conv2d": Part("Learning filters", "conv", "module"),
    "max_pool2d": Part("Pooling", "max pool"),
    "max_pool2d_backward": Part("Pooling", "max pool", "gradient"),
    "avg_pool2d": Part("Pooling", "average pool"),
    "avg_pool2d_backward": Part("Pooling", "average pool", "gradient"),
    "global_avg_pool2d": Part("Pooling", "global average"),
    "grouped_conv2d": Part("AlexNet", "grouped conv"),
    "dropout": Part("AlexNet", "dropout"),
    "dropout_backward": Part("AlexNet", "dropout", "gradient"),
    "crop_and_mirror": Part("AlexNet", "augmentation", "crops"),
    "momentum_step": Part("AlexNet", "SGD", "step"),
    "VGG": Part("VGG", "network", "VGG"),
    "he_init": Part("Depth", "conv", "first weights"),
    "batch_norm": Part("Depth", "batch norm"),
    "batch_norm_backward": Part("Depth", "batch norm", "gradient"),
    "running_statistics": Part("Depth", "batch norm", "statistics"),
    "residual_block": Part("ResNet", "residual block"),
    "residual_block_backward": Part("ResNet", "residual block", "gradient"),
    "ResidualBlock": Part("ResNet", "residual block", "module"),
    "Bottleneck": Part("ResNet", "bottleneck", "module"),
    "fold_batch_norm": Part("Architectures", "batch norm", "folded"),
    "depthwise_conv2d": Part("Architectures", "depthwise conv"),
    "inverted_residual": Part("Architectures", "inverted residual"),
}
#: The drawing, from the image to the class.
LAYERS = (
    "augmentation",
    "conv",
    "grouped conv",
    "depthwise conv",
    "batch norm",
    "ReLU",
    "max pool",
    "average pool",
    "residual block",
    "bottleneck",
    "inverted residual",
    "global average",
    "dropout",
    "SGD",
    "network",
)


def file_of(part: str) -> str:
    """The name of a part's file, without `.py`: `conv2d`, and `conv2d_module` for a class `Conv2d`.

    Windows and macOS do not tell `Conv2d.py` from `conv2d.py`.
    """
    if part.islower():
        return part
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", part).lower() + "_module"
