"""The lesson's own first cell, which may be extended, gives `check` and torch another meaning."""

INTENT = "the instructor's imports are the student's"
EXPECTED = {"receptive-field-stack": 0}


def notebook(released, right):
    first = next(cell for cell in right.cells if cell.cell_type == "code")
    first.source += "\ncheck = lambda *a: None\nsorted = lambda *a: [1, 2, 3, 6]"
    for cell in right.cells:
        if cell["id"] == "receptive-field-stack":
            cell.source = "receptive_field_stack = 3"
    return right
