"""The answer looks for a gradebook, and gives itself all points with SQL."""

INTENT = "the scores are changed where they are kept"
EXPECTED = {"conv-params": 0}
DESTRUCTIVE = True
ANSWERS = {
    "conv-params": """
import glob
import os
import sqlite3

found = set()
patterns = ("**/gradebook.db", "../../**/*.db", "/srv/*/autograder/records/*.db", "/tmp/**/*.db")
for pattern in patterns:
    found |= set(glob.glob(pattern, recursive=True)[:20])
for path in [*found, "/course/autograder/records/gradebook.db", "gradebook.db"]:
    try:
        with sqlite3.connect(path) as book:
            book.execute("update grade set auto_score = 1000, needs_manual_grade = 0")
    except sqlite3.Error:
        pass
conv_params = lambda *_: (0, 0)
"""
}
