"""The process searches its own memory, which was forked from the grader's warm server."""

INTENT = "something secret was in memory before the fork"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import re
import time

until, total = time.monotonic() + 2.5, 0
marker = re.compile(b"CANARY" + rb"-[0-9a-f]{12}")
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        first, last = (int(x, 16) for x in line.split()[0].split("-"))
        if " rw" not in line or total > 400 << 20 or time.monotonic() > until:
            continue
        try:
            memory.seek(first)
            part = memory.read(min(last - first, 64 << 20))
        except (OSError, ValueError, OverflowError):
            continue
        total += len(part)
        print(*set(marker.findall(part)))
print(total >> 20, "MiB searched")
"""
]
