"""Packages, the lesson's data and the system's files are changed."""

INTENT = "what the next student or the grader imports is the student's"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import os
import sys
from pathlib import Path

places = [utils.__file__, torch.__file__, sys.executable, "/usr/bin/cat", "/etc/passwd", "/bin/sh"]
places += [f"{Path(utils.__file__).parent}/checks/__init__.py", "/proc/self/exe", "/convnets"]
for path in places:
    written = lambda: open(path, "ab").close()
    for call in (written, lambda: os.chmod(path, 0o777), lambda: os.utime(path)):
        try:
            call()
            print("HARM changed", path)
        except OSError as error:
            print(path, error)
"""
]
