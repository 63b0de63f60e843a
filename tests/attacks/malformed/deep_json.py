"""The JSON is nested 100,000 deep."""

INTENT = "the reader's stack overflows"
EXPECTED = "refused"


def notebook(released, right):
    return b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
