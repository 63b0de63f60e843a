"""What a colleague has written: each has a fault, for students to find by measuring.

A layer that is not quite ours (lesson 1), a small network whose gradient has one wrong step
(lesson 2), an AlexNet with a wrong layer (lesson 4), and ways to test a network (lesson 6). What is
wrong stands here, in the open: find it by measuring first.
"""

import copy

import torch
from torch import Tensor, nn

from utils import functional
from utils.small_alexnet import ALPHA, small_alexnet

__all__ = ["Network", "colleagues_alexnet", "convolve", "tested"]


def convolve(image: Tensor, kernel: Tensor) -> Tensor:
    """A colleague's conv layer for one grey image and one filter, stride 1, no padding.

    Args:
        image: (H, W), floats.
        kernel: (F, F), floats.

    Returns:
        (H - F + 1, W - F + 1).

    Raises:
        ValueError: one of the two has more or fewer axes.
    """
    if image.ndim != 2 or kernel.ndim != 2:
        given = f"{tuple(image.shape)} and {tuple(kernel.shape)}"
        raise ValueError(f"an image (H, W) and a filter (F, F) are expected, not {given}")
    # From a book of mathematics: as one goes down and right in the filter, one goes up and left in
    # the image.
    return functional.conv2d(image[None, None], kernel.flip(0, 1)[None, None])[0, 0]


#: What is computed on the way forward, in this order.
FORWARD = ("before1", "hidden1", "before2", "hidden2", "means", "scores")


class Network:
    """conv, ReLU, conv, ReLU, global average, linear, cross-entropy, with a way back.

    The way back is spelt out step by step, so that each intermediate gradient can be looked at.

    Args:
        images: (N, C, H, W).
        targets: (N, classes), 1 for the right class and 0 for the others.
        parameters: w1, b1, w2, b2, w3, b3; the filters are 5x5 and padded by 2.
    """

    def __init__(self, images: Tensor, targets: Tensor, *parameters: Tensor):
        names = ("images", "w1", "b1", "w2", "b2", "w3", "b3")
        self.targets = targets
        self.values = dict(zip(names, (images, *parameters), strict=True))
        self.values = self._forward({})

    def loss(self, name: str | None = None, value: Tensor | None = None) -> Tensor:
        """The mean cross-entropy, if the value called `name` were this one."""
        values = self._forward({name: value} if name and value is not None else {})
        return -(values["scores"].log_softmax(dim=1) * self.targets).sum() / len(self.targets)

    def gradients(self) -> dict[str, Tensor]:
        """The colleague's gradients of the loss, by the name of the value, in nine steps."""
        x, g = self.values, {}
        g["scores"] = (x["scores"].softmax(dim=1) - self.targets) / len(self.targets)  # 1
        g["w3"], g["b3"] = g["scores"].T @ x["means"], g["scores"].sum(dim=0)  # 2
        g["means"] = g["scores"] @ x["w3"]  # 3
        height, width = x["hidden2"].shape[2:]
        spread = g["means"][:, :, None, None].expand_as(x["hidden2"])
        g["hidden2"] = spread / (height * width)  # 4
        g["before2"] = functional.relu_backward(g["hidden2"], x["before2"])  # 5
        back = functional.conv2d_backward(g["before2"], x["hidden1"], x["w2"], padding=2)
        _, g["w2"], g["b2"] = back  # 6
        # Each pixel's gradient is that of the outputs around it, weighted with the filter: laid on
        # as on the way forward, where it should be turned by half a turn.
        g["hidden1"] = functional.conv2d(g["before2"], x["w2"].transpose(0, 1), padding=2)  # 7
        g["before1"] = functional.relu_backward(g["hidden1"], x["before1"])  # 8
        back = functional.conv2d_backward(g["before1"], x["images"], x["w1"], padding=2)
        _, g["w1"], g["b1"] = back  # 9
        return g

    def _forward(self, replaced: dict[str, Tensor]) -> dict[str, Tensor]:
        x = self.values | replaced
        steps = {
            "before1": lambda: functional.conv2d(x["images"], x["w1"], x["b1"], padding=2),
            "hidden1": lambda: functional.relu(x["before1"]),
            "before2": lambda: functional.conv2d(x["hidden1"], x["w2"], x["b2"], padding=2),
            "hidden2": lambda: functional.relu(x["before2"]),
            "means": lambda: x["hidden2"].mean(dim=(2, 3)),
            "scores": lambda: x["means"] @ x["w3"].T + x["b3"],
        }
        for name in FORWARD:
            if name not in replaced:
                x[name] = steps[name]()
        return x


class _AcrossImages(nn.LocalResponseNorm):
    """Response normalisation whose neighbours are images of the batch, where channels are due."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.transpose(0, 1)).transpose(0, 1)

    def _get_name(self) -> str:
        return "LocalResponseNorm"


def colleagues_alexnet(seed: int = 0) -> nn.Sequential:
    """Build a small AlexNet, not trained, in evaluation mode: one of its layers is wrong."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = small_alexnet().eval()
    model[6] = _AcrossImages(5, alpha=5 * ALPHA, beta=0.75, k=2.0).eval()
    return model


def _eval(model: nn.Module, images: Tensor) -> Tensor:
    model.eval()
    with torch.no_grad():
        return model(images)


def _no_grad(model: nn.Module, images: Tensor) -> Tensor:
    with torch.no_grad():
        return model(images)


def _copy(model: nn.Module, images: Tensor) -> Tensor:
    copy.deepcopy(model).eval()
    with torch.no_grad():
        return model(images)


def _train_false(model: nn.Module, images: Tensor) -> Tensor:
    model.train(False)
    return model(images)


def _frozen(model: nn.Module, images: Tensor) -> Tensor:
    model.requires_grad_(False)
    return model(images)


def _one_by_one(model: nn.Module, images: Tensor) -> Tensor:
    model.eval()
    with torch.no_grad():
        return torch.cat([model(image[None]) for image in images])


_WAYS = dict(enumerate((_eval, _no_grad, _copy, _train_false, _frozen, _one_by_one), start=1))


def tested(way: int, model: nn.Module, images: Tensor) -> Tensor:
    """The scores (N, classes) of a trained network, asked for in one of six ways.

    The network is a copy, in training mode, as training has left it; yours stays as it is.

    Args:
        way: 1 to 6.
        model: a network that was trained.
        images: (N, C, H, W).

    Raises:
        ValueError: there is no such way.
    """
    if way not in _WAYS:
        raise ValueError(f"way is a number from 1 to {len(_WAYS)}, but is {way!r}")
    return _WAYS[way](copy.deepcopy(model).train(), images).detach()
