"""Among the cells are numbers, texts, lists and cells without a kind."""

import json

INTENT = "a wrong type stops the grading of everyone"
EXPECTED = "refused"


def notebook(released, right):
    right.cells += [None, 5, "cell", [], {}, {"cell_type": "code"}, {"cell_type": 7, "source": "x"}]
    right.cells.insert(0, {"cell_type": "code", "source": {"a": 1}, "metadata": [], "outputs": []})
    right.cells.insert(3, {"cell_type": "markdown", "source": None, "metadata": {"nbgrader": []}})
    right.cells.insert(5, {"cell_type": "heading", "source": "Title", "metadata": {}, "level": "x"})
    return json.dumps(right).encode()
