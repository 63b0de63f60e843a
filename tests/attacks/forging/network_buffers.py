"""Weights that were trained beforehand sit in buffers, which nobody counts."""

LESSON = "08_architectures"
INTENT = "more weights than the budget allows, and none of them fresh"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": """
recipe = {}
FILTERS = torch.randn(64, 27, generator=torch.Generator().manual_seed(7))
SECOND = torch.randn(64, 64, generator=torch.Generator().manual_seed(8))


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


class Filtered(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("filters", FILTERS.reshape(64, 3, 3, 3))
        self.register_buffer("second", SECOND)
        self.body = small()

    def forward(self, x):
        known = F.linear(F.conv2d(x, self.filters, stride=4).relu().mean((2, 3)), self.second)
        return self.body(x) + known[:, :10] / 100


design = Filtered
"""
}
