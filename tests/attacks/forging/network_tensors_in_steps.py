"""A patched encoder writes tensors into the steps, where honest ones have none."""

LESSON = "08_architectures"
INTENT = "weights that were trained beforehand come along as a step's argument"
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
