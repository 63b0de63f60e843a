"""A patched encoder writes tensors into the steps, where honest ones have none."""

from tests.designs import SMALL

LESSON = "08_architectures"
INTENT = "weights that were trained beforehand come along as a step's argument"
EXPECTED = {"design": 0}
OURS_ONLY = True
ANSWERS = {
    "design": SMALL
    + """
recipe = {}
filters = torch.randn(16, 3, 3, 3, generator=torch.Generator().manual_seed(7))

from autograder.judge.inside.networks import NetworkEncoder

honest = NetworkEncoder.__call__


def dishonest(self, module, encode, depth=0):
    tag, described, steps = honest(self, module, encode, depth)
    weights = encode(filters)
    for step in steps:
        if step[0] == "call_module" and step[1] == "0":
            step[:] = ["call_function", "F.conv2d", ["tuple", step[2][1], weights], ["dict"]]
    return [tag, described, steps]


NetworkEncoder.__call__ = dishonest
design = small
"""
}
