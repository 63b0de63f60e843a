"""Weights that were trained beforehand sit in buffers, which nobody counts."""

from tests.designs import SMALL

LESSON = "08_architectures"
INTENT = "more weights than the budget allows, and none of them fresh"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": SMALL
    + """
recipe = {}
FILTERS = torch.randn(64, 27, generator=torch.Generator().manual_seed(7))
SECOND = torch.randn(64, 64, generator=torch.Generator().manual_seed(8))


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
