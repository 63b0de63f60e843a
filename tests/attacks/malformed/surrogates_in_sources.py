"""Half characters in sources, names and metadata: no file in UTF-8 can hold them."""

import nbformat

INTENT = "the graded notebook cannot be written"
EXPECTED = {}


def notebook(released, right):
    for cell in right.cells:
        if cell["id"] in ("conv-params", "why-share"):
            cell.source += "\n# \ud800 half a character"
    right.cells.insert(1, nbformat.v4.new_markdown_cell("\udfff", id="half"))
    right.metadata["half"] = "\ud800"
    return (
        nbformat.writes(right)
        .encode("utf-8", "surrogatepass")
        .replace(b"\xed\xa0\x80", b"\\ud800")
        .replace(b"\xed\xbf\xbf", b"\\udfff")
    )
