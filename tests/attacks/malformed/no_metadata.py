"""Neither the notebook nor its cells have metadata, kinds of outputs, or counts."""

import json

INTENT = "a missing key stops the grading of everyone"
EXPECTED = "refused"


def notebook(released, right):
    for cell in right.cells:
        cell.pop("metadata", None), cell.pop("outputs", None), cell.pop("execution_count", None)
    del right["metadata"]
    return json.dumps(right).encode()
