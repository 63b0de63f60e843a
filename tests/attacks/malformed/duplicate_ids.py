"""Every cell has the same id, and some names stand there three times."""

import json

INTENT = "cells are mixed up"
EXPECTED = {}


def notebook(released, right):
    for cell in right.cells:
        cell["id"] = "same"
    right.cells += [dict(cell) for cell in right.cells[:10]]
    return json.dumps(right).encode()
