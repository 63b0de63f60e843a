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

#: How seccomp names the kinds of machines.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
#: Calls that are looked at more closely: name -> number on x86_64, on aarch64.
#: Source of all numbers: Linux 6.1, asm/unistd_64.h and asm-generic/unistd.h.
LOOKED_AT = {"clone": (56, 220), "clone3": (435, 435), "socket": (41, 198)}
#: Calls that are refused; aarch64 never had some.
REFUSED = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "fanotify_init": (300, 262),
    "syslog": (103, 116),
    "personality": (135, 92),
    "uselib": (134, None),
    "move_pages": (279, 239),
    "memfd_secret": (447, 447),
}


def refuse_calls() -> bool:
    """Refuse them from now on, in this process and its children; return whether that is possible.

    The caller must have given up the right to gain rights (PR_SET_NO_NEW_PRIVS).
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        return False
    column = list(ARCHITECTURES).index(machine)
    special = {name: numbers[column] for name, numbers in LOOKED_AT.items()}
    refused = [number for x in REFUSED.values() if (number := x[column]) is not None]
    program = b"".join(_program(ARCHITECTURES[machine], refused, **special))
    code = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(header), 0, 0) == 0


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _answer(value: int) -> bytes:
    return _step(RETURN, value)


def _program(architecture: int, refused: list[int], clone: int, clone3: int, socket: int):
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
