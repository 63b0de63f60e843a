"""The answer notes down what it is called with, and a later cell prints it."""

INTENT = "the hidden tests' inputs are shown in the feedback"
EXPECTED = {}
KNOWN = "a process that is to answer hidden tests has to see what they ask"
ANSWERS = {
    "conv-params": """
def conv_params(in_channels, out_channels, kernel_size):
    seen.append((in_channels, out_channels, kernel_size))
    return kernel_size * kernel_size * in_channels * out_channels, out_channels
""",
    "true-convolution": """
print(seen)


def true_convolution(image, kernel):
    turned = kernel.flip(0, 1)
    rows, columns = (x - y + 1 for x, y in zip(image.shape, kernel.shape))
    output = torch.zeros(rows, columns, dtype=image.dtype)
    for i in range(rows):
        for j in range(columns):
            window = image[i : i + turned.shape[0], j : j + turned.shape[1]]
            output[i, j] = (window * turned).sum()
    return output
""",
}
CELLS = [
    """
seen = []
"""
]
