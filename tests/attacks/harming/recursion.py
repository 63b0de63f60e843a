"""An answer recurses without end, with the limit taken away."""

INTENT = "the stack overflows, and grading stops"
EXPECTED = {"conv-params": 0}
DESTRUCTIVE = True
ANSWERS = {
    "conv-params": """
import sys


def conv_params(*_):
    sys.setrecursionlimit(10**8)
    return [conv_params()]
"""
}
