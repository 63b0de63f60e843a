"""A hundred thousand cells."""

import json

INTENT = "the grader is busy for hours"
EXPECTED = "refused"


def notebook(released, right):
    cell = {"cell_type": "markdown", "id": "x", "metadata": {}, "source": "x"}
    right.cells += [cell] * 100_000
    return json.dumps(right).encode()
