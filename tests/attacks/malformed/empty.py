"""An empty file."""

INTENT = "an unreadable file stops the grading of everyone"
EXPECTED = "refused"


def notebook(released, right):
    return b""
