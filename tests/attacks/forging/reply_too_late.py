"""A test's call sleeps until the grader gives up; its reply comes when the next test has asked."""

INTENT = "replies are off by one, so that one exercise's answer serves another"
EXPECTED = {"conv-params": 0}
ANSWERS = {
    "conv-params": """
import time


def conv_params(*_):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            time.sleep(1)
        except KeyboardInterrupt:
            pass
    return 0, 0
"""
}
