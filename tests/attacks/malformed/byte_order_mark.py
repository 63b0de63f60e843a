"""UTF-8 with a byte order mark, as some editors write it."""

import json

INTENT = "a mark stops the reading"
EXPECTED = {}


def notebook(released, right):
    return b"\xef\xbb\xbf" + json.dumps(right).encode()
