"""Sources of right answers are numbers, lists of lists, objects."""

import json

INTENT = "what is no text stops the grading of everyone"
EXPECTED = {"conv-params": 0, "im2col": 0, "conv-output-size": 0}


def notebook(released, right):
    for cell in right.cells:
        if cell["id"] == "conv-params":
            cell["source"] = {"text": cell.source}
        if cell["id"] == "im2col":
            cell["source"] = 12
        if cell["id"] == "conv-output-size":
            cell["source"] = True
        if cell["id"] == "window-on-a-line":
            cell["source"] = cell.source.splitlines(keepends=True)
    return json.dumps(right).encode()
