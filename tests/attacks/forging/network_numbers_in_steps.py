"""Weights that were trained beforehand are picked out by lists of numbers in `forward`."""

LESSON = "08_architectures"
INTENT = "thousands of numbers that are no parameters come along"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": """
recipe = {}
generator = torch.Generator().manual_seed(7)
PLACES = torch.randint(256, (5000,), generator=generator).tolist()


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


class Written(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = small()
        self.table = torch.nn.Parameter(torch.ones(256) / 100)

    def forward(self, x):
        filters = self.table.cumsum(0)[PLACES][: 64 * 27].reshape(64, 3, 3, 3)
        known = F.conv2d(x, filters, stride=4).relu().mean((2, 3))
        return self.body(x) + known[:, :10] / 100


design = Written
"""
}
