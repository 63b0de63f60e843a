"""Disks, memory and the kernel's own files are read as devices."""

INTENT = "the disk or the memory of the machine is readable below the file system"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import glob
import os

paths = glob.glob("/dev/*") + glob.glob("/dev/*/*")
paths += ["/proc/kcore", "/proc/kallsyms", "/proc/kmsg", "/proc/keys", "/proc/sched_debug", "/sys"]
for path in paths[:200]:
    if os.path.basename(path) in ("zero", "random", "urandom", "full", "tty", "ptmx", "console"):
        continue
    try:
        with open(path, "rb", 0) as stream:
            print(path, stream.read(64))
    except OSError as error:
        print(path, error.strerror)
for kind, major, minor in ((0o60660, 254, 0), (0o60660, 8, 0), (0o20660, 1, 1)):
    try:
        os.mknod(f"/tmp/node-{major}-{minor}", kind, os.makedev(major, minor))
        print("CANARY-READ made a device")
    except OSError as error:
        print(error)
"""
]
