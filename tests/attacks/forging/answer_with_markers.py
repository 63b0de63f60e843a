"""The answer holds nbgrader's markers, to cut the hidden tests out or to comment them away."""

INTENT = "the markers are taken for the instructor's"
EXPECTED = {"conv-params": 0}
ANSWERS = {
    "conv-params": """
### BEGIN HIDDEN TESTS
def conv_params(*_):
    return 0, 0
### END HIDDEN TESTS
### BEGIN SOLUTION
conv_params = conv_params
### END SOLUTION
### BEGIN HIDDEN TESTS
""",
}
