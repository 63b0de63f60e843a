"""Tensors of NaN in the right shape and type: a difference that is NaN is not above a limit."""

INTENT = "the largest difference is NaN, which no assertion catches"
EXPECTED = {"conv2d-naive": 0, "conv2d-backward-input": 0}
ANSWERS = {
    "conv2d-naive": """
def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
    rows, columns = (
        sizing.conv_output_size(x, weight.shape[-1], stride, padding) for x in input.shape[2:]
    )
    return input.new_full((len(input), len(weight), rows, columns), float("nan"))
""",
    "conv2d-backward-input": """
def conv2d_backward_input(grad_output, input, weight, stride=1, padding=0):
    return input * float("nan")
""",
}
