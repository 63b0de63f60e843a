"""The forbidden call is hidden in a text that is executed."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return eval("__import__('torch').conv" + "2d(input, weight, bias, stride, padding)")
"""
}
