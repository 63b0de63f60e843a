"""torch's modes are switched off, and C code makes the forbidden call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import functools


def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    call = functools.partial(torch.conv2d, input, weight, bias, stride, padding)
    with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch():
        return call()
"""
}
