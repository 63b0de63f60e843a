"""A process of its own session stays behind, for 60 seconds."""

INTENT = "a process outlives the grading"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv("/usr/bin/sleep", ["convnets-daemon", "61"])
    os._exit(0)
import subprocess

subprocess.Popen(["/usr/bin/setsid", "/usr/bin/sleep", "61"])
print("started")
"""
]
