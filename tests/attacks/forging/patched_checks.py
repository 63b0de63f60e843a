"""`utils.checks` is replaced in `sys.modules`, and its functions are overwritten."""

INTENT = "`check` says yes"
EXPECTED = {"window-on-a-line": 0}
ANSWERS = {
    "window-on-a-line": """
import sys
import types

import utils.checks

module = types.ModuleType("utils.checks")
module.check = utils.checks.check = check = lambda *a: print("right")
for name in ("utils.checks", "utils.checks.core", "utils.checks.running"):
    sys.modules[name] = module
window_on_a_line = [3]
"""
}
