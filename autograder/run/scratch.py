"""A run's temporary folder, shared with its workers; removes those that killed runs have left."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from autograder.judge import cgroups

__all__ = ["scratch", "sweep"]

PREFIX, LOCK = "convnets-grading-", "lock"


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Make the folder, and make it the temporary folder of this process and its children.

    It is gone afterwards. What a killed run has left is gone once the next one starts.
    """
    import fcntl  # Linux and macOS only, as grading is

    sweep()
    before = os.environ.get("TMPDIR"), tempfile.tempdir
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = before[1]
            os.environ.pop("TMPDIR")
            if before[0] is not None:
                os.environ["TMPDIR"] = before[0]
            _remove(folder)
            sweep()


def _remove(folder: Path, tries: int = 50) -> None:
    """Remove a folder in which a process that is about to end may still write, or remove."""
    for _ in range(tries):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


def sweep() -> None:
    """Remove the folders and control groups of runs that are no more."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if path.lstat().st_uid == os.getuid() and not path.is_symlink() and _left(path):
                shutil.rmtree(path, ignore_errors=True)
    cgroups.sweep()


def _left(folder: Path) -> bool:
    """Whether the process that made a folder is gone: then nobody holds its lock."""
    import fcntl

    try:
        with (folder / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except BlockingIOError:
        return False
    except FileNotFoundError:  # killed before it had locked it, or about to do so
        return time.time() - folder.lstat().st_mtime > 60
