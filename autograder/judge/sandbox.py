"""Sandboxes for kernels, made by bubblewrap.

A sandbox sees a read-only system and Python environment, the package `utils`, the lesson's data
files and a scratch folder in memory. It has no network, no other processes, no environment of ours,
and no file of the course besides. It is held open by a process of ours inside it, and is gone, with
all that runs in it, as soon as the grader lets go of that process or dies.
"""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from traitlets import Bool, Float, Int
from traitlets.config import Configurable

from autograder.judge import cgroups

__all__ = ["Limits", "NoSandbox", "Sandbox", "available"]

HOME = "/home/student"
SYSTEM = ("/usr", "/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime")
#: User numbers that belong to nobody; each sandbox of root's has its own.
FIRST_UID, UIDS = 2_000_000, 60_000
_numbers = itertools.count(os.getpid() * 64)

HOW_TO_GET = """\
Students' code runs in a sandbox, and there is none here: {reason}.
Grading needs Linux with bubblewrap:
    sudo apt-get install bubblewrap     (Debian, Ubuntu; Fedora: dnf install bubblewrap)
In a container it also needs leave to make namespaces (Docker: --security-opt seccomp=unconfined
--security-opt systempaths=unconfined --cap-add SYS_ADMIN). On macOS and Windows, grade in a Linux
virtual machine. Nothing was graded."""


class NoSandbox(RuntimeError):
    """There is no sandbox; the message says why, and how to get one. Nothing is run without."""


class Limits(Configurable):
    """What a kernel may use."""

    memory = Int(3 << 30, min=256 << 20, help="Bytes of memory of a sandbox").tag(config=True)
    cpu_seconds = Int(900, min=1, help="CPU seconds of a process").tag(config=True)
    processes = Int(64, min=1, help="Processes and threads of a sandbox").tag(config=True)
    open_files = Int(256, min=64, help="Open files of a process").tag(config=True)
    file_size = Int(64 << 20, min=0, help="Bytes of the largest file").tag(config=True)
    scratch = Int(256 << 20, min=1 << 20, help="Bytes of all files").tag(config=True)
    output = Int(8 << 20, min=1 << 16, help="Bytes of one cell's outputs").tag(config=True)
    cell_seconds = Float(180.0, help="Most seconds of one cell, by the clock").tag(config=True)
    least_seconds = Float(20.0, help="Seconds that each cell has at least").tag(config=True)
    times_reference = Float(
        20.0, help="Between the two: times the seconds that the lesson's own answer took"
    ).tag(config=True)
    grace_seconds = Float(3.0, help="Seconds to stop in after an interrupt").tag(config=True)
    total_seconds = Float(1800.0, help="Seconds of a submission, by the clock").tag(config=True)
    cgroups = Bool(True, help="Limit by control groups where they are writable").tag(config=True)

    def of_resources(self, grouped: bool) -> dict[str, int]:
        """Limits for setrlimit. Without a control group, memory is limited for each process."""
        limits = {
            "RLIMIT_CPU": self.cpu_seconds,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_FSIZE": self.file_size,
            "RLIMIT_NPROC": self.processes,
            "RLIMIT_CORE": 0,
            "RLIMIT_MSGQUEUE": 0,
            "RLIMIT_MEMLOCK": 1 << 16,
        }
        return limits if grouped else limits | {"RLIMIT_DATA": self.memory}


class Sandbox:
    """One sandbox, for one kernel.

    Args:
        root: the course's folder.
        files: the lesson's data files: name inside the student's folder -> file or folder.
        checks: whether `utils.checks` is there; a student's kernel gets a stand-in.
        limits: what it may use.

    Raises:
        NoSandbox: bubblewrap is missing, or is not allowed to make one.
    """

    def __init__(self, root: Path, files: dict[str, Path], checks: bool, limits: Limits):
        self.user = os.geteuid() != 0  # root needs no user namespace, and is safer without
        self.uid = None if self.user else FIRST_UID + next(_numbers) % UIDS
        self.limits = limits
        self.group: cgroups.Group | None = None
        self.process: subprocess.Popen[bytes] | None = None
        program = shutil.which("bwrap")
        if not program or not sys.platform.startswith("linux"):
            raise NoSandbox(HOW_TO_GET.format(reason="bubblewrap (bwrap) is not installed"))
        reading, writing = os.pipe()
        command = [program, *self._options(root, files, checks), "--info-fd", str(writing)]
        try:
            self.process = process = subprocess.Popen(
                [*command, "--", "/usr/bin/cat"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[writing],
                env={},
                start_new_session=True,
            )
        finally:
            os.close(writing)
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        try:
            self.pid = json.loads(said)["child-pid"]
            _wait_until_ready(process)
            self.pidfd = os.pidfd_open(self.pid)
        except (ValueError, KeyError, OSError) as error:
            complaint = _complaint(process) or str(error)
            self.close()
            raise NoSandbox(HOW_TO_GET.format(reason=complaint)) from None
        if limits.cgroups:
            self.group = cgroups.Group.create(limits.memory, limits.processes + 8)
            if self.group is not None:
                self.group.add(self.pid)

    def _options(self, root: Path, files: dict[str, Path], checks: bool) -> list[str]:
        spaces = ["pid", "net", "ipc", "uts", "cgroup", *(["user"] if self.user else [])]
        options = [f"--unshare-{space}" for space in spaces]
        options += ["--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"]
        if self.user:
            options += ["--uid", "1000", "--gid", "1000"]
        for path in SYSTEM:
            options += ["--ro-bind-try", path, path]
        for name in ("bin", "sbin", "lib", "lib64"):
            if Path("/", name).is_symlink():
                options += ["--symlink", f"usr/{name}", f"/{name}"]
            else:
                options += ["--ro-bind-try", f"/{name}", f"/{name}"]
        size = ["--perms", "1777", "--size", str(self.limits.scratch), "--tmpfs"]
        options += [*size, "/tmp", *size, HOME]
        utils = str(root / "utils")
        for path in [*python_folders(), utils]:
            options += [*_parents(path), "--ro-bind", path, path]
        if not checks:
            stub = str(Path(__file__).parent / "inside" / "no_checks")
            options += ["--ro-bind", stub, f"{utils}/checks"]
        users = str(Path(__file__).parent / "inside" / "passwd")  # with nobody real in it
        options += ["--ro-bind", users, "/etc/passwd", "--proc", "/proc", "--dev", "/dev"]
        for name, file in files.items():
            options += ["--ro-bind", str(file), f"{HOME}/{name}"]
        return [*options, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process inside."""
        return {
            "HOME": HOME,
            "USER": "student",
            "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "MPLCONFIGDIR": f"{HOME}/.matplotlib",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        }

    def add(self, pid: int) -> None:
        """Put a process that has joined the sandbox under its limits."""
        if self.group is not None:
            self.group.add(pid)

    def close(self) -> dict:
        """End everything inside, at once; return what was used, where it is known."""
        used = {}
        if self.process is not None:
            self.process.kill()  # bubblewrap's own death takes the first process inside with it
            if getattr(self, "pidfd", None) is not None:
                _kill(self.pidfd)
                os.close(self.pidfd)
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            self.process.wait()
            self.process = None
        if self.group is not None:
            used = self.group.close()
            self.group = None
        return used

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    """`cat` gives back what it gets, once bubblewrap has made the sandbox and started it."""
    assert process.stdin and process.stdout  # both are pipes
    process.stdin.write(b"\n")
    process.stdin.flush()
    if process.stdout.read(1) != b"\n":
        raise OSError("it ended at once")


def _complaint(process: subprocess.Popen[bytes]) -> str:
    assert process.stdin and process.stderr
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        process.stdin.close()
        process.wait(5)
        return process.stderr.read(2000).decode(errors="replace").strip()
    return ""


def _kill(pidfd: int) -> None:
    import signal

    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def _parents(path: str) -> list[str]:
    """Make the folders above a path. bubblewrap would, but for the owner alone."""
    folders = [str(x) for x in reversed(Path(path).parents) if str(x) not in ("/", "/tmp")]
    return [word for x in folders for word in ("--perms", "0755", "--dir", x)]


def python_folders() -> list[str]:
    """Where Python and its packages live: what a kernel needs to import."""
    installed = sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")
    places = (sys.prefix, sys.base_prefix, *installed)
    paths = {os.path.realpath(path) for path in places} | {sys.prefix}
    kept: list[str] = []
    for path in sorted(paths, key=len):
        inside = any(path == x or path.startswith(f"{x}/") for x in [*kept, "/usr"])
        if not inside and os.path.isdir(path):
            kept.append(path)
    return kept


def available(root: Path) -> None:
    """Make a sandbox and close it again. Raises NoSandbox, with the reason."""
    Sandbox(root, {}, checks=False, limits=Limits()).close()
