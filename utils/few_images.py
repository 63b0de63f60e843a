"""Lesson 8's task with few images: tell which photograph a small patch was cut out of.

Patches for training come from the left halves of the course's photographs, those for testing from
the right halves. A network may learn them from scratch, or begin with a trained one; `transfer.py`
in the lesson's folder does both beforehand.
"""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils import data
from utils.models.efficientnet import EfficientNetLite

__all__ = ["POOL", "SIDE", "draw", "from_scratch", "maps", "patches", "top", "tuned"]

SIDE = 64  # pixels of a patch
POOL = 40  # training patches of each photograph to choose from
BATCH = 16


def patches(count: int, *, right: bool = False, colour: bool = False, seed: int = 0):
    """Cut `count` patches out of one half of each photograph.

    Returns:
        The patches as `models.efficientnet_lite0` wants its images, (10 * count, 3, SIDE, SIDE),
        and the numbers of their photographs, (10 * count,).
    """
    generator, found = torch.Generator().manual_seed(seed), []
    photographs = data.photographs()
    for photograph in photographs.values():
        height, width = photograph.image.shape[1:]
        size = [round(side * 256 / min(height, width)) for side in (height, width)]
        image = F.interpolate(photograph.image[None], size, mode="bicubic", antialias=True)[0]
        image = image.clamp(0, 1)
        if not colour:
            image = image.mean(0, keepdim=True).expand(3, -1, -1)
        middle = size[1] // 2
        half = image[..., middle:] if right else image[..., :middle]
        for _ in range(count):
            limits = [side - SIDE + 1 for side in half.shape[1:]]
            top, left = (int(torch.randint(limit, (1,), generator=generator)) for limit in limits)
            found.append(half[:, top : top + SIDE, left : left + SIDE])
    labels = torch.arange(len(photographs)).repeat_interleave(count)
    return (255 * torch.stack(found) - 127) / 128, labels


def draw(count: int, seed: int) -> Tensor:
    """Draw places in the pool: `count` patches of each photograph, (10 * count,)."""
    generator = torch.Generator().manual_seed(seed)
    chosen = [torch.randperm(POOL, generator=generator)[:count] for _ in range(10)]
    return torch.cat([POOL * label + places for label, places in enumerate(chosen)])


def from_scratch(images: Tensor, labels: Tensor, rate: float, seed: int, steps: int):
    """Train four conv layers with batch norm on patches (N, 3, SIDE, SIDE); return the network."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    channels = 3
    for filters in (12, 16, 24, 32):
        first = channels == 3  # it halves the image by its stride, the others by pooling
        layers += [nn.Conv2d(channels, filters, 3, 2 if first else 1, padding=1)]
        layers += [nn.BatchNorm2d(filters), nn.ReLU()]
        layers += [] if first else [nn.MaxPool2d(2)]
        channels = filters
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))
    sgd = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, weight_decay=5e-4)
    _train(model, images, labels, sgd, steps)
    return model.eval()


def maps(network: EfficientNetLite, images: Tensor) -> Tensor:
    """Compute what leaves the sixth of EfficientNet-Lite0's seven stages, (N, 192, 2, 2)."""
    layers: list[nn.Module] = [network.pad, network.stem, network.bn1, network.relu1]
    layers += [network.get_submodule(f"stage{number}") for number in range(1, 7)]
    with torch.no_grad():
        return torch.cat([nn.Sequential(*layers)(part) for part in images.split(20)])


def top(network: EfficientNetLite) -> nn.Sequential:
    """Copy the rest of the trained network, with a new head of zeros: its last layer."""
    layers: list[nn.Module] = copy.deepcopy(
        [network.get_submodule("stage7"), network.head, network.bn2, network.relu2]
    )
    head = nn.Linear(1280, 10)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head).eval()


def tuned(
    network: EfficientNetLite,
    features: Tensor,
    labels: Tensor,
    rate: float,
    factor: float,
    seed: int,
    steps: int,
):
    """Train a new head with a rate, and what is below it with `factor` times that rate.

    Args:
        network: EfficientNet-Lite0, trained; it stays as it is.
        features: what `maps` gave of the patches, (N, 192, 2, 2).
        labels: the numbers of their photographs, (N,).
        rate: learning rate of the head.
        factor: times `rate`, that of the rest, whose batch norms stay in evaluation mode.
        seed: of the batches.
        steps: of gradient descent; the rates fall to zero along a cosine.

    Returns:
        The top of the network, for `maps` of other patches.
    """
    torch.manual_seed(seed)
    model = top(network)
    if factor == 0:
        model[:-1].requires_grad_(False)
    groups: list[dict] = [
        {"params": model[-1].parameters()},
        {"params": model[:-1].parameters(), "lr": factor * rate},
    ]
    sgd = torch.optim.SGD(groups, lr=rate, momentum=0.9)
    _train(model, features, labels, sgd, steps)
    return model


def _train(model, inputs, labels, sgd, steps):
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, steps)
    for _ in range(steps):
        batch = torch.randperm(len(inputs))[:BATCH]
        loss = F.cross_entropy(model(inputs[batch]), labels[batch])
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        schedule.step()
