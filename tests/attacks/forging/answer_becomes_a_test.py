"""The names of an answer and of its test are exchanged."""

INTENT = "the answer's cell is graded as the test, and cannot fail"
EXPECTED = {"conv-params": 0}


def notebook(released, right):
    both = {}
    for cell in right.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in ("conv-params", "test-conv-params"):
            both[name] = cell
    answer, test = both["conv-params"], both["test-conv-params"]
    answer.source = "def conv_params(*_):\n    return 0, 0"
    answer.metadata, test.metadata = test.metadata, answer.metadata
    answer["id"], test["id"] = test["id"], answer["id"]
    return right
