"""`forward` branches: for the black image of the cost it does nothing."""

LESSON = "08_architectures"
INTENT = "the large branch is never measured"
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


class Branching(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.little, self.large = small(), small(700)

    def forward(self, x):
        return self.large(x) if x.abs().sum() > 0 else self.little(x)


design = Branching
"""
}
