"""Half characters are printed, raised and displayed: no file in UTF-8 can hold them."""

INTENT = "the graded notebook cannot be written"
EXPECTED = {"conv-params": 0}
CELLS = [
    """
from IPython.display import HTML, display

print("\\ud800 half a character")
display(HTML("<b>\\udfff</b>"), {"text/plain": "\\ud800"}, raw=False)
"""
]
ANSWERS = {
    "conv-params": """
def conv_params(*_):
    raise ValueError("\\ud800\\x00\\x1b[2J half a character")
"""
}
