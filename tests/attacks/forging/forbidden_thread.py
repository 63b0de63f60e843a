"""Another thread makes the forbidden call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {}
KNOWN = "the watch sees its own thread; it runs in the student's process, where nothing is safe"
ANSWERS = {
    "conv2d-vectorised": """
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)
pool.submit(len, ()).result()

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return pool.submit(F.conv2d, input, weight, bias, stride, padding).result()
"""
}
