"""Convolution in the frequency domain.

Source: Mathieu, Henaff & LeCun (2014), "Fast training of convolutional networks through FFTs",
arXiv:1312.5851, section 2.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from utils.functional.arguments import ConvGeometry, is_half


def conv2d_fft(
    input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, output: Tensor
) -> None:
    """Convolve (N, C, H, W) by a product of Fourier transforms, into ``output``.

    A product of spectra is a circular convolution; conjugating the filter's spectrum turns it into
    the cross-correlation. Outputs whose window does not wrap around are right and are kept; a
    stride keeps every S-th of them.
    """
    if len(input) == 0:
        return
    dtype = torch.float32 if is_half(input) else input.dtype
    padded = pad(input, geometry.padding).to(dtype)
    (height, width), (step_y, step_x), _, (spread_y, spread_x), groups, (rows, columns) = geometry
    filters, depth = weight.shape[:2]
    spread = weight.new_zeros(
        filters, depth, spread_y * (height - 1) + 1, spread_x * (width - 1) + 1, dtype=dtype
    )
    spread[..., ::spread_y, ::spread_x] = weight
    size = tuple(padded.shape[2:])
    images = torch.fft.rfft2(padded).unflatten(1, (groups, depth))
    kernels = torch.fft.rfft2(spread, s=size).unflatten(0, (groups, filters // groups)).conj()
    spectrum = torch.einsum("ngchw,gkchw->ngkhw", images, kernels).flatten(1, 2)
    full = torch.fft.irfft2(spectrum, s=size)
    output.copy_(
        full[..., : step_y * (rows - 1) + 1 : step_y, : step_x * (columns - 1) + 1 : step_x]
    )
    if bias is not None:
        output += bias.view(-1, 1, 1)
