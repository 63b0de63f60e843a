"""Small plain and residual networks for the digits, of torch's own layers, and their training."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from utils import data
from utils._common.devices import one_thread
from utils.training import evaluate

__all__ = [
    "SEEDS",
    "Block",
    "Curves",
    "small_resnet",
    "standardised",
    "test_accuracy",
    "train",
]

SEEDS = (0, 1, 2)


class Block(nn.Module):
    """Two 3x3 conv layers, with a shortcut around them or without; option A where sizes change.

    With `preactivation` (He et al., 2016b) batch norm and ReLU come before each conv layer, and
    nothing comes after the addition.
    """

    def __init__(self, channels, filters, residual, batch_norm, preactivation=False):
        super().__init__()
        self.stride = 1 if channels == filters else 2
        self.conv1 = nn.Conv2d(channels, filters, 3, self.stride, padding=1, bias=not batch_norm)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=not batch_norm)
        first = channels if preactivation else filters
        self.norm1 = nn.BatchNorm2d(first) if batch_norm else nn.Identity()
        self.norm2 = nn.BatchNorm2d(filters) if batch_norm else nn.Identity()
        self.residual, self.missing = residual, filters - channels
        self.preactivation = preactivation

    def branch(self, input):
        """Give F(x)."""
        if self.preactivation:
            middle = self.conv1(F.relu(self.norm1(input)))
            return self.conv2(F.relu(self.norm2(middle)))
        return self.norm2(self.conv2(F.relu(self.norm1(self.conv1(input)))))

    def shortcut(self, input):
        """Give x, or what option A makes of it where the sizes change."""
        subsampled = input[:, :, :: self.stride, :: self.stride]
        return F.pad(subsampled, (0, 0, 0, 0, 0, self.missing))

    def forward(self, input):
        """Give relu(F(x) + x), or relu(F(x)) in a plain block; no ReLU with `preactivation`."""
        output = self.branch(input)
        if self.residual:
            output = output + self.shortcut(input)
        return output if self.preactivation else F.relu(output)


def small_resnet(
    depth, residual, batch_norm=True, *, scale=1.0, zero_gamma=False, preactivation=False
):
    """Build a network for (N, 1, 8, 8) images with 8, 16 and 32 filters; depth is 6 n + 2.

    Weights by He et al. (2015), times `scale`. Without batch norm the last conv layer of a residual
    block starts at zero: such a block is the identity at first, and the signal does not grow from
    block to block. With batch norm `zero_gamma` does the same: the scale of each block's second
    one starts at zero.
    """
    layers: list[nn.Module] = [nn.Conv2d(1, 8, 3, padding=1, bias=not batch_norm)]
    layers += [nn.BatchNorm2d(8)] if batch_norm else []
    layers += [nn.ReLU()]
    channels = 8
    for filters in (8, 16, 32):
        for _ in range((depth - 2) // 6):
            layers.append(Block(channels, filters, residual, batch_norm, preactivation))
            channels = filters
    if preactivation:
        layers += [nn.BatchNorm2d(32) if batch_norm else nn.Identity(), nn.ReLU()]
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            layer.weight.data *= scale
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    if residual and not batch_norm:
        for block in model:
            if isinstance(block, Block):
                nn.init.zeros_(block.conv2.weight)
    if zero_gamma:
        for block in model:
            if isinstance(block, Block) and isinstance(block.norm2, nn.BatchNorm2d):
                nn.init.zeros_(block.norm2.weight)
    return model


def standardised(images):
    """Give all pixels together mean 0 and standard deviation 1."""
    return (images - images.mean()) / images.std()


class Curves(NamedTuple):
    """What an epoch gave: mean loss and share of wrong answers on the training images.

    Both are counted while training: each batch before its step, with its own statistics.
    """

    losses: list[float]
    errors: list[float]


def train(
    depth, residual, batch_norm=True, *, seed=0, epochs=4, rate=0.05, device="cpu", **options
):
    """Train on the digits: SGD with momentum 0.9, batches of 64, a cosine down to zero.

    `options` are those of `small_resnet`.
    """
    digits = data.digits()
    images, labels = standardised(digits.train_images).to(device), digits.train_labels.to(device)
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(seed)
        model = small_resnet(depth, residual, batch_norm, **options).to(device)
        optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
        steps = epochs * -(-len(images) // 64)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        curves = Curves([], [])
        for _ in range(epochs):
            loss_sum = wrong = 0.0
            for batch in torch.randperm(len(images), generator=generator).split(64):
                scores = model(images[batch])
                loss = F.cross_entropy(scores, labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                loss_sum += loss.item() * len(batch)
                wrong += (scores.argmax(1) != labels[batch]).sum().item()
            curves.losses.append(loss_sum / len(images))
            curves.errors.append(wrong / len(images))
    return model, curves


def test_accuracy(model):
    """Share of the test digits that a network names rightly, in evaluation mode."""
    digits = data.digits()
    mean, deviation = digits.train_images.mean(), digits.train_images.std()
    pixels = (digits.test_images - mean) / deviation
    with one_thread():
        return evaluate(model, (pixels, digits.test_labels)).accuracy
