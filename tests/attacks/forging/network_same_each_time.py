"""Every call hands out the same network."""

from tests.designs import SMALL

LESSON = "08_architectures"
INTENT = "a network that has been trained in one call is measured in the next"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": SMALL
    + """
recipe = {}


MODEL = small()
design = lambda: MODEL
"""
}
