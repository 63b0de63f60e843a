"""Files that are there whole or not at all: written beside, then put in their place.

It needs nothing but Python itself: `utils/home/page.py` runs it where torch is not to be imported.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["beside", "write_atomic"]


@contextmanager
def beside(path: str | os.PathLike) -> Iterator[Path]:
    """Give a path at which to make a file that then takes the place of another.

    It is a hidden name in the same folder, which is made if need be. When the code inside raises,
    nothing is left of it and an older file stays. When the machine stops, the older file stays
    too. A process that is killed leaves ``.NAME.PROCESS.part`` behind.

    Args:
        path: of the file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
        with part.open("r+b") as file:
            os.fsync(file.fileno())  # or the new name could outlive the machine, but not the data
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def write_atomic(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Open a file to write that appears under its name only when it is complete: see `beside`."""
    with beside(path) as part, part.open("wb") as file:
        yield file
