"""The result is overwritten when the arguments are thrown away, behind the call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
class Later:
    def __init__(self, *args):
        self.args = args

    def __del__(self):
        input, weight, bias, stride, padding, out = self.args
        out.copy_(F.conv2d(input, weight, bias, stride, padding))


def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    rows = (input.shape[2] + 2 * padding - weight.shape[2]) // stride + 1
    cols = (input.shape[3] + 2 * padding - weight.shape[3]) // stride + 1
    out = torch.zeros(len(input), len(weight), rows, cols, dtype=input.dtype)
    input.later = Later(input.clone(), weight.clone(), bias, stride, padding, out)
    return out
"""
}
