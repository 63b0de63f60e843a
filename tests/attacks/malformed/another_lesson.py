"""Another lesson's notebook under this one's name."""

import nbformat

INTENT = "points for what was not asked"
EXPECTED = "refused"


def notebook(released, right):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
