"""The student's end of the protocol is patched to send what no honest one sends."""

INTENT = "the trusted kernel builds an object of the student's choice"
EXPECTED = {"conv-params": 0, "colleagues-convolution": 0}
OURS_ONLY = True
ANSWERS = {
    "conv-params": """
from autograder.judge.inside import peers, wire

honest = wire.Encoder.__call__
TRICKS = {
    "a": ["remote", "type", 0, "conv_params"],
    "b": ["remote", "function", -1, "__class__"],
    "c": ["object", "builtins", "eval"],
    "d": ["network", [None, True, {}, {}, {}, {}], []],
    "e": ["node", 0],
    "f": ["dtype"],
    "g": [["list"] * 40, 1],
    "h": {"__reduce__": 1},
}


def dishonest(self, value, depth=0):
    if isinstance(value, str) and value in TRICKS:
        return TRICKS[value]
    return honest(self, value, depth)


wire.Encoder.__call__ = peers.Encoder.__call__ = dishonest
turns = iter(list(TRICKS) * 100)
conv_params = lambda *_: next(turns)
""",
    "colleagues-convolution": "colleagues_convolution = lambda *_: next(turns)",
}
MAY_LOSE_OTHERS = True
