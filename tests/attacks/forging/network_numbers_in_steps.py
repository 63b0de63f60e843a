"""Weights that were trained beforehand are picked out by lists of numbers in `forward`."""

from tests.designs import SMALL

LESSON = "08_architectures"
INTENT = "thousands of numbers that are no parameters come along"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": SMALL
    + """
recipe = {}
generator = torch.Generator().manual_seed(7)
PLACES = torch.randint(256, (5000,), generator=generator).tolist()


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
