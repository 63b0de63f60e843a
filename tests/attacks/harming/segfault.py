"""An answer writes to address 0."""

INTENT = "grading stops"
EXPECTED = {"conv-params": 0}
DESTRUCTIVE = True
ANSWERS = {
    "conv-params": """
import ctypes


def conv_params(*_):
    ctypes.memset(0, 1, 1)
"""
}
