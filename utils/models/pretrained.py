"""Weights that torchvision publishes, trained on ImageNet."""

from os import PathLike
from pathlib import Path
from typing import NamedTuple

import torch

from utils._common import checkpoints, files
from utils.models.arguments import check_choice
from utils.models.googlenet import GoogLeNet
from utils.models.parts import Network
from utils.nn import Linear

__all__ = ["PRETRAINED", "Weights", "load_pretrained", "with_weights"]

FOLDER_URL = "https://download.pytorch.org/models/"


class Weights(NamedTuple):
    """A published file, and the first digits of its SHA-256, which end its name."""

    file: str

    @property
    def url(self) -> str:
        """Where it is published."""
        return FOLDER_URL + self.file

    @property
    def sha256(self) -> str:
        """First eight digits of its checksum."""
        return Path(self.file).stem.rpartition("-")[2]


# Source: torchvision 0.29 models/*.py, the weights named IMAGENET1K_V1.
PRETRAINED = {
    "alexnet": Weights("alexnet-owt-7be5be79.pth"),
    "googlenet": Weights("googlenet-1378be20.pth"),
    "resnet18": Weights("resnet18-f37072fd.pth"),
    "resnet34": Weights("resnet34-b627a593.pth"),
    "resnet50": Weights("resnet50-0676ba61.pth"),
    "resnet101": Weights("resnet101-63fe2227.pth"),
    "resnet152": Weights("resnet152-394f9c45.pth"),
    "vgg11": Weights("vgg11-8a719046.pth"),
    "vgg11_bn": Weights("vgg11_bn-6002323d.pth"),
    "vgg13": Weights("vgg13-19584684.pth"),
    "vgg13_bn": Weights("vgg13_bn-abd245e5.pth"),
    "vgg16": Weights("vgg16-397923af.pth"),
    "vgg16_bn": Weights("vgg16_bn-6c64b313.pth"),
    "vgg19": Weights("vgg19-dcbb9e9d.pth"),
    "vgg19_bn": Weights("vgg19_bn-c79401a0.pth"),
}
# The layer that gives the scores, by which models for other classes differ.
HEADS = ("fc.", "classifier.6.")


def load_pretrained(
    model: Network,
    path: str | PathLike | None = None,
    *,
    head: bool = True,
    progress: bool = True,
    url: str | None = None,
    sha256: str | None = None,
) -> Network:
    """Load torchvision's published weights into a model of :mod:`utils.models`.

    The file, of 27 to 548 MB, is fetched once and kept in the user's cache. Images for it hold red,
    green and blue from 0 to 1, less (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225):
    :func:`utils.data.torchvision_input` prepares them.

    Args:
        model: as its builder returned it; one that torchvision has too.
        path: a file that is already here, for work without a network.
        head: False leaves the last layer as it is: for other classes than ImageNet's 1000.
        progress: show the download's progress.
        url: where from; None means where torchvision publishes it.
        sha256: first digits of the checksum that the file must have; None means the published.

    Returns:
        The model.

    Raises:
        CheckpointError: the file cannot be read, or is of another model.
        ChecksumError: the file is not the published one.
        DownloadError: it could not be fetched.
        FileNotFoundError: there is no file at ``path``.
        ValueError: there are no published weights for this model.
    """
    name = getattr(model, "torchvision_name", None)
    if name is None:
        raise ValueError(
            f"there are no published weights for this {type(model).__name__}: torchvision has "
            f"{', '.join(PRETRAINED)}, with the builders' default variants"
        )
    weights = PRETRAINED[name]
    expected = weights.sha256 if sha256 is None else sha256
    if path is None:
        path = files.cache_folder() / weights.file
        files.download(url or weights.url, path, expected, algorithm="sha256", progress=progress)
    elif not Path(path).exists():
        raise FileNotFoundError(f"there is no file at {path}; it is published at {weights.url}")
    files.check(path, expected, "sha256", "Delete it and load again")
    state = _read(path, model)
    if not head:
        ours = model.state_dict()
        state |= {key: ours[key] for key in ours if key.startswith(HEADS)}
    checkpoints.check_model(path, model, state)
    model.load_state_dict(state)
    if isinstance(model, GoogLeNet):
        model.transform_input = True
    return model


def with_weights(model: Network, weights: str | None) -> Network:
    """A builder's ``weights``: None, or ``"imagenet"`` for torchvision's, and evaluation mode.

    Raises:
        CheckpointError, ChecksumError, DownloadError, ValueError: as of :func:`load_pretrained`.
    """
    name = type(model).__name__
    check_choice(name, "weights", weights, (None, "imagenet"))
    if weights is None:
        return model
    last = [layer for layer in model.modules() if isinstance(layer, Linear)][-1]
    if last.out_features != 1000:
        raise ValueError(
            f"{name}: ImageNet's weights are for 1000 classes, but num_classes is "
            f"{last.out_features}; build it without weights, then load all but the last layer: "
            "models.load_pretrained(model, head=False)"
        )
    return load_pretrained(model).eval()


def _read(path: str | PathLike, model: torch.nn.Module) -> dict[str, torch.Tensor]:
    state = checkpoints.read(path)
    ours = model.state_dict()
    # Files from before torch 0.4.1 lack the counters, which nothing in evaluation needs.
    counters = {key: ours[key] for key in ours if key.endswith("num_batches_tracked")}
    # GoogLeNet's file holds the side classifiers, which the model may lack.
    wanted = {key: value for key, value in state.items() if key in ours or "aux" not in key}
    return counters | wanted
