"""TorchScript makes the forbidden call: compiled code, in which no Python runs."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
@torch.jit.script
def compiled(input, weight, stride: int, padding: int):
    return torch.conv2d(input, weight, None, [stride, stride], [padding, padding])


def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    out = compiled(input, weight, stride, padding)
    return out if bias is None else out + bias[:, None, None]
"""
}
