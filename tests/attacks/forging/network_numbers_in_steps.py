"""Weights that were trained beforehand are picked out by lists of numbers in `forward`."""

LESSON = "08_architectures"
INTENT = "thousands of numbers that are no parameters come along"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": """
recipe = {}
generator = torch.Generator().manual_seed(7)
PLACES = torch.randint(256, (5000,), generator=generator).tolist()


class Written(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.head = torch.nn.Linear(1024, 10)
        self.norm = torch.nn.BatchNorm1d(1024)
        self.table = torch.nn.Parameter(torch.ones(256) / 100)

    def forward(self, x):
        filters = self.table.cumsum(0)[PLACES][: 64 * 27].reshape(64, 3, 3, 3)
        x = F.max_pool2d(F.conv2d(x, filters, stride=2, padding=1).relu(), 4)
        return self.head(self.norm(x.flatten(1)))


design = Written
"""
}
