"""Answers return huge tensors, lists, ranges and views of one number."""

INTENT = "the trusted kernel runs out of memory"
EXPECTED = {"conv-params": 0}
DESTRUCTIVE = True
ANSWERS = {
    "conv-params": """
TURNS = [
    lambda: torch.zeros(1).expand(1 << 45),
    lambda: torch.zeros(1 << 27),
    lambda: range(10**18),
    lambda: [0] * 5_000_000,
    lambda: {x: x * (2**61 - 1) for x in range(200_000)},
    lambda: "x" * (40 << 20),
    lambda: np.zeros((0, 1 << 39)),
    lambda: torch.zeros(0, 1 << 39),
]


def conv_params(*_):
    return TURNS.pop()() if TURNS else 0
"""
}
