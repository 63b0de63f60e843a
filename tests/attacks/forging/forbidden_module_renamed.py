"""The module that may not be used calls itself another name."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import sys

from utils import functional

for name in [x for x in sys.modules if x.startswith("utils.functional")]:
    vars(sys.modules[name])["__name__"] = "mine"

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return functional.conv2d(input, weight, bias, stride, padding)
"""
}
