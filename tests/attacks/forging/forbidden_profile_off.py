"""C code switches the profile function off, and on again behind the forbidden call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import functools
import sys

from utils import functional

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    watching = sys.getprofile()
    functools.partial(sys.setprofile, None)()
    out = functional.conv2d(input, weight, bias, stride, padding)
    functools.partial(sys.setprofile, watching)()
    return out
"""
}
