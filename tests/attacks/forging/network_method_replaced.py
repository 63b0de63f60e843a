"""A patched encoder gives a layer a function of the student's for a method."""

LESSON = "08_architectures"
INTENT = "the layer calls back into the student's kernel, where a larger network answers"
EXPECTED = {"design": 0}
OURS_ONLY = True
ANSWERS = {
    "design": """
recipe = {}


def small(filters=16):
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, filters, 3, stride=2, padding=1, bias=False),
        torch.nn.BatchNorm2d(filters),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(filters, filters, 3, padding=1, bias=False),
        torch.nn.BatchNorm2d(filters),
        torch.nn.ReLU(),
        torch.nn.Conv2d(filters, filters, 3, padding=1, bias=False),
        torch.nn.BatchNorm2d(filters),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(16 * filters, 10),
    )


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
