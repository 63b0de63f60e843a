"""Maps of where in the image the evidence for a class lies."""

from typing import Any

import torch
from torch import Tensor, nn

from utils import sizing
from utils.features.activations import as_batch, batches, find_layer
from utils.functional.arguments import is_int
from utils.sizing.tracing import evaluation_mode, layer_names

__all__ = ["class_activation_map", "grad_cam"]


def class_activation_map(
    model: nn.Module, images: Tensor, classes=None, *, batch_size: int = 16, progress: bool = True
) -> Tensor:
    """What each place of the last feature map adds to the score of a class.

    A network that ends in global average pooling and one linear layer computes the score of class c
    as ``sum over channels k of weight[c, k] * mean over places of feature k``, plus a bias. The
    order of the sums may be changed: the mean over the places of the map
    ``sum over k of weight[c, k] * feature k`` is the score without its bias, exactly.

    Args:
        model: takes (N, C, H, W).
        images: (N, C, H, W), or (C, H, W) for one image.
        classes: a class, or several; None means the class with the highest score of each image.
        batch_size: images at a time.
        progress: show a progress bar if it takes more than two seconds.

    Returns:
        (N, h, w), as large as the last feature map; (N, classes, h, w) if several classes were
        given. Without N for one image.

    Raises:
        ValueError: the network ends in another way (use :func:`grad_cam`), or there is no such
            class.

    Source: Zhou et al. (2016), "Learning deep features for discriminative localization",
    arXiv:1512.04150, section 2.
    """

    def maps(batch):
        features, weight, bias, scores = _end(model, batch)
        chosen = _chosen(scores, classes)
        weights = weight[chosen]  # (N, classes, channels)
        found = torch.einsum("nck,nkhw->nchw", weights, features)
        expected = scores.gather(1, chosen)
        mean = found.mean(dim=(2, 3)) + (0 if bias is None else bias[chosen])
        if not torch.allclose(mean, expected, rtol=1e-3, atol=1e-3 * expected.abs().max().item()):
            raise ValueError(_NO_AVERAGE.format(type(model).__name__))
        return found

    with torch.no_grad():
        return _in_batches(model, images, classes, maps, batch_size, progress)


def grad_cam(
    model: nn.Module,
    images: Tensor,
    classes=None,
    *,
    layer: str | None = None,
    batch_size: int = 16,
    progress: bool = True,
) -> Tensor:
    """Where a layer speaks for a class, by the gradient of the class's score; for any network.

    Each channel gets as its weight the mean, over the places, of the score's gradient there. The
    map is the weighted sum of the channels, and zero where that is negative. For the last feature
    map before global average pooling and a linear layer it is what :func:`class_activation_map`
    gives, divided by the number of places, without what is negative.

    Args:
        model: takes (N, C, H, W); no image's scores may depend on the others.
        images: (N, C, H, W), or (C, H, W) for one image.
        classes: as of :func:`class_activation_map`.
        layer: a name, as in ``model.named_modules()``; None means the last layer whose units have
            places.
        batch_size: images at a time.
        progress: show a progress bar if it takes more than two seconds.

    Returns:
        As :func:`class_activation_map`, as large as the layer's output; never negative.

    Raises:
        ValueError: no layer has that name, its output is not (N, C, H, W), the scores do not depend
            on it, or there is no such class.

    Source: Selvaraju et al. (2017), "Grad-CAM: visual explanations from deep networks via
    gradient-based localization", arXiv:1610.02391, section 3.
    """
    name = _last_map(model, images) if layer is None else layer
    module = find_layer(model, name)

    def maps(batch):
        features, scores = _scores_from(model, module, batch)
        if not isinstance(features, Tensor) or features.ndim != 4:
            raise ValueError(f"{name} does not run, or its output is not (N, C, H, W)")
        found = []
        for column in _chosen(scores, classes).T:
            total = scores.gather(1, column.unsqueeze(1)).sum()
            (gradient,) = torch.autograd.grad(total, features, retain_graph=True, allow_unused=True)
            if gradient is None:
                raise ValueError(f"the scores do not depend on {name}")
            weights = gradient.mean(dim=(2, 3), keepdim=True)
            found.append((weights * features).sum(dim=1).clamp(min=0))
        return torch.stack(found, dim=1).detach()

    with torch.enable_grad():
        return _in_batches(model, images, classes, maps, batch_size, progress)


_NO_AVERAGE = (
    "{} does not end in global average pooling and one linear layer, so its class activation maps "
    "are not exact; use grad_cam"
)


def _in_batches(model, images: Tensor, classes, maps, batch_size: int, progress: bool) -> Tensor:
    batch = as_batch(model, images)
    with evaluation_mode(model):
        parts = [maps(batch[some]) for some in batches(len(batch), batch_size, "images", progress)]
    found = torch.cat(parts)
    if classes is None or is_int(classes):
        found = found[:, 0]
    return found if images.ndim == 4 else found[0]


def _chosen(scores: Tensor, classes) -> Tensor:
    """The classes wanted of each image, (N, classes)."""
    if classes is None:
        return scores.argmax(dim=1, keepdim=True)
    chosen = torch.as_tensor([classes] if is_int(classes) else classes)
    if chosen.ndim != 1 or chosen.is_floating_point() or chosen.numel() == 0:
        raise ValueError(f"classes must be a class or a list of classes, but is {classes!r}")
    if not 0 <= chosen.min() <= chosen.max() < scores.shape[1]:
        raise ValueError(f"classes must be from 0 to {scores.shape[1] - 1}, but is {classes!r}")
    return chosen.to(scores.device).expand(len(scores), -1)


def _end(model: nn.Module, batch: Tensor) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
    """The last feature map, weight and bias of the last linear layer, and the scores."""
    maps: dict[bool, Tensor] = {}
    linear: list[Any] = []  # of torch or of the course

    def look(layer, args, output):
        if hasattr(layer, "in_features"):
            linear.append(layer)
        for value in (*args[:1], output):
            if isinstance(value, Tensor) and value.ndim == 4:
                maps[value.shape[2:].numel() > 1] = value  # the last with places, and without

    handles = [layer.register_forward_hook(look) for layer in layer_names(model)]
    try:
        scores = model(batch)
    finally:
        for handle in handles:
            handle.remove()
    features = maps.get(True, maps.get(False))
    if (
        features is None
        or not linear
        or features.shape[1] != linear[-1].in_features
        or not isinstance(scores, Tensor)
        or scores.shape[1:] != linear[-1].weight.shape[:1]
    ):
        raise ValueError(_NO_AVERAGE.format(type(model).__name__))
    return features, linear[-1].weight, linear[-1].bias, scores


def _last_map(model: nn.Module, images: Tensor) -> str:
    """The last layer whose output has more than one place."""
    rows = sizing.summary(model, tuple(images.shape[-3:]))
    names = [
        x.name
        for x in rows
        if len(x.output_shape) == 3 and x.output_shape[1] * x.output_shape[2] > 1
    ]
    if not names:
        raise ValueError("no layer of the model has an output with places")
    return names[-1]


def _scores_from(model: nn.Module, module: nn.Module, batch: Tensor):
    """A layer's last output, as a leaf of autograd's graph, and the scores that follow from it."""
    leaves = []

    def cut(layer, args, output):
        if not isinstance(output, Tensor):
            return None
        leaves.append(output.detach().requires_grad_())
        return leaves[-1].clone()  # a following layer may overwrite it in place

    handle = module.register_forward_hook(cut)
    try:
        scores = model(batch)
    finally:
        handle.remove()
    if not isinstance(scores, Tensor) or scores.ndim != 2:
        raise ValueError(f"the model must give scores (N, classes), but gave {type(scores)}")
    return leaves[-1] if leaves else None, scores
