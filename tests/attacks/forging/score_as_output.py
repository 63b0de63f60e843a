"""The answer's cell displays the number of points as its result."""

INTENT = "an output is taken for the score"
EXPECTED = {"conv-params": 0}
ANSWERS = {"conv-params": "conv_params = lambda *_: (0, 0)\n2.0"}
