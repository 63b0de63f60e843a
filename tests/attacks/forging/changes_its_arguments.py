"""Arguments are set to zero in place, so that zero would be the right answer."""

INTENT = "the test compares with what it computes from the changed arguments"
EXPECTED = {"conv2d-naive": 0, "colleagues-convolution": 0}
ANSWERS = {
    "conv2d-naive": """
def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
    rows, columns = (
        sizing.conv_output_size(x, weight.shape[-1], stride, padding) for x in input.shape[2:]
    )
    for tensor in (input, weight, bias):
        if tensor is not None:
            tensor.zero_()
    return input.new_zeros((len(input), len(weight), rows, columns))
""",
    "colleagues-convolution": """
def colleagues_convolution(image, kernel):
    rows, columns = (x - y + 1 for x, y in zip(image.shape, kernel.shape))
    with torch.no_grad():
        image.set_(torch.zeros_like(image))
        kernel.data = torch.zeros_like(kernel)
    return image.new_zeros((rows, columns))
""",
}
