"""The checks, with their references and hidden answers, are looked for on disk and in memory."""

INTENT = "the reference is called instead of an answer"
EXPECTED = {}
CELLS = [
    """
import gc
import importlib
import pkgutil
import sys

import utils.checks

print(sorted(x for x in sys.modules if "check" in x and "utils" in x))
print([x.name for x in pkgutil.walk_packages(utils.checks.__path__, "utils.checks.")])
for name in ("core", "running", "convolution", "convolution.forward", "architectures.design"):
    try:
        module = importlib.import_module(f"utils.checks.{name}")
        print("CANARY-READ the checks:", vars(module).keys())
    except ImportError as error:
        print(error)
for found in gc.get_objects():
    if type(found).__name__ in ("Exercise", "ValueExercise", "Mistake", "CheckFailed"):
        print("CANARY-READ", found)
"""
]
