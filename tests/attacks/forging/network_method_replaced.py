"""A patched encoder gives a layer a function of the student's for a method."""

from tests.designs import SMALL

LESSON = "08_architectures"
INTENT = "the layer calls back into the student's kernel, where a larger network answers"
EXPECTED = {"design": 0}
OURS_ONLY = True
ANSWERS = {
    "design": SMALL
    + """
recipe = {}


import gc

from autograder.judge.inside.peers import Answers

(answers,) = [x for x in gc.get_objects() if isinstance(x, Answers)]
answers.objects.append(
    lambda x, weight, bias: x.mean((1, 2, 3)).reshape(-1, 1, 1, 1).repeat(1, 16, 16, 16)
)
PLACE = len(answers.objects) - 1

from autograder.judge.inside.networks import NetworkEncoder

honest = NetworkEncoder.__call__


def dishonest(self, module, encode, depth=0):
    tag, described, steps = honest(self, module, encode, depth)
    layer = described[5]["0"]
    layer[2]["_conv_forward"] = ["remote", "function", PLACE, "f"]
    return [tag, described, steps]


NetworkEncoder.__call__ = dishonest
design = small
"""
}
