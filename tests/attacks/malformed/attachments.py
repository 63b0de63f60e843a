"""Attachments and outputs of all kinds, right and wrong ones."""

import json

INTENT = "what is attached enters the graded notebook"
EXPECTED = {}


def notebook(released, right):
    for cell in right.cells:
        if cell.cell_type == "markdown":
            cell["attachments"] = {
                "x.svg": {"image/svg+xml": "<svg onload='alert(1)'/>"},
                "y": {"text/plain": "z"},
            }
        else:
            cell["outputs"] = [
                {"output_type": "display_data", "data": {"text/html": "<script>alert(1)</script>"}}
            ]
    return json.dumps(right).encode()
