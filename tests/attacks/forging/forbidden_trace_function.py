"""A trace function makes the forbidden call: no profile function sees what it calls."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import sys

from utils import functional

asked, results = [], []


def trace(frame, event, argument):
    if asked:
        results.append(functional.conv2d(*asked.pop()))


def nothing():
    pass


sys.settrace(trace)

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    asked.append((input, weight, bias, stride, padding))
    nothing()
    return results.pop()
"""
}
