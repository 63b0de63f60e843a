"""Tags and metadata on a test cell: stock nbgrader then skips it, or takes its error for none."""

INTENT = "the test is not run, and so passes"
EXPECTED = {"conv-params": 0}


def notebook(released, right):
    for cell in right.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name == "conv-params":
            cell.source = "def conv_params(*_):\n    return 0, 0"
        if name == "test-conv-params":
            cell.metadata["tags"] = ["skip-execution", "raises-exception", "nbval-skip"]
            cell.metadata["editable"] = True
    return right
