"""`utils.checks` is replaced in `sys.modules`, and its functions are overwritten."""

INTENT = "`check` says yes"
EXPECTED = {"receptive-field-stack": 0}
ANSWERS = {
    "receptive-field-stack": """
import sys
import types

import utils.checks

module = types.ModuleType("utils.checks")
module.check = utils.checks.check = check = lambda *a: print("right")
for name in ("utils.checks", "utils.checks.core", "utils.checks.running"):
    sys.modules[name] = module
receptive_field_stack = 3
"""
}
