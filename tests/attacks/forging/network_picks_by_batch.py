"""Without a branch: of a single image, as the cost is counted with, nothing is looked at."""

LESSON = "08_architectures"
INTENT = "multiply-adds are counted for one image, and there are none"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": """
recipe = {}


def build(*widths):
    layers, channels = [], 3
    for filters in widths:
        layers += [torch.nn.Conv2d(channels, filters, 3, padding=1, bias=False)]
        layers += [torch.nn.BatchNorm2d(filters), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
        channels = filters
    return torch.nn.Sequential(
        *layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(channels, 10)
    )


class Picking(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.costly = build(40, 56, 80)

    def forward(self, x):
        some = x[: (x.shape[0] - 1) * 1000]
        return torch.cat([self.costly(some), x[x.shape[0] * 1000 - 1000 :, 0, 0, :10]])


design = Picking
"""
}
