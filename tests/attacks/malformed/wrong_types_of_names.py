"""Names and ids are lists, numbers, objects; metadata are texts."""

import json

INTENT = "a name that cannot be looked up stops the grading"
EXPECTED = "refused"


def notebook(released, right):
    wrong = [["a"], {"b": 1}, 3, None, True, 1.5, ""]
    for place, cell in enumerate(right.cells):
        if not cell.metadata.get("nbgrader", {}).get("solution"):
            cell["id"] = wrong[place % len(wrong)]
            cell["metadata"] = {
                "nbgrader": {"grade_id": wrong[(place + 3) % len(wrong)]},
                "tags": 3,
            }
    return json.dumps(right).encode()
