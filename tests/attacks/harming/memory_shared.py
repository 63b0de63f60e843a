"""Memory that counts for no process: memfd, System V shared memory, shared mappings."""

INTENT = "limits on a process's own memory are evaded"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import ctypes
import mmap
import os

kept, libc, taken = [], ctypes.CDLL(None), 0
try:
    for _ in range(12):
        fd = os.memfd_create("x")
        os.ftruncate(fd, 60 << 20)
        kept.append(mmap.mmap(fd, 60 << 20))
        kept[-1].write(b"x" * (60 << 20))
        taken += 60
    for _ in range(30):
        kept.append(mmap.mmap(-1, 100 << 20))
        kept[-1].write(b"x" * (100 << 20))
        taken += 100
    print("HARM took", taken, "MiB")
except OSError as error:
    print(taken, error)
"""
]
