"""An audit hook makes the forbidden call: no profile function sees what it calls."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import sys

from utils import functional

results = []


def hook(event, args):
    if event == "mine":
        results.append(functional.conv2d(*args))


sys.addaudithook(hook)

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    sys.audit("mine", input, weight, bias, stride, padding)
    return results.pop()
"""
}
