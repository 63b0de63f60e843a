"""The watch is switched off during the call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import sys

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return [sys.setprofile(None), F.conv2d(input, weight, bias, stride, padding)][1]
"""
}
