"""A layer of torch.nn makes the forbidden call."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {"conv2d-vectorised": 0}
ANSWERS = {
    "conv2d-vectorised": """
def layer(weight):
    made = torch.nn.Conv2d(1, 1, 1, bias=False)
    made.weight = torch.nn.Parameter(weight)
    return made


def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    made = layer(weight)
    made.stride, made.padding = (stride, stride), (padding, padding)
    return made._conv_forward(input, made.weight, bias)
"""
}
