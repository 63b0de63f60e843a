"""Every open file descriptor is looked at, read and duplicated."""

INTENT = "a descriptor was left open by the grader"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import os
import stat

for fd in range(1024):
    try:
        mode = os.fstat(fd).st_mode
        kind = "socket" if stat.S_ISSOCK(mode) else "directory" if stat.S_ISDIR(mode) else oct(mode)
        print(fd, kind, os.readlink(f"/proc/self/fd/{fd}"))
        if stat.S_ISREG(mode):
            print(os.pread(fd, 2000, 0))
        if stat.S_ISDIR(mode):
            print(os.listdir(fd))
    except OSError:
        pass
"""
]
