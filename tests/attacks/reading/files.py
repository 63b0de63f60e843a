"""Every file that can be reached is searched for secrets."""

INTENT = "hidden tests, solutions, other submissions or the gradebook lie somewhere on the disk"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import os
import re
import time

until, seen = time.monotonic() + 3, 0
tops = ("/", "/work", "/root", "/home", "/tmp", "/proc/self/root", "/proc/1/root", "..", "../..")
for top in tops:
    for folder, folders, names in os.walk(top):
        skipped = ("proc", "sys", "usr", "dist-packages", "site-packages", "lib", "lib64")
        folders[:] = [x for x in folders if x not in skipped][:200]
        for name in names[:200]:
            path, seen = os.path.join(folder, name), seen + 1
            if time.monotonic() > until:
                break
            try:
                if os.path.isfile(path) and os.path.getsize(path) < 5_000_000:
                    with open(path, "rb") as stream:
                        for secret in re.findall(rb"CANARY-[0-9a-f]+", stream.read()):
                            print(path, secret)
            except OSError:
                pass
print(seen, "files seen")
"""
]
