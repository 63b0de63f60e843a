"""The file ends in the middle."""

import json

INTENT = "an unreadable file stops the grading of everyone"
EXPECTED = "refused"


def notebook(released, right):
    return json.dumps(right).encode()[:-1000]
