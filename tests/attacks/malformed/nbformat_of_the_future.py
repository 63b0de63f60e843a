"""The notebook says that it is of format 99."""

import json

INTENT = "a converter that does not exist stops the grading"
EXPECTED = "refused"


def notebook(released, right):
    right["nbformat"] = 99
    return json.dumps(right).encode()
