"""Maps of what happens to a class when a part of the image is covered."""

import torch
from torch import Tensor, nn

from utils.features.activations import as_batch, batches
from utils.sizing.tracing import evaluation_mode

__all__ = ["occlusion_map"]


def occlusion_map(
    model: nn.Module,
    image: Tensor,
    label: int | None = None,
    *,
    size: int = 48,
    stride: int | None = None,
    fill: float = 0.0,
    batch_size: int = 16,
    progress: bool = True,
) -> Tensor:
    """How much a class's probability falls when a square of the image is covered.

    It asks the network alone, and looks at nothing within it. It takes one run of the network for
    each place of the square.

    Args:
        model: takes (N, C, H, W), and gives scores (N, classes).
        image: (C, H, W), as the model wants it.
        label: the class; None means the one with the highest score.
        size: of the square, in pixels.
        stride: how far the square moves, in pixels; None means a third of its size. The last one
            touches the edge.
        fill: what the square is filled with. After :func:`utils.data.imagenet_input` 0 is grey.
        batch_size: covered images at a time.
        progress: show a progress bar if it takes more than two seconds.

    Returns:
        (H, W): for each pixel the mean, over all squares that cover it, of the probability of the
        image as it is less that of the covered one. Above zero: what is here speaks for the class.

    Raises:
        ValueError: the image is not (C, H, W), the square is larger than it, an argument is out of
            range, or there is no such class.

    Source: Zeiler & Fergus (2014), arXiv:1311.2901, section 4.2.
    """
    if image.ndim != 3:
        raise ValueError(f"the image must be (C, H, W), but has shape {tuple(image.shape)}")
    image = as_batch(model, image)[0]
    if not 1 <= size <= min(image.shape[1:]):
        raise ValueError(
            f"size must be from 1 to the image's {min(image.shape[1:])} pixels, but is {size}"
        )
    stride = max(1, size // 3) if stride is None else stride
    if not 1 <= stride <= size:
        raise ValueError(f"stride must be from 1 to size={size}, but is {stride}")
    places = [
        (top, left)
        for top in _starts(image.shape[1], size, stride)
        for left in _starts(image.shape[2], size, stride)
    ]
    total, covers = image.new_zeros(image.shape[1:]), image.new_zeros(image.shape[1:])
    with evaluation_mode(model), torch.no_grad():
        before = model(image.unsqueeze(0)).softmax(dim=1)[0]
        label = before.argmax().item() if label is None else label
        if not 0 <= label < len(before):
            raise ValueError(f"label must be from 0 to {len(before) - 1}, but is {label}")
        for some in batches(len(places), batch_size, "squares", progress):
            covered = image.repeat(some.stop - some.start, 1, 1, 1)
            squares = [
                (slice(top, top + size), slice(left, left + size)) for top, left in places[some]
            ]
            for each, (rows, columns) in zip(covered, squares, strict=True):
                each[:, rows, columns] = fill
            falls = before[label] - model(covered).softmax(dim=1)[:, label]
            for fall, (rows, columns) in zip(falls, squares, strict=True):
                total[rows, columns] += fall
                covers[rows, columns] += 1
    return total / covers


def _starts(length: int, size: int, stride: int) -> list[int]:
    """First pixels of the squares along one axis; together they cover all of it."""
    starts = list(range(0, length - size, stride))
    return [*starts, length - size]
