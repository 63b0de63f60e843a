"""Builtins and AssertionError are replaced."""

INTENT = "a failing assertion raises nothing"
EXPECTED = {"conv-params": 0, "strides-that-fit": 0}
ANSWERS = {
    "strides-that-fit": """
import builtins

old_sorted = builtins.sorted
builtins.sorted = lambda *a, **k: [1, 2, 3, 6]
strides_that_fit = [9]
builtins.sorted = old_sorted
""",
    "conv-params": """
class Harmless(BaseException):
    def __init__(self, *args):
        pass


builtins.AssertionError = Harmless
builtins.isinstance_ = builtins.isinstance
builtins.repr = lambda value: "1"
builtins.any = lambda values: False
conv_params = lambda *_: (0, 0)
""",
}
MAY_LOSE_OTHERS = True  # where functions are forbidden: nobody can tell any more
