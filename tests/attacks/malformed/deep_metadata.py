"""Metadata are nested 300 deep: just what can be read, but hardly copied."""

import json

INTENT = "copying recurses too deeply"
EXPECTED = {}


def notebook(released, right):
    deep = {}
    for _ in range(300):
        deep = {"a": deep}
    right.metadata["deep"] = deep
    right.cells[0].metadata["deep"] = deep
    return json.dumps(right).encode()
