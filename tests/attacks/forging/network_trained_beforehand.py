"""The network was trained in a cell of its own, and is copied out."""

LESSON = "08_architectures"
INTENT = "its weights are not fresh"
EXPECTED = {"design": 0}
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


import copy

MODEL = small()
contest.train(MODEL, contest.pictures(100, 0), contest.Recipe(), epochs=1)
design = lambda: copy.deepcopy(MODEL)
"""
}
