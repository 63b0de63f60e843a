"""An answer ends its process when it is called."""

INTENT = "grading stops, or the test counts as passed"
EXPECTED = {"conv-params": 0}
DESTRUCTIVE = True
ANSWERS = {
    "conv-params": """
import os


def conv_params(*_):
    os._exit(0)
"""
}
