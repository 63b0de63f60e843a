"""A patched encoder sends a layer's weight as a setting instead of a parameter."""

from tests.designs import SMALL

LESSON = "08_architectures"
INTENT = "weights that were trained beforehand are neither counted nor recognised"
EXPECTED = {"design": 0}
OURS_ONLY = True
ANSWERS = {
    "design": SMALL
    + """
recipe = {}


from autograder.judge.inside.networks import NetworkEncoder

honest = NetworkEncoder.__call__


def dishonest(self, module, encode, depth=0):
    tag, described, steps = honest(self, module, encode, depth)
    layer = described[5]["0"]
    del layer[3]["weight"]
    layer[2]["weight"] = encode(torch.linspace(-1, 1, 16 * 27).reshape(16, 3, 3, 3))
    return [tag, described, steps]


NetworkEncoder.__call__ = dishonest
design = small
"""
}
