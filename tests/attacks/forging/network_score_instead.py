"""The design is an object that brings the grade's own attributes."""

LESSON = "08_architectures"
INTENT = "`points`, `cost` and `accuracy` are the student's"
EXPECTED = {"design": 0}
ANSWERS = {
    "design": """
recipe = {}


class Design(torch.nn.Module):
    points, accuracy, margin = 12.0, 1.0, 1.0
    cost = (1, 1)

    def forward(self, x):
        return x.new_zeros((len(x), 10))

    def __call__(self, *inputs):
        return self if not inputs else super().__call__(*inputs)


design = Design()
"""
}
