"""C code starts a thread during the call; it makes the forbidden call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
import _thread
import functools

from utils import functional

start = functools.partial(_thread.start_new_thread)

def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    done, out = _thread.allocate_lock(), []

    def work():
        out.append(functional.conv2d(input, weight, bias, stride, padding))
        done.release()

    done.acquire()
    start(work, ())
    done.acquire()
    return out[0]
"""
}
