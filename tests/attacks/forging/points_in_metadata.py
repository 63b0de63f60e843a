"""The nbgrader metadata give a test a thousand points, and unlock it."""

INTENT = "more points than there are"
EXPECTED = {"conv-params": 0}


def notebook(released, right):
    for cell in right.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("grade_id") == "conv-params":
            cell.source = "1000.0"
            meta.update(grade=True, points=1000, solution=False, locked=False)
        elif meta.get("grade"):
            meta.update(points=1000, locked=False, schema_version=99)
    return right
