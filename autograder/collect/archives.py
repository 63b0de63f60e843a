"""Looks through files, folders and zips, nested, and trusts none of them."""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

__all__ = ["Found", "Limits", "look_through"]

#: What systems and platforms add of their own; nobody handed it in.
ADDED = re.compile(
    r"(^|/)(__MACOSX/|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\.ipynb_checkpoints/"
    r"|onlinetext\.html$|index\.html$|timestamp\.txt$)",
    re.IGNORECASE,
)
OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True)
class Limits:
    """What is read at most, so that a file made to fill the memory or the disk does not."""

    file: int = 32_000_000  # bytes of a notebook
    archive: int = 512_000_000  # bytes of a zip in a zip
    total: int = 2_000_000_000  # bytes that are unpacked of all
    members: int = 100_000  # of all zips together
    depth: int = 4  # zips in zips


@dataclass(frozen=True)
class Found:
    """One file that came back.

    Args:
        parts: the names of the folders and zips that it lies in, and its own, from outside in.
        read: returns its bytes; raises ValueError if that cannot be done.
        problem: why it cannot be a submission, if that is known without reading it.
        order: when it was last changed, as far as its folder or zip says so; only to compare the
            versions of one student's.
    """

    parts: tuple[str, ...]
    read: Callable[[], bytes] = bytes
    problem: str = ""
    order: tuple = ()

    @property
    def name(self) -> str:
        """Where it was found."""
        return "/".join(self.parts)

    @property
    def added(self) -> bool:
        """Whether a system or a platform has put it there."""
        return bool(ADDED.search(self.name))


def look_through(paths: list[Path], limits: Limits = Limits()) -> Iterator[Found]:
    """Give all files below some paths, in zips too, in order of their names."""
    left = _Left(limits)
    for path in paths:
        if not path.exists() and not path.is_symlink():
            yield Found((path.name,), problem="there is no such file or folder")
        else:
            yield from _of_path(path, (path.name,), left)


class _Left:
    """What of the limits for all together is left."""

    def __init__(self, limits: Limits):
        self.limits, self.total, self.members = limits, limits.total, limits.members

    def take(self, data: bytes) -> bytes:
        self.total -= len(data)
        if self.total < 0:
            raise ValueError(f"more than {self.limits.total:,} bytes are unpacked already")
        return data


def _of_path(path: Path, parts: tuple[str, ...], left: _Left) -> Iterator[Found]:
    try:
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):
            yield Found(parts, problem="it is a link: only what was handed in itself is collected")
        elif stat.S_ISDIR(about.st_mode):
            for name in sorted(os.listdir(path)):
                yield from _of_path(path / name, (*parts, name), left)
        elif not stat.S_ISREG(about.st_mode):
            yield Found(parts, problem="it is no plain file")
        elif path.name.lower().endswith(".zip") and not Found(parts).added:
            with path.open("rb") as file:
                yield from _of_zip(file, parts, left, 1)
        else:
            most = left.limits.file

            def read() -> bytes:
                with path.open("rb") as file:
                    return left.take(_at_most(file, most))

            yield _judged(Found(parts, read, order=(about.st_mtime,)))
    except OSError as error:
        yield Found(parts, problem=f"it cannot be read: {error.strerror or error}")


def _judged(found: Found) -> Found:
    """Say of other kinds of archives that they are not unpacked here."""
    if found.parts[-1].lower().endswith(OTHER_ARCHIVES):
        why = "it is an archive, but no zip: unpack it, and collect what was in it"
        return Found(found.parts, problem=why)
    return found


def _at_most(file, most: int) -> bytes:
    data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it is larger than {most:,} bytes")
    return data


def _of_zip(file, parts: tuple[str, ...], left: _Left, depth: int) -> Iterator[Found]:
    if depth > left.limits.depth:
        yield Found(parts, problem=f"it is a zip in more than {left.limits.depth - 1} others")
        return
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
        yield Found(parts, problem=f"it is damaged, or no zip: {error}")
        return
    left.members -= len(members)
    if left.members < 0:
        yield Found(parts, problem=f"there are more than {left.limits.members:,} files in the zips")
        return
    with archive:
        for member in members:
            if not member.is_dir():
                yield from _of_member(archive, member, parts, left, depth)


def _of_member(archive, member, parts: tuple[str, ...], left: _Left, depth) -> Iterator[Found]:
    name = _name(member)
    inside = tuple(x for x in name.split("/") if x not in ("", "."))
    place = (*parts, *inside)
    if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in inside or "\0" in name:
        yield Found(place, problem="its name in the zip leads out of the zip")
    elif stat.S_ISLNK(member.external_attr >> 16):
        yield Found(place, problem="it is a link: only what was handed in itself is collected")
    elif member.flag_bits & 1:
        yield Found(place, problem="it is encrypted: ask for it without a password")
    elif not inside:
        yield Found(parts, problem="a file without a name is in it")
    elif name.lower().endswith(".zip") and not Found(place).added:
        try:
            data = left.take(_bytes(archive, member, left.limits.archive))
        except ValueError as error:
            yield Found(place, problem=str(error))
        else:
            yield from _of_zip(BytesIO(data), place, left, depth + 1)
    else:
        # The zip is closed by the time that somebody wants more than the names.
        try:
            data = b"" if _uninteresting(name) else _bytes(archive, member, left.limits.file)
            left.take(data)
        except ValueError as error:
            yield Found(place, problem=str(error))
        else:
            yield _judged(Found(place, lambda: data, order=_changed(member)))


def _changed(member: zipfile.ZipInfo) -> tuple:
    """When a member was changed, by its maker's clock; nothing where that is no date."""
    try:
        return (datetime(*member.date_time).timestamp(),)
    except (ValueError, OverflowError):
        return ()


def _uninteresting(name: str) -> bool:
    """Whether a file cannot be a notebook, so that its bytes are not needed."""
    return ".ipynb" not in name.lower() or bool(ADDED.search(name))


def _bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """A member's bytes. What its head says of its size is not believed."""
    try:
        with archive.open(member) as file:
            return _at_most(file, most)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise ValueError(f"it is damaged: {error}") from None
    except RuntimeError as error:  # encrypted, whatever its flags say
        raise ValueError(f"it cannot be unpacked: {error}") from None


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name. Macs write UTF-8 without saying so; Windows may write backslashes."""
    name = member.orig_filename
    if not member.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name.replace("\\", "/")
