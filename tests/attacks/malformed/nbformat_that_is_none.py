"""The format's number is a text, the minor one negative."""

import json

INTENT = "the version cannot be compared"
EXPECTED = "refused"


def notebook(released, right):
    right["nbformat"], right["nbformat_minor"] = "four", -1
    return json.dumps(right).encode()
