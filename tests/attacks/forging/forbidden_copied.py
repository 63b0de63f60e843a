"""The library's text is copied, and run as the student's own."""

INTENT = "the library computes the answer, unseen"
EXPECTED = {}
KNOWN = "a copy is the student's own function; only reading tells"
ANSWERS = {
    "conv2d-vectorised": """
import pathlib

import utils

pathlib.Path("mine").mkdir()
for path in (pathlib.Path(utils.__file__).parent / "functional").glob("*.py"):
    text = path.read_text().replace("utils.functional", "mine")
    pathlib.Path("mine", path.name).write_text(text)

import mine


def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    return mine.conv2d(input, weight, bias, stride, padding, method="im2col")
"""
}
