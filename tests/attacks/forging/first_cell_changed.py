"""The lesson's own first cell, which may be extended, gives `check` and torch another meaning."""

INTENT = "the instructor's imports are the student's"
EXPECTED = {"window-on-a-line": 0}


def notebook(released, right):
    first = next(cell for cell in right.cells if cell.cell_type == "code")
    first.source += "\ncheck = lambda *a: None\nsorted = list = lambda *a: [8, -1, 10]"
    for cell in right.cells:
        if cell["id"] == "window-on-a-line":
            cell.source = "window_on_a_line = [3]"
    return right
