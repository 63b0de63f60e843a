"""The forbidden function is called under another name."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
convolve = getattr(F, 'conv' + '2d')

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return convolve(input, weight, bias, stride, padding)
"""
}
