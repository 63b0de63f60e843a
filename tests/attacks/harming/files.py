"""A hundred thousand empty files and deep folders."""

INTENT = "the disk runs out of inodes"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import os
import time

until = time.monotonic() + 3
for place in range(100_000):
    try:
        with open(f"/tmp/convnets-file-{place}", "w"):
            pass
    except OSError as error:
        print(place, error)
        break
    if time.monotonic() > until:
        break
for _ in range(500):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
"""
]
