"""A cell loops for ever, and ignores interrupts."""

INTENT = "the grader waits for ever"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try:
        pass
    except BaseException:
        pass
"""
]
