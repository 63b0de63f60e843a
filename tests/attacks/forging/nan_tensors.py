"""Tensors of NaN in the right shape and type: a difference that is NaN is not above a limit."""

INTENT = "the largest difference is NaN, which no assertion catches"
EXPECTED = {"conv2d-naive": 0, "colleagues-convolution": 0}
ANSWERS = {
    "conv2d-naive": """
def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
    rows, columns = (
        sizing.conv_output_size(x, weight.shape[-1], stride, padding) for x in input.shape[2:]
    )
    return input.new_full((len(input), len(weight), rows, columns), float("nan"))
""",
    "colleagues-convolution": """
def colleagues_convolution(image, kernel):
    rows, columns = (x - y + 1 for x, y in zip(image.shape, kernel.shape))
    return image.new_full((rows, columns), float("nan"))
""",
}
