"""Refuses calls of Linux that no lesson needs, so that bugs behind them are out of reach.

A filter for seccomp(2), written out as the few instructions of BPF that it takes. Everything is
allowed but what is listed: new namespaces, mounts, tracing, kernel modules, keys, io_uring and the
like, and sockets of families that no network namespace confines, such as vsock.
"""

import ctypes
import platform
import struct

__all__ = ["refuse_calls"]

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # where they are in struct seccomp_data
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
NEW_NAMESPACES = 0x7E020000  # all flags of clone(2) that make a namespace
FAMILIES = (1, 2, 10, 16)  # of sockets: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK
X32 = 0x40000000  # numbers from here on are calls of another kind of program

#: machine -> how Linux calls it; the numbers of clone, clone3 and socket; those that are refused
MACHINES = {
    "x86_64": (
        0xC000003E,
        (56, 435, 41),
        (
            *(272, 308, 165, 166, 155, 161),  # unshare setns mount umount2 pivot_root chroot
            *range(428, 434),  # open_tree move_mount fsopen fsconfig fsmount fspick
            *(442, 303, 304),  # mount_setattr name_to_handle_at open_by_handle_at
            *(101, 310, 311, 312, 438),  # ptrace process_vm_readv, _writev kcmp pidfd_getfd
            *(248, 249, 250),  # add_key request_key keyctl
            *(321, 298, 323, 425, 426, 427),  # bpf perf_event_open userfaultfd io_uring_*
            *(246, 320, 175, 313, 176),  # kexec_load, _file_load init_, finit_, delete_module
            *(167, 168, 169, 163, 179, 443),  # swapon swapoff reboot acct quotactl quotactl_fd
            *(164, 227, 172, 173, 154),  # settimeofday clock_settime iopl ioperm modify_ldt
            *(300, 103, 135, 134, 279, 447),  # fanotify syslog personality uselib move_pages
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (220, 435, 198),
        (
            *(97, 268, 40, 39, 41, 51),
            *range(428, 434),
            *(442, 264, 265),
            *(117, 270, 271, 272, 438),
            *(217, 218, 219),
            *(280, 241, 282, 425, 426, 427),
            *(104, 294, 105, 273, 106),
            *(224, 225, 142, 89, 60, 443),
            *(170, 112),
            *(262, 116, 92, 239, 447),
        ),
    ),
}


def refuse_calls() -> bool:
    """Refuse them from now on, in this process and its children; return whether that is possible.

    The caller must have given up the right to gain rights (PR_SET_NO_NEW_PRIVS).
    """
    if platform.machine() not in MACHINES:
        return False
    program = b"".join(_program(*MACHINES[platform.machine()]))
    code = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(header), 0, 0) == 0


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _answer(value: int) -> bytes:
    return _step(RETURN, value)


def _program(architecture: int, special: tuple, refused: tuple):
    clone, clone3, socket = special
    yield _step(LOAD, ARCHITECTURE)
    yield from (_step(JUMP_EQUAL, architecture, 1, 0), _answer(KILL))
    yield _step(LOAD, NUMBER)
    yield from (_step(JUMP_GREATER_EQUAL, X32, 0, 1), _answer(ERROR | ENOSYS))
    for number in refused:
        yield from (_step(JUMP_EQUAL, number, 0, 1), _answer(ERROR | EPERM))
    # Its flags lie in memory, where no filter sees them; libraries then take clone.
    yield from (_step(JUMP_EQUAL, clone3, 0, 1), _answer(ERROR | ENOSYS))
    yield from (_step(JUMP_EQUAL, clone, 0, 4), _step(LOAD, FIRST_ARGUMENT))
    yield from (_step(JUMP_SET, NEW_NAMESPACES, 0, 1), _answer(ERROR | EPERM), _answer(ALLOW))
    yield from (_step(JUMP_EQUAL, socket, 0, 2 + 2 * len(FAMILIES)), _step(LOAD, FIRST_ARGUMENT))
    for family in FAMILIES:
        yield from (_step(JUMP_EQUAL, family, 0, 1), _answer(ALLOW))
    yield from (_answer(ERROR | EAFNOSUPPORT), _answer(ALLOW))
