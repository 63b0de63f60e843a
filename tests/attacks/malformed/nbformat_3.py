"""A notebook of format 3, with worksheets and prompts."""

import json

INTENT = "an old notebook is misread"
EXPECTED = {}


def notebook(released, right):
    cells = []
    for cell in right.cells:
        if cell.cell_type == "code":
            cells.append(
                {
                    "cell_type": "code",
                    "input": cell.source,
                    "outputs": [],
                    "language": "python",
                    "metadata": cell.metadata,
                    "prompt_number": 1,
                    "collapsed": False,
                }
            )
        else:
            cells.append(
                {"cell_type": "markdown", "source": cell.source, "metadata": cell.metadata}
            )
    sheet = {"cells": cells, "metadata": {}}
    book = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [sheet]}
    return json.dumps(book).encode()
