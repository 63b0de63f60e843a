"""The file is in Latin-1."""

import json

INTENT = "an encoding that is not UTF-8 stops the grading of everyone"
EXPECTED = "refused"


def notebook(released, right):
    right.cells[0].source = "für Ä"
    return json.dumps(right, ensure_ascii=False).encode("latin-1", "replace")
