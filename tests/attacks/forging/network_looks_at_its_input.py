"""`forward` branches: for the black image of the cost it does nothing."""

from tests.designs import SMALL

LESSON = "08_architectures"
INTENT = "the large branch is never measured"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": SMALL
    + """
recipe = {}


class Branching(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.little, self.large = small(), small(700)

    def forward(self, x):
        return self.large(x) if x.abs().sum() > 0 else self.little(x)


design = Branching
"""
}
