"""A cell ends its process."""

INTENT = "grading stops"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import os

os._exit(0)
"""
]
