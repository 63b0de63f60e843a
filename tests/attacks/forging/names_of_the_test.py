"""An answer also binds the names that its test uses: check, sorted, AssertionError."""

INTENT = "the test takes more names from the student than the answer's"
EXPECTED = {"strides-that-fit": 0}
ANSWERS = {
    "strides-that-fit": """
check = lambda *a: None
sorted = lambda *a, **k: [1, 2, 3, 6]
AssertionError = type("None", (Exception,), {})
strides_that_fit = []
"""
}
