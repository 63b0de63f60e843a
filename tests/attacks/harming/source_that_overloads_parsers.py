"""Cells that are hard to parse: deep expressions, hundreds of magics, open brackets, long lines."""

INTENT = "the grader's own parsing of cells fails, or takes for ever"
EXPECTED = {}
CELLS = [
    "x = " + "1 + " * 5_000 + "1",
    "x = " + "-" * 30_000 + "1",
    "x = " + "(" * 5_000,
    "x = x" + "()" * 20_000,
    "x = " + "[" * 150 + "]" * 150,
    "%time 1\n" * 700,
    "!true\n" * 20 + "x = 1\n" * 5_000,
    "if x:\n" + "".join(f"{' ' * depth}if x:\n" for depth in range(1, 120)),
    "from utils import *",
    "\\\n" * 10_000,
    "x: int\nglobal x\nnonlocal y\nreturn\nyield\nawait z\n*",
]
DESTRUCTIVE = True
