"""Other processes' memory, files and names are read through /proc and ptrace."""

INTENT = "the grader or the trusted kernel can be looked into"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for pid in [int(x) for x in os.listdir("/proc") if x.isdigit()][:50]:
    if pid == os.getpid():
        continue
    for name in ("maps", "mem", "environ", "fd", "root", "cwd", "stack"):
        try:
            path = f"/proc/{pid}/{name}"
            print(path, os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(200))
        except OSError as error:
            print(path, error.strerror)
    print("ptrace", pid, libc.ptrace(16, pid, 0, 0), os.strerror(ctypes.get_errno()))
"""
]
