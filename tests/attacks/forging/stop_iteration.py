"""Exceptions that end loops quietly: a test that maps over cases would stop at the first one."""

INTENT = "a loop over cases ends before it compares anything"
EXPECTED = {"conv-params": 0, "im2col": 0}
ANSWERS = {
    "conv-params": "def conv_params(*_):\n    raise StopIteration",
    "im2col": "def im2col(*_, **__):\n    raise GeneratorExit",
}
