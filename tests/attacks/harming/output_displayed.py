"""Displays without end, large HTML, deeply nested tags and pictures that are none."""

INTENT = "the grader is busy cleaning outputs"
EXPECTED = {}
CELLS = [
    """
from IPython.display import HTML, Markdown, display

display(HTML("<div><b>" * 200_000))
display(HTML("<a href='" * 100_000))
display(HTML("<table><tr><td>" * 50_000 + "x"))
display(Markdown("[" * 100_000), Markdown("> " * 50_000), Markdown("*a_ " * 50_000))
for _ in range(3000):
    display({"text/plain": "x" * 100, "image/png": "no picture"}, raw=True)
"""
]
