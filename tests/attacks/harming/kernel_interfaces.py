"""Parts of the kernel that a lesson never needs: io_uring, bpf, perf, userfaultfd, keys."""

INTENT = "a bug in the kernel is reached"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import ctypes
import os
import platform

libc = ctypes.CDLL(None, use_errno=True)
numbers = {
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "keyctl": (250, 219),
    "ptrace": (101, 117),
    "unshare": (272, 97),
    "mount": (165, 40),
    "open_by_handle_at": (304, 265),
    "process_vm_readv": (310, 270),
    "fsopen": (430, 430),
    "landlock_create_ruleset": (444, 444),
}
arm = platform.machine() == "aarch64"
for name, pair in numbers.items():
    ctypes.set_errno(0)
    done = libc.syscall(pair[arm], 0, 0, 0, 0, 0)
    error = ctypes.get_errno()
    refused = done < 0 and error in (1, 38)
    harmless = refused or name.startswith("landlock")
    print("" if harmless else "HARM reached", name, os.strerror(error))
"""
]
