"""The student's own cells carry the ids of tests, but no names."""

import json

import nbformat

INTENT = "they take the tests' places"
EXPECTED = {"conv-params": 0}


def notebook(released, right):
    for cell in list(right.cells):
        if cell["id"].startswith("test-"):
            mine = nbformat.v4.new_code_cell("pass", id=cell["id"])
            right.cells.insert(right.cells.index(cell), mine)
        if cell["id"] == "conv-params":
            cell.source = "conv_params = lambda *_: (0, 0)"
    return json.dumps(right).encode()
