"""Zero bytes and control characters stand in sources."""

INTENT = "the parser or the database fails"
EXPECTED = {"conv-params": 0}


def notebook(released, right):
    for cell in right.cells:
        if cell["id"] == "conv-params":
            cell.source = "\x00" + cell.source
        if cell["id"] == "why-share":
            cell.source = "\x00\x01\x1b[2J\x7f because"
    return right
