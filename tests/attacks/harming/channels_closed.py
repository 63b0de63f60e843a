"""All sockets of the process are closed; it then waits."""

INTENT = "the grader waits for ever"
EXPECTED = {"conv-params": 0}
DESTRUCTIVE = True
ANSWERS = {
    "conv-params": """
import os
import time


def conv_params(*_):
    os.closerange(3, 64)
    time.sleep(10**6)
"""
}
