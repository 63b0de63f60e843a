"""New user and mount namespaces, chroot and setuid programs."""

INTENT = "rights inside a namespace of one's own undo the sandbox"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for name, call in {
    "unshare user": lambda: libc.unshare(0x10000000),
    "unshare user, mounts": lambda: libc.unshare(0x10020000),
    "setns": lambda: libc.setns(os.open("/proc/self/ns/mnt", os.O_RDONLY), 0),
    "mount": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
    "umount": lambda: libc.umount2(utils.__file__.rpartition("/")[0].encode() + b"/checks", 2),
    "chroot": lambda: libc.chroot(b"/tmp"),
    "keyctl": lambda: libc.syscall(250, 0, -3, 1),
    "setuid": lambda: libc.setuid(0),
}.items():
    ctypes.set_errno(0)
    done = call()
    print("CANARY-READ" * (done == 0), name, done, os.strerror(ctypes.get_errno()))
import subprocess

commands = (["su", "-c", "id"], ["sudo", "-n", "id"], ["bwrap", "--bind", "/", "/", "id"])
for command in commands:
    try:
        done = subprocess.run(command, capture_output=True, timeout=3, stdin=subprocess.DEVNULL)
        print(command, done.returncode, done.stdout[:200], done.stderr[:200])
    except (OSError, subprocess.TimeoutExpired) as error:
        print(command, error)
"""
]
