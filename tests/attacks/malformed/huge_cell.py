"""One cell of 20 MB."""

import nbformat

INTENT = "the grader's memory or database burst"
EXPECTED = "refused"


def notebook(released, right):
    right.cells.insert(2, nbformat.v4.new_markdown_cell("x" * (20 << 20)))
    return right
