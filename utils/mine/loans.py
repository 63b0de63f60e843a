"""What the course lends for a part that is not written yet: the same call, done by its own layers.

A part of another signature than the layer of that name in :mod:`utils.functional` is adapted here.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from utils import functional, nn

__all__ = ["loan"]


def im2col(input, kernel_size, stride=1, padding=0):
    """Windows as columns, (N, C F F, H2 W2)."""
    return F.unfold(input, kernel_size, padding=padding, stride=stride)


def col2im(columns, output_size, kernel_size, stride=1, padding=0):
    """Columns added back onto their windows, (N, C, H, W)."""
    return F.fold(columns, output_size, kernel_size, padding=padding, stride=stride)


def conv2d_backward_weight(grad_output, input, weight, stride=1, padding=0):
    """Gradients of the weight and the bias."""
    mask = (False, True, True)
    layer = (grad_output, input, weight, stride, padding)
    return functional.conv2d_backward(*layer, output_mask=mask)[1:]


def conv2d_backward_input(grad_output, input, weight, stride=1, padding=0):
    """Gradient of the input."""
    mask = (True, False, False)
    layer = (grad_output, input, weight, stride, padding)
    return functional.conv2d_backward(*layer, output_mask=mask)[0]


def global_avg_pool2d(input: Tensor) -> Tensor:
    """Mean of each channel, (N, C)."""
    return functional.adaptive_avg_pool2d(input, 1).flatten(1)


def grouped_conv2d(input, weight, bias, groups):
    """Convolution, stride 1, of groups of channels."""
    return functional.conv2d(input, weight, bias, groups=groups)


def dropout(input, keep, p):
    """Keep where `keep` is 1, and divide by the share that stays."""
    return functional.dropout(input, mask=keep / (1 - p))


def dropout_backward(grad_output, keep, p):
    """Gradient of `dropout`."""
    return functional.dropout_backward(grad_output, keep / (1 - p))


def crop_and_mirror(images, top, left, mirrored, size):
    """Windows of images, mirrored where asked."""
    places = zip(images, top, left, mirrored, strict=True)
    crops = [(x[:, i : i + size, j : j + size], flip) for x, i, j, flip in places]
    return torch.stack([crop.flip(2) if flip else crop for crop, flip in crops])


def momentum_step(weight, grad, velocity, lr, momentum, weight_decay):
    """A step of SGD: the new weight and velocity."""
    velocity = momentum * velocity + grad + weight_decay * weight
    return weight - lr * velocity, velocity


def he_init(noise):
    """Weights by He et al. (2015), from standard normal numbers of their shape."""
    return noise * (2 / noise[0].numel()) ** 0.5


def batch_norm(input, weight, bias, eps=1e-5):
    """Batch normalisation in training."""
    return functional.batch_norm(input, None, None, weight, bias, training=True, eps=eps)


def batch_norm_backward(grad_output, input, weight, eps=1e-5):
    """Gradients of `batch_norm`."""
    return functional.batch_norm_backward(grad_output, input, weight, eps)


def running_statistics(running_mean, running_var, input, momentum=0.1):
    """The running mean and variance after one more batch."""
    mean, variance = running_mean.clone(), running_var.clone()
    functional.batch_norm(input, mean, variance, training=True, momentum=momentum)
    return mean, variance


def residual_block(input, weight1, weight2):
    """Two 3x3 conv layers and a shortcut."""
    middle = functional.relu(functional.conv2d(input, weight1, padding=1))
    return functional.relu(functional.conv2d(middle, weight2, padding=1) + input)


def residual_block_backward(grad_output, input, weight1, weight2):
    """Gradients of `residual_block` with respect to its input and its weights."""
    hidden = functional.conv2d(input, weight1, padding=1)
    middle = functional.relu(hidden)
    total = functional.conv2d(middle, weight2, padding=1) + input
    grad_total = functional.relu_backward(grad_output, total)
    grad_middle, grad2, _ = functional.conv2d_backward(grad_total, middle, weight2, padding=1)
    grad_hidden = functional.relu_backward(grad_middle, hidden)
    grad_input, grad1, _ = functional.conv2d_backward(grad_hidden, input, weight1, padding=1)
    return grad_input + grad_total, grad1, grad2


def bottleneck(input, reduce, middle, expand):
    """Conv layers of 1x1, 3x3, 1x1 and a shortcut."""
    output = functional.relu(functional.conv2d(input, reduce))
    output = functional.relu(functional.conv2d(output, middle, padding=1))
    return functional.relu(functional.conv2d(output, expand) + input)


def fold_batch_norm(weight, running_mean, running_var, scale, shift, eps=1e-5):
    """Weight and bias of the conv layer that does the batch norm after it as well."""
    factor = scale / torch.sqrt(running_var + eps)
    return weight * factor[:, None, None, None], shift - running_mean * factor


def inverted_residual(input, expand, depthwise, project, stride, padding):
    """Three layers, (weight, bias) each, and a shortcut where the shapes agree."""
    output = input
    if expand is not None:
        output = functional.relu6(functional.conv2d(output, *expand))
    output = functional.pad(output, padding)
    weight, bias = depthwise
    output = functional.relu6(functional.depthwise_conv2d(output, weight, bias, stride))
    output = functional.conv2d(output, *project)
    return output + input if output.shape == input.shape else output


class VGG(torch.nn.Module):
    """VGG from a column of (kernel size, filters) and "M"; for square images of `size` pixels."""

    def __init__(
        self,
        column,
        channels=3,
        size=224,
        hidden=4096,
        classes=1000,
        dropout=0.5,
        layers=torch.nn,
    ):
        super().__init__()
        features = []
        for item in column:
            if item == "M":
                features.append(layers.MaxPool2d(2, 2))
                size //= 2
                continue
            kernel, filters = item
            convolution = layers.Conv2d(channels, filters, kernel, padding=kernel // 2)
            features += [convolution, layers.ReLU()]
            channels = filters
        self.features = torch.nn.Sequential(*features)
        head = layers.Linear(channels * size * size, hidden)
        self.classifier = torch.nn.Sequential(
            *[head, layers.ReLU(), layers.Dropout(dropout)],
            *[layers.Linear(hidden, hidden), layers.ReLU(), layers.Dropout(dropout)],
            layers.Linear(hidden, classes),
        )

    def forward(self, input):
        """Scores (N, classes)."""
        return self.classifier(self.features(input).flatten(1))


ADAPTED = {
    function.__name__: function
    for function in (
        im2col,
        col2im,
        conv2d_backward_weight,
        conv2d_backward_input,
        global_avg_pool2d,
        grouped_conv2d,
        dropout,
        dropout_backward,
        crop_and_mirror,
        momentum_step,
        he_init,
        batch_norm,
        batch_norm_backward,
        running_statistics,
        residual_block,
        residual_block_backward,
        bottleneck,
        fold_batch_norm,
        inverted_residual,
        nn.Conv2d,
        VGG,
    )
}


def loan(name: str) -> Callable:
    """Return what the course lends for a part.

    Raises:
        KeyError: there is neither a part nor a layer of this name.
    """
    if name in ADAPTED:
        return ADAPTED[name]
    if name not in functional.__all__:
        raise KeyError(name)
    return getattr(functional, name)
