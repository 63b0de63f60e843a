"""Replies are JSON, nested 100,000 deep, or hold a tag of a million characters."""

INTENT = "the reader's stack overflows"
EXPECTED = {"conv-params": 0}
OURS_ONLY = True
DESTRUCTIVE = True
MAY_LOSE_OTHERS = True
ANSWERS = {
    "conv-params": """
import gc
import struct

from autograder.judge.inside.peers import Answers

(answers,) = [x for x in gc.get_objects() if isinstance(x, Answers)]
TEXTS = [
    b'{"value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"value": ' + b'["list",' * 900 + b"1" + b"]" * 900 + b', "changed": []}',
    b'{"value": [' + b"[" * 900 + b"]" * 900 + b'], "changed": []}',
    b'{"value": ["' + b"x" * 1_000_000 + b'"], "changed": []}',
    b'{"value": {"a": ' + b"9" * 5000 + b'}, "changed": []}',
]


def conv_params(*_):
    text = TEXTS.pop() if TEXTS else b"{}"
    answers.channel.socket.sendall(struct.pack("!4sIQ", b"CNN1", len(text), 0) + text)
    return 0, 0
"""
}
