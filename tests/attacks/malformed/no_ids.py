"""No cell has an id, as before nbformat 4.5."""

import json

INTENT = "cells cannot be told apart"
EXPECTED = {}


def notebook(released, right):
    for cell in right.cells:
        del cell["id"]
    return json.dumps(right).encode()
