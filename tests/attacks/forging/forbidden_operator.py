"""An operator far below the forbidden function is called, under its own name."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    rows, cols = weight.shape[2:]
    padded = F.pad(input, (padding,) * 4)
    operator = torch.ops.aten._slow_conv2d_forward.default
    return operator(padded, weight, [rows, cols], bias, [stride] * 2, [0, 0])
"""
}
