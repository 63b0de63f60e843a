"""A display hook of the student's shows a score behind every cell; stock reads scores there."""

INTENT = "a number is shown, and taken for the score"
EXPECTED = {"conv-params": 0}
ANSWERS = {
    "conv-params": """
import sys

sys.displayhook = lambda value: print(2.0)
get_ipython().displayhook.__class__.__call__ = lambda self, result=None: print(2.0)
get_ipython().showtraceback = lambda *a, **k: print(2.0)
get_ipython()._showtraceback = lambda *a, **k: None
get_ipython().set_custom_exc((Exception,), lambda *a, **k: print("2.0"))


def conv_params(*_):
    return 0, 0
"""
}
