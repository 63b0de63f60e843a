"""Weights that were trained beforehand sit in buffers, which nobody counts."""

LESSON = "08_architectures"
INTENT = "more weights than the budget allows, and none of them fresh"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": """
recipe = {}
FILTERS = torch.randn(64, 27, generator=torch.Generator().manual_seed(7))
SECOND = torch.randn(64, 64, generator=torch.Generator().manual_seed(8))


class Filtered(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("filters", FILTERS.reshape(64, 3, 3, 3))
        self.register_buffer("second", SECOND)
        self.head = torch.nn.Linear(1024, 10)
        self.norm = torch.nn.BatchNorm1d(1024)

    def forward(self, x):
        x = F.max_pool2d(F.conv2d(x, self.filters, stride=2, padding=1).relu(), 2)
        x = F.max_pool2d(F.conv2d(x, self.second[:, :, None, None]).relu(), 2)
        return self.head(self.norm(x.flatten(1)))


design = Filtered
"""
}
