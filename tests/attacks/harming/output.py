"""A gigabyte is printed."""

INTENT = "notebook, gradebook or grader's memory burst"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import sys
import time

line, until = "x" * (1 << 20) + "\n", time.monotonic() + 3
for _ in range(1000):
    print(line)
    sys.stderr.write(line)
    if time.monotonic() > until:
        break
"""
]
