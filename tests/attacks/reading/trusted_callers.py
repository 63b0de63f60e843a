"""During a test's call the answer walks up the frames, and prints what it finds."""

from tests.answers.convolution import RIGHT

INTENT = "the caller's frames hold the test, or what it expects"
EXPECTED = {}
ANSWERS = {
    "conv-params": """
def conv_params(in_channels, out_channels, kernel_size):
    frame = sys._getframe()
    while frame is not None:
        found.append((frame.f_code.co_filename, frame.f_code.co_name, repr(frame.f_locals)[:300]))
        found.append([x for x in frame.f_globals if "test" in x or "expected" in x])
        frame = frame.f_back
    return kernel_size * kernel_size * in_channels * out_channels, out_channels
""",
    "colleagues-convolution": 'print(*found[:20], sep="\\n")' + RIGHT["colleagues-convolution"][0],
}
CELLS = [
    """
import sys

found = []
"""
]
