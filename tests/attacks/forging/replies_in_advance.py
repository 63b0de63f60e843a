"""Replies to the trusted kernel's next questions are written before it asks."""

INTENT = "a later exercise takes its answers from forged replies"
EXPECTED = {"conv-params": 0}
OURS_ONLY = True
ANSWERS = {
    "conv-params": """
import gc
import json
import struct

from autograder.judge.inside.peers import Answers

(answers,) = [x for x in gc.get_objects() if isinstance(x, Answers)]
for reply in ({"value": True, "changed": []}, {"value": None, "changed": []}) * 4:
    text = json.dumps(reply).encode()
    answers.channel.socket.sendall(struct.pack("!4sIQ", b"CNN1", len(text), 0) + text)


def conv_params(*_):
    return 0, 0
"""
}
MAY_LOSE_OTHERS = True
