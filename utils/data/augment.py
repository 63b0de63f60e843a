"""Augmentation: random changes of an image that do not change what is to be seen in it.

All work on a whole batch at once, on any device. The random numbers are drawn on the generator's
device (the CPU when none is given) and then moved, so that a seed gives the same crops everywhere.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

__all__ = [
    "Augment",
    "PrincipalColours",
    "colour_shift",
    "principal_colours",
    "random_crop",
    "random_horizontal_flip",
]


def random_crop(
    images: Tensor,
    size: int | tuple[int, int],
    padding: int = 0,
    *,
    value: float = 0.0,
    generator: Generator | None = None,
) -> Tensor:
    """Cut a window out of each image, at a place drawn for each.

    Args:
        images: (N, C, H, W), any dtype.
        size: of the window, one number or (height, width).
        padding: pixels put around each image first.
        value: what they hold; 0 is the mean colour once the images are centred.
        generator: source of the places; torch's global one when None.

    Returns:
        (N, C, height, width).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: ``images`` does not have 4 dimensions, or the window does not fit.

    Source: Krizhevsky et al. (2012), section 4.1 (224x224 out of 256x256); He et al. (2016),
    section 4.2 (CIFAR-10: 32x32 out of 32x32 padded by 4).
    """
    _check_images(images)
    height, width = _pair("size", size, least=1)
    padding = _whole("padding", padding, least=0)
    padded_height, padded_width = (length + 2 * padding for length in images.shape[2:])
    if height > padded_height or width > padded_width:
        raise ValueError(
            f"a window of {height}x{width} does not fit into images of "
            f"{images.shape[2]}x{images.shape[3]} padded by {padding}"
        )
    if padding:
        images = F.pad(images, (padding,) * 4, value=value)
    n, channels = images.shape[:2]
    top = _integers(padded_height - height + 1, n, images.device, generator)
    left = _integers(padded_width - width + 1, n, images.device, generator)
    rows = top[:, None] + torch.arange(height, device=images.device)
    columns = left[:, None] + torch.arange(width, device=images.device)
    image = torch.arange(n, device=images.device)
    channel = torch.arange(channels, device=images.device)
    return images[
        image[:, None, None, None],
        channel[:, None, None],
        rows[:, None, :, None],
        columns[:, None, None, :],
    ]


def random_horizontal_flip(
    images: Tensor, p: float = 0.5, *, generator: Generator | None = None
) -> Tensor:
    """Mirror each image, left to right, with probability ``p``.

    Args:
        images: (N, C, H, W), any dtype.
        p: from 0 to 1.
        generator: source of the choices; torch's global one when None.

    Returns:
        Shaped as ``images``.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: ``images`` does not have 4 dimensions, or ``p`` is out of range.

    Source: Krizhevsky et al. (2012), section 4.1.
    """
    _check_images(images)
    if not 0 <= p <= 1:
        raise ValueError(f"p must be a probability, from 0 to 1, but is {p}")
    source = _device(generator)
    flipped = torch.rand(len(images), generator=generator, device=source) < p
    return torch.where(flipped.to(images.device)[:, None, None, None], images.flip(-1), images)


class PrincipalColours(NamedTuple):
    """In which directions, and how far, the colours of a set of images vary.

    ``mean`` (3,), ``eigenvalues`` (3,) from the largest down, and ``eigenvectors`` (3, 3), one a
    column, of the covariance of red, green and blue over all pixels; float64 on the CPU.
    """

    mean: Tensor
    eigenvalues: Tensor
    eigenvectors: Tensor


def principal_colours(images: Tensor) -> PrincipalColours:
    """Principal components of the colours of all pixels of all images.

    Args:
        images: (N, 3, H, W), float.

    Raises:
        TypeError: ``images`` is not a tensor of floats.
        ValueError: ``images`` has another shape, no pixels, or holds NaN or infinity.

    Source: Krizhevsky et al. (2012), section 4.1.
    """
    _check_colour_images(images)
    count = images.numel() // 3
    if count == 0:
        raise ValueError(f"there are no pixels in images of shape {tuple(images.shape)}")

    # A few images at a time, so that no second copy of a whole data set is made; summed in
    # float64 on the CPU, since Apple's GPUs do not have it.
    def pixels():
        for part in images.detach().split(1024):
            yield part.transpose(0, 1).flatten(1).cpu().double()

    mean = sum(part.sum(1) for part in pixels()) / count
    centred = (part - mean[:, None] for part in pixels())
    covariance = sum(part @ part.T for part in centred) / count
    if not covariance.isfinite().all():
        raise ValueError("the images hold NaN or infinity, so their colours have no covariance")
    eigenvalues, eigenvectors = torch.linalg.eigh(covariance)
    # An eigenvector may be turned round. Fixed here, or a seed would mean something else on
    # another machine.
    largest = eigenvectors.abs().argmax(0, keepdim=True)
    eigenvectors = eigenvectors * eigenvectors.gather(0, largest).sign()
    return PrincipalColours(mean, eigenvalues.flip(0).clamp(min=0), eigenvectors.flip(1))


def colour_shift(
    images: Tensor,
    colours: PrincipalColours,
    sigma: float = 0.1,
    *,
    use_deviation: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """Add to all pixels of an image the same colour, drawn along the principal components.

    To each pixel is added ``eigenvectors @ (alpha * eigenvalues)``, with three numbers alpha
    drawn for each image from a normal distribution of mean 0 and deviation ``sigma``. This
    stands for lighting of another strength and colour. The result may leave [0, 1].

    An eigenvalue is a variance: with pixels from 0 to 255 it is 65025 times that of pixels from
    0 to 1, while the pixels themselves grow only 255 times. The paper does not give its scale;
    use images in [0, 1], or ``use_deviation=True``, whose effect does not depend on the scale.

    Args:
        images: (N, 3, H, W), float.
        colours: from :func:`principal_colours`, of all training images.
        sigma: deviation of alpha, at least 0.
        use_deviation: multiply by the square roots of the eigenvalues instead.
        generator: source of alpha; torch's global one when None.

    Returns:
        Shaped as ``images``, of its dtype.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: ``images`` has another shape, or ``sigma`` is negative.

    Source: Krizhevsky et al. (2012), section 4.1.
    """
    _check_colour_images(images)
    if not 0 <= sigma < float("inf"):
        raise ValueError(f"sigma must be at least 0 and finite, but is {sigma}")
    source = _device(generator)
    alpha = sigma * torch.randn(len(images), 3, generator=generator, device=source)
    reach = colours.eigenvalues.sqrt() if use_deviation else colours.eigenvalues
    shift = (alpha.cpu().double() * reach) @ colours.eigenvectors.T
    return images + shift.to(images.dtype).to(images.device)[:, :, None, None]


@dataclass(frozen=True)
class Augment:
    """Crop, flip and colour shift, one after the other; for :func:`utils.training.fit`.

    Called as ``augment(images, generator=generator)`` on (N, C, H, W).

    Args:
        size: of the window; the size of the images when None.
        padding: pixels put around each image before the crop.
        flip: probability of mirroring. 0 where left and right differ in meaning, as in digits.
        colours: from :func:`principal_colours`; no colour shift when None.
        sigma: strength of the colour shift.

    Raises:
        As :func:`random_crop`, :func:`random_horizontal_flip` and :func:`colour_shift`.
    """

    size: int | tuple[int, int] | None = None
    padding: int = 4
    flip: float = 0.5
    colours: PrincipalColours | None = None
    sigma: float = 0.1

    def __call__(self, images: Tensor, *, generator: Generator | None = None) -> Tensor:
        """Change the images of a batch, each in its own way."""
        _check_images(images)
        size = (images.shape[2], images.shape[3]) if self.size is None else self.size
        images = random_crop(images, size, self.padding, generator=generator)
        images = random_horizontal_flip(images, self.flip, generator=generator)
        if self.colours is not None:
            images = colour_shift(images, self.colours, self.sigma, generator=generator)
        return images


def _check_images(images: Tensor) -> None:
    if not isinstance(images, Tensor):
        raise TypeError(f"images must be a tensor, but is {type(images).__name__}")
    if images.ndim != 4:
        raise ValueError(
            f"images must have shape (N, C, H, W), but has {tuple(images.shape)}"
            + ("; a single image needs images[None]" if images.ndim == 3 else "")
        )


def _check_colour_images(images: Tensor) -> None:
    _check_images(images)
    if not images.is_floating_point():
        raise TypeError(f"images must be floats, but is {images.dtype}: use images.float() / 255")
    if images.shape[1] != 3:
        raise ValueError(
            f"images must have 3 channels (red, green, blue), but has {images.shape[1]}"
        )


def _pair(name: str, value: int | tuple[int, int], least: int) -> tuple[int, int]:
    pair = tuple(value) if isinstance(value, tuple | list | torch.Size) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"{name} must be one number or two, but is {value!r}")
    return _whole(name, pair[0], least), _whole(name, pair[1], least)


def _whole(name: str, value: int, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be whole numbers, but holds {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, but is {value}")
    return value


def _device(generator: Generator | None) -> torch.device:
    if generator is None:
        return torch.device("cpu")
    if not isinstance(generator, Generator):
        raise TypeError(
            f"generator must be a torch.Generator, but is {type(generator).__name__}: "
            "make one with torch.Generator().manual_seed(seed)"
        )
    return generator.device


def _integers(limit: int, n: int, device: torch.device, generator: Generator | None) -> Tensor:
    drawn = torch.randint(limit, (n,), generator=generator, device=_device(generator))
    return drawn.to(device)
