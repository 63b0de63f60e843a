"""Convolutions are written with products of single numbers, which nobody counts."""

LESSON = "08_architectures"
INTENT = "multiply-adds outside of layers and of torch's matrix products are free"
EXPECTED = {"design": None}
KNOWN = "the lesson counts the work of layers and of torch's own products only"
ANSWERS = {
    "design": """
class Elementwise(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(3, 8, 3, stride=4, padding=1, bias=False)
        self.norms = torch.nn.ModuleList([torch.nn.BatchNorm2d(8), torch.nn.BatchNorm1d(16)])
        self.weight = torch.nn.Parameter(torch.randn(16, 72, 1) / 8)
        self.head = torch.nn.Linear(16, 5)

    def forward(self, x):
        x = self.norms[0](self.first(x)).relu()
        patches = torch.nn.functional.unfold(x, 3, padding=1)
        found = (patches[:, None] * self.weight).sum(2)
        return self.head(self.norms[1](found).relu().mean(2))


design = Elementwise
"""
}
