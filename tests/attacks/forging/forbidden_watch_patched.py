"""The watch itself is replaced in the student's process."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
from utils.watch import Watch

Watch.__enter__ = lambda self: self
Watch.__exit__ = lambda self, *raised: None

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return F.conv2d(input, weight, bias, stride, padding)
"""
}
MAY_LOSE_OTHERS = True  # where functions are forbidden: nobody can tell any more
