"""The operator is called below the functions that are watched."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return torch.ops.aten.conv2d.default(input, weight, bias, [stride] * 2, [padding] * 2)
"""
}
