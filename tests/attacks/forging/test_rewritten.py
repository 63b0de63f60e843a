"""The test cell says `pass` instead of what the instructor wrote."""

INTENT = "the student's own test passes"
EXPECTED = {"conv-params": 0}


def notebook(released, right):
    for cell in right.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name == "conv-params":
            cell.source = "def conv_params(*_):\n    return 0, 0"
        if name == "test-conv-params":
            cell.source = "pass"
    return right
