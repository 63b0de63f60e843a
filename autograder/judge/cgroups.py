"""Control groups: limit the memory and the number of processes of a whole sandbox.

Both versions of Linux's interface are used: one folder for all controllers (version 2), or one for
each (version 1). Where this process may write to neither, only the limits per process remain.
"""

import contextlib
import itertools
import os
import time
from io import FileIO
from pathlib import Path

__all__ = ["Group", "sweep"]

ROOT = Path("/sys/fs/cgroup")
_numbers = itertools.count()


class Group:
    """One control group, for one sandbox."""

    def __init__(self, folders: dict[str, Path], version: int):
        self.folders, self.version = folders, version
        self.highest = 0
        self.counter: FileIO | None = None  # the open file that counts the peak

    @classmethod
    def create(cls, memory: int, processes: int) -> "Group | None":
        """Make a group with these limits, in bytes and in number; None where we may not."""
        name = f"convnets-{os.getpid()}-{next(_numbers)}"
        version = 2 if (ROOT / "cgroup.controllers").exists() else 1
        places = (
            {"all": _own(version, "")}
            if version == 2
            else {kind: _own(version, kind) for kind in ("memory", "pids")}
        )
        made: dict[str, Path] = {}
        try:
            for kind, place in places.items():
                folder = place / name
                folder.mkdir()
                made[kind] = folder
            group = cls(made, version)
            for kind, file, value in (
                ("memory", "memory.max" if version == 2 else "memory.limit_in_bytes", memory),
                ("pids", "pids.max", processes),
            ):
                (group._folder(kind) / file).write_text(str(value))
            swap = group._folder("memory") / "memory.swap.max"
            if swap.exists():
                swap.write_text("0")
            return group
        except OSError:
            for folder in made.values():
                with contextlib.suppress(OSError):
                    folder.rmdir()
            return None

    def _folder(self, kind: str) -> Path:
        return self.folders.get("all") or self.folders[kind]

    def add(self, pid: int) -> None:
        """Move a process into the group. Its children follow it."""
        for folder in self.folders.values():
            with contextlib.suppress(ProcessLookupError):
                (folder / "cgroup.procs").write_text(str(pid))

    def peak(self) -> int | None:
        """Peak memory in bytes since the last call; None where it cannot be counted anew.

        Version 2 can since Linux 6.12, and counts anew for one open file alone.
        """
        try:
            if self.counter is None:
                self.counter = self._peak_file().open("r+b", buffering=0)
            self.counter.seek(0)
            found = int(self.counter.read())
            self.highest = max(self.highest, found)
            self.counter.write(b"reset" if self.version == 2 else b"0")
        except (OSError, ValueError):
            return None
        return found

    def _peak_file(self) -> Path:
        name = "memory.peak" if self.version == 2 else "memory.max_usage_in_bytes"
        return self._folder("memory") / name

    def close(self) -> dict:
        """Remove the group once its last process is gone; return its peak memory in bytes."""
        used = {}
        with contextlib.suppress(OSError, ValueError):
            used["peak_memory"] = max(self.highest, int(self._peak_file().read_text()))
        if self.counter is not None:
            self.counter.close()
        for folder in self.folders.values():
            for _ in range(200):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:  # a process is still on its way out
                    time.sleep(0.01)
        return used


def sweep() -> None:
    """Remove the groups that earlier graders have left behind because they were killed."""
    places = {_own(2, ""), *(_own(1, kind) for kind in ("memory", "pids"))}
    for folder in (x for place in places for x in place.glob("convnets-*-*")):
        number = folder.name.split("-")[1]
        if number.isdigit() and not Path("/proc", number).exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _own(version: int, kind: str) -> Path:
    """The folder of this process's own group, under which it may make others."""
    base = ROOT if version == 2 else ROOT / kind
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if kind in controllers.split(",") if version == 1 else controllers == "":
                own = base / path.lstrip("/")
                if own.is_dir():
                    return own
    return base
