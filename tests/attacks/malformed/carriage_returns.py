"""Lines end as on Windows, in the file and in the cells."""

import json

INTENT = "test cells seem to be changed"
EXPECTED = {}


def notebook(released, right):
    for cell in right.cells:
        cell.source = cell.source.replace("\n", "\r\n")
    return json.dumps(right, indent=1).replace("\n", "\r\n").encode()
