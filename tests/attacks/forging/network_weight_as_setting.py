"""A patched encoder sends a layer's weight as a setting instead of a parameter."""

LESSON = "08_architectures"
INTENT = "weights that were trained beforehand are neither counted nor recognised"
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
