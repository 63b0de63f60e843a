"""The answer borrows the function from the student's library, where it is on loan."""

INTENT = "the library computes the answer, under another name"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
from utils import mine

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return mine.conv2d(input, weight, bias, stride, padding)
"""
}
