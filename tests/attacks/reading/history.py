"""IPython's history and what it remembers of other cells."""

INTENT = "hidden tests were run here, or will be"
EXPECTED = {}
CELLS = [
    """
shell = get_ipython()
print(In, Out, shell.user_ns.get("_ih"))
print([x for x in shell.user_ns if "test" in x.lower()])
try:
    print(list(shell.history_manager.get_tail(50)))
except Exception as error:
    print(error)
import linecache

print([x for x in linecache.cache if x.startswith("<")])
"""
]
