"""A frame says that the cell is done, while it loops on; the next cell is large."""

INTENT = "the grader blocks as it sends"
EXPECTED = {"conv-params": 0}
OURS_ONLY = True
DESTRUCTIVE = True
MAY_LOSE_OTHERS = True
ANSWERS = {
    "conv-params": """
import json
import os
import socket
import struct

text = json.dumps({"outputs": []}).encode()
for fd in range(3, 32):
    try:
        sock = socket.socket(fileno=os.dup(fd))
        sock.setblocking(False)
        sock.send(struct.pack("!4sIQ", b"CNN1", len(text), 0) + text)
    except OSError:
        pass
conv_params = lambda *_: (0, 0)
while True:
    pass
"""
}
