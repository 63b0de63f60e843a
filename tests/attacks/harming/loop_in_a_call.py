"""An answer loops for ever when a test calls it, and ignores interrupts."""

INTENT = "the grader waits for ever, and the other answers are lost"
EXPECTED = {"conv-params": 0}
DESTRUCTIVE = True
ANSWERS = {
    "conv-params": """
def conv_params(*_):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""
}
