"""The answer notes down what it is called with, and a later cell prints it."""

from tests.answers.convolution import RIGHT

INTENT = "the hidden tests' inputs are shown in the feedback"
EXPECTED = {}
KNOWN = "a process that is to answer hidden tests has to see what they ask"
ANSWERS = {
    "conv-params": """
def conv_params(in_channels, out_channels, kernel_size):
    seen.append((in_channels, out_channels, kernel_size))
    return kernel_size * kernel_size * in_channels * out_channels, out_channels
""",
    "colleagues-convolution": "print(seen)" + RIGHT["colleagues-convolution"][0],
}
CELLS = [
    """
seen = []
"""
]
