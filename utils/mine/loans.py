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


def residual_block(input, weight1, gamma1, beta1, weight2, gamma2, beta2):
    """Conv, batch norm, ReLU, conv, batch norm, and the shortcut; then ReLU."""
    hidden = batch_norm(functional.conv2d(input, weight1, padding=1), gamma1, beta1)
    hidden = functional.relu(hidden)
    branch = batch_norm(functional.conv2d(hidden, weight2, padding=1), gamma2, beta2)
    return functional.relu(branch + input)


def residual_block_backward(grad_output, input, weight1, gamma1, beta1, weight2, gamma2, beta2):
    """Gradients of `residual_block` with respect to each of its arguments."""
    conv1 = functional.conv2d(input, weight1, padding=1)
    norm1 = batch_norm(conv1, gamma1, beta1)
    middle = functional.relu(norm1)
    conv2 = functional.conv2d(middle, weight2, padding=1)
    total = batch_norm(conv2, gamma2, beta2) + input
    grad_total = functional.relu_backward(grad_output, total)
    grad, *norm2_grads = batch_norm_backward(grad_total, conv2, gamma2)
    grad, grad_weight2, _ = functional.conv2d_backward(grad, middle, weight2, padding=1)
    grad = functional.relu_backward(grad, norm1)
    grad, *norm1_grads = batch_norm_backward(grad, conv1, gamma1)
    grad, grad_weight1, _ = functional.conv2d_backward(grad, input, weight1, padding=1)
    return grad + grad_total, grad_weight1, *norm1_grads, grad_weight2, *norm2_grads


class _Block(torch.nn.Module):
    """A residual block with option B; of `utils.nn`, or of the layers that are given."""

    def __init__(self, channels, filters, stride=1, layers=nn):
        super().__init__()
        self.relu = layers.ReLU()
        self.downsample = None
        out = self.add_layers(channels, filters, stride, layers)
        if stride != 1 or channels != out:
            conv = layers.Conv2d(channels, out, 1, stride, bias=False)
            self.downsample = torch.nn.Sequential(conv, layers.BatchNorm2d(out))

    def add_layers(self, channels, filters, stride, layers) -> int:
        """Add the conv layers and batch norms of the branch; return its number of channels."""
        raise NotImplementedError

    def branch(self, input):
        """F(x)."""
        raise NotImplementedError

    def forward(self, input):
        """relu(F(x) + x), or relu(F(x) + projection of x)."""
        output = self.branch(input)
        shortcut = input if self.downsample is None else self.downsample(input)
        return self.relu(output + shortcut)


class ResidualBlock(_Block):
    """Two 3x3 conv layers and a shortcut."""

    def add_layers(self, channels, filters, stride, layers):
        """Two layers of 3x3, the first with the stride."""
        self.conv1 = layers.Conv2d(channels, filters, 3, stride, padding=1, bias=False)
        self.bn1 = layers.BatchNorm2d(filters)
        self.conv2 = layers.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = layers.BatchNorm2d(filters)
        return filters

    def branch(self, input):
        """F(x)."""
        return self.bn2(self.conv2(self.relu(self.bn1(self.conv1(input)))))


class Bottleneck(_Block):
    """Conv layers of 1x1, 3x3, 1x1 and a shortcut; the third has four times as many filters."""

    def add_layers(self, channels, filters, stride, layers):
        """The stride is in the 3x3 layer."""
        self.conv1 = layers.Conv2d(channels, filters, 1, bias=False)
        self.bn1 = layers.BatchNorm2d(filters)
        self.conv2 = layers.Conv2d(filters, filters, 3, stride, padding=1, bias=False)
        self.bn2 = layers.BatchNorm2d(filters)
        self.conv3 = layers.Conv2d(filters, 4 * filters, 1, bias=False)
        self.bn3 = layers.BatchNorm2d(4 * filters)
        return 4 * filters

    def branch(self, input):
        """F(x)."""
        output = self.relu(self.bn1(self.conv1(input)))
        output = self.relu(self.bn2(self.conv2(output)))
        return self.bn3(self.conv3(output))


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
        ResidualBlock,
        Bottleneck,
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
