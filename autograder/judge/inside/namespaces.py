"""Steps a process into a sandbox that bubblewrap made, and gives up every right it has.

The calls of Linux that Python 3.11 lacks are made through libc. See setns(2), prctl(2), capset(2).
"""

import ctypes
import os
import resource

from autograder.judge.inside.seccomp import refuse_calls

__all__ = ["give_up_rights", "join", "limit", "one_thread"]

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x00020000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID = 0x08000000, 0x10000000, 0x20000000
CLONE_NEWNET = 0x40000000
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 38, 24
LINUX_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def one_thread() -> bool:
    """Whether this process has one thread only; no other may fork a kernel or join a sandbox."""
    return len(os.listdir("/proc/self/task")) == 1


def join(pidfd: int, user: bool) -> None:
    """Join the namespaces of a process. Children of the caller are then in its sandbox.

    Args:
        pidfd: of a process inside.
        user: whether it has a user namespace of its own.

    Raises:
        OSError: it is gone, or the caller may not.
    """
    spaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
    _call("setns", pidfd, spaces | CLONE_NEWCGROUP | (CLONE_NEWUSER if user else 0))


def limit(limits: dict[str, int]) -> None:
    """Set limits of resources by their names in :mod:`resource`, such as RLIMIT_CPU."""
    for name, value in limits.items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def give_up_rights(uid: int | None) -> None:
    """Drop every privilege of this process, permanently.

    It drops all capabilities, and no program that it starts can gain any (PR_SET_NO_NEW_PRIVS).
    System calls that no lesson needs are refused from then on, see :mod:`seccomp`.

    Args:
        uid: the user and group to become, if this process may; None stays what it is.
    """
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # past the last one, or not ours to drop: then we have none
    if uid is not None:
        os.setresuid(uid, uid, uid)
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    refuse_calls()
