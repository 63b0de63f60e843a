"""Without a branch: the costly layers see only images that are not black."""

LESSON = "08_architectures"
INTENT = "multiply-adds are counted for one black image, and there are none"
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
        chosen = x.abs().amax((1, 2, 3)).nonzero().flatten()
        found = torch.index_select(x, 0, chosen)
        scores = self.costly(found)
        return (x[:, :1, 0, :10] * 0).flatten(1).index_add(0, chosen, scores)


design = Picking
"""
}
