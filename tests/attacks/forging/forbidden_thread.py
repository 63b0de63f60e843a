"""Another thread makes the forbidden call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)
pool.submit(len, ()).result()

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return pool.submit(F.conv2d, input, weight, bias, stride, padding).result()
"""
}
