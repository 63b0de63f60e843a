"""Several answers sleep for ever when they are called."""

INTENT = "the grader spends its whole time on one student"
EXPECTED = {"conv-params": 0}
DESTRUCTIVE = True
ANSWERS = {
    "conv-params": """
import time


def conv_params(*_):
    time.sleep(10**6)
"""
}
