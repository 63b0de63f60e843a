"""The file is in UTF-16."""

import json

INTENT = "an encoding that is not UTF-8 stops the grading of everyone"
EXPECTED = {}


def notebook(released, right):
    return json.dumps(right).encode("utf-16")
