"""The file is a JSON list."""

import json

INTENT = "a list has no cells"
EXPECTED = "refused"


def notebook(released, right):
    return json.dumps([right, right]).encode()
