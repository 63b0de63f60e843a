"""A trace function, for all threads, that changes every function's variables."""

INTENT = "the code that compares is traced, and its variables are overwritten"
EXPECTED = {"conv-params": 0}
ANSWERS = {
    "conv-params": """
import sys
import threading


def trace(frame, event, argument):
    for name in ("got", "expected", "wrong"):
        if name in frame.f_locals:
            frame.f_locals[name] = None
    return trace


threading.settrace(trace)
sys.settrace(trace)
conv_params = lambda *_: (0, 0)
"""
}
