"""`cells` is an object instead of a list."""

import json

INTENT = "iterating fails"
EXPECTED = "refused"


def notebook(released, right):
    right["cells"] = {"0": right["cells"][0]}
    return json.dumps(right).encode()
