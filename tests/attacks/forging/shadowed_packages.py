"""Files named as the packages that tests import are left in every folder that can be written."""

INTENT = "the trusted kernel imports the student's module"
EXPECTED = {"window-on-a-line": 0}
DESTRUCTIVE = True
ANSWERS = {
    "window-on-a-line": """
import os
import sys
from pathlib import Path

code = "check = lambda *a: None\\nclass CheckFailed(Exception): pass\\n"
for folder in {*sys.path, os.getcwd(), "/tmp", os.path.expanduser("~")}:
    for name in ("utils", "torch", "numpy", "math", "sitecustomize", "usercustomize"):
        try:
            place = Path(folder or ".", name)
            place.mkdir()
            (place / "__init__.py").write_text(code)
            Path(folder or ".", f"{name}.pth").write_text("import os")
        except OSError:
            pass
window_on_a_line = [3]
"""
}
