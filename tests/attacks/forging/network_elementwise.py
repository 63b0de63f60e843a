"""Convolutions are written with products of single numbers, so that no layer does the work."""

LESSON = "08_architectures"
INTENT = "multiply-adds outside of layers and of torch's matrix products are free"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": """
recipe = {}


class Elementwise(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.weight = torch.nn.Parameter(torch.randn(28, 72, 1) / 8)
        self.head = torch.nn.Linear(28 * 16, 10)

    def forward(self, x):
        patches = torch.nn.functional.unfold(self.first(x).relu(), 3, padding=1)
        found = (patches[:, None] * self.weight).sum(2).relu().reshape(-1, 28, 32, 32)
        return self.head(F.max_pool2d(found, 8).flatten(1))


design = Elementwise
"""
}
