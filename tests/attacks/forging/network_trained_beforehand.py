"""The network was trained in a cell of its own, and is copied out."""

from tests.designs import SMALL

LESSON = "08_architectures"
INTENT = "its weights are not fresh"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": SMALL
    + """
recipe = {}


import copy

MODEL = small()
contest.train(MODEL, contest.pictures(100, 0), contest.Recipe(), epochs=1)
design = lambda: copy.deepcopy(MODEL)
"""
}
