"""C code makes the forbidden call: a partial function, run by `map`."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import functools

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    convolve = functools.partial(torch.conv2d, stride=stride, padding=padding)
    return next(map(convolve, [input], [weight], [bias]))
"""
}
