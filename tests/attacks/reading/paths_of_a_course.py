"""The places where a course keeps its secrets are tried by name."""

INTENT = "one of them is mounted"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import glob
import sys

names = ("solutions/*/*", "autograder/records/**", "source/*/*", "submitted/**", "*.db")
roots = {".", "..", "../..", "/course", "/srv", "/home", "/home/student", *sys.path}
roots |= {x.rpartition("/utils")[0] for x in sys.path} | {utils.__file__.rpartition("/utils")[0]}
for root in roots:
    for name in names:
        for path in glob.glob(f"{root}/{name}", recursive=True)[:50]:
            try:
                with open(path, "rb") as stream:
                    print(path, stream.read(2000))
            except OSError:
                pass
"""
]
