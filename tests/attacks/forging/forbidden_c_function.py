"""A function of SciPy written in C is called by C code."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {}
KNOWN = "torch tells of its operators; SciPy does not tell of its own, and C code calls unseen"
ANSWERS = {
    "conv2d-vectorised": """
import functools

from scipy.ndimage import _nd_image

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    pad = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
    images, filters = np.pad(input.double().numpy(), pad), weight.double().numpy()
    middle, top, left = (size // 2 for size in filters.shape[1:])
    rows, cols = (images.shape[2 + x] - filters.shape[2 + x] + 1 for x in (0, 1))
    results = []
    for image in images:
        for kernel in filters:
            out = np.empty(image.shape)
            functools.partial(_nd_image.correlate, image, kernel, out, 4, 0.0, [0, 0, 0])()
            results.append(out[middle, top : top + rows : stride, left : left + cols : stride])
    out = np.stack(results).reshape(len(images), len(filters), *results[0].shape)
    out = torch.from_numpy(out).to(input.dtype)
    return out if bias is None else out + bias[:, None, None]
"""
}
