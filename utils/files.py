"""Downloads, their checksums, and where they are kept."""

import hashlib
import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO

from tqdm.auto import tqdm

from utils.atomic import write_atomic

__all__ = ["ChecksumError", "DownloadError", "cache_folder", "checksum", "download"]

CHUNK = 1 << 20


class DownloadError(OSError):
    """A file could not be fetched; the message says from where, why, and what to do."""


class ChecksumError(OSError):
    """A file is not the one that was published."""


def cache_folder() -> Path:
    """Where downloads are kept: ``$CONVNETS_CACHE``, or ``convnets-course`` in the user's cache."""
    if folder := os.environ.get("CONVNETS_CACHE"):
        return Path(folder).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "convnets-course"


def checksum(path: str | os.PathLike, algorithm: str = "md5") -> str:
    """Checksum of a file, in hexadecimal digits.

    Args:
        path: of the file.
        algorithm: a name that ``hashlib`` knows.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def download(
    url: str,
    path: str | os.PathLike,
    expected: str | None = None,
    *,
    algorithm: str = "md5",
    progress: bool = True,
    timeout: float = 30.0,
) -> Path:
    """Fetch a file, unless it is there already; a broken download leaves nothing behind.

    Args:
        url: where it is published.
        path: where to keep it.
        expected: its checksum or the first digits of it, or None to take what comes.
        algorithm: of the checksum, a name that ``hashlib`` knows.
        progress: show a progress bar.
        timeout: seconds without an answer after which to give up.

    Returns:
        ``path``.

    Raises:
        ChecksumError: the file that came is not the published one; it is not kept.
        DownloadError: the network, the server or the disk failed.
    """
    path = Path(path)
    if path.exists():
        return path
    try:
        with (
            urllib.request.urlopen(url, timeout=timeout) as answer,
            write_atomic(path) as file,
        ):
            found = _copy(answer, file, algorithm, path.name, progress)
            if expected is not None and not found.startswith(expected):
                raise ChecksumError(
                    f"what came from {url} is not the published file: its {algorithm} is {found}, "
                    f"not {expected}. The download may have broken off: try again"
                )
    except ChecksumError:
        raise
    except (OSError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", None) or error
        raise DownloadError(
            f"could not download {url}: {reason}. Without a network, put the file at {path} by hand"
        ) from error
    return path


def _copy(answer, file: BinaryIO, algorithm: str, name: str, progress: bool) -> str:
    digest = hashlib.new(algorithm)
    total = int(answer.headers.get("Content-Length") or 0)
    free = shutil.disk_usage(Path(file.name).parent).free
    if total > free:
        raise OSError(f"it takes {total:,} bytes, but the disk has {free:,} left")
    bar = tqdm(
        total=total or None, desc=name, unit="B", unit_scale=True, disable=not progress, leave=False
    )
    received = 0
    with bar:
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            digest.update(chunk)
            received += len(chunk)
            bar.update(len(chunk))
    if received < total:
        raise OSError(f"the connection broke off after {received:,} of {total:,} bytes")
    return digest.hexdigest()
