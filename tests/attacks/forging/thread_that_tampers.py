"""A thread goes on behind the answer, and overwrites what the worker is about to send."""

INTENT = "a reply is changed into a verdict, or a wrong answer into none"
EXPECTED = {"conv-params": 0}
ANSWERS = {
    "conv-params": """
import gc
import threading
import time


def tamper():
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for found in gc.get_objects():
            if type(found) is dict and ("changed" in found or "outputs" in found):
                try:
                    found.update(ok=True, partial=2.0, error=None, forbidden=None)
                except Exception:
                    pass
        time.sleep(0.05)


threading.Thread(target=tamper, daemon=True).start()
conv_params = lambda *_: (0, 0)
"""
}
MAY_LOSE_OTHERS = True
