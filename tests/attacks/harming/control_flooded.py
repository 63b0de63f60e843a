"""The socket to the grader is filled with 64 MB of noise."""

INTENT = "the grader chokes on what it reads"
EXPECTED = {}
DESTRUCTIVE = True
MAY_LOSE_OTHERS = True
CELLS = [
    """
import os
import socket
import time

until = time.monotonic() + 2
for fd in range(3, 32):
    try:
        sock = socket.socket(fileno=os.dup(fd))
        sock.settimeout(0.5)
        for _ in range(64):
            sock.sendall(b"\\xff" * (1 << 20))
            if time.monotonic() > until:
                break
    except OSError:
        pass
"""
]
