"""All signals are masked, and the answer waits."""

INTENT = "neither interrupt nor termination arrive"
EXPECTED = {"conv-params": 0}
DESTRUCTIVE = True
ANSWERS = {
    "conv-params": """
import signal
import time


def conv_params(*_):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    until = time.monotonic() + 100
    while time.monotonic() < until:
        pass
"""
}
