"""An answer's name is that of a markdown cell, and a test's too."""

INTENT = "a cell of another kind is graded"
EXPECTED = {"conv-params": 0}


def notebook(released, right):
    for cell in right.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in ("conv-params", "test-conv-params"):
            cell["cell_type"] = "markdown"
            cell.pop("outputs"), cell.pop("execution_count")
            cell.source = "No answer." if name == "conv-params" else cell.source
    return right
