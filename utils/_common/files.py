"""Downloads, their checksums, and where they are kept."""

import hashlib
import os
from pathlib import Path

from tqdm.auto import tqdm

from utils.atomic import write_atomic

__all__ = [
    "ChecksumError",
    "DownloadError",
    "cache_folder",
    "check",
    "checksum",
    "download",
    "write_atomic",
]

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


def check(
    path: str | os.PathLike, expected: str | None, algorithm: str, remedy: str, what: str = ""
) -> None:
    """Refuse a file that is not the published one.

    Args:
        path: of the file.
        expected: its checksum or the first digits of it, or None to take any.
        algorithm: of the checksum, a name that ``hashlib`` knows.
        remedy: what to do, a sentence without its full stop.
        what: what to call the file in the message; nothing means its path.

    Raises:
        ChecksumError: the checksum is another one.
        FileNotFoundError: there is no such file.
    """
    if expected is None:
        return
    found = checksum(path, algorithm)
    if not found.startswith(expected):
        raise ChecksumError(
            f"{what or path} is not the published file: its {algorithm} begins with "
            f"{found[: len(expected)]}, not {expected}. {remedy}"
        )


def download(
    url: str,
    path: str | os.PathLike,
    expected: str | None = None,
    *,
    algorithm: str = "md5",
    progress: bool = True,
    timeout: float = 30.0,
) -> Path:
    """Fetch a file by HTTP, unless it is there already; a broken download leaves nothing behind.

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
    from pooch import HTTPDownloader  # not for those who never download

    path = Path(path)
    if path.exists():
        return path
    try:
        with (
            write_atomic(path) as file,
            # One byte until pooch knows how many.
            tqdm(None, path.name, 1, False, unit="B", unit_scale=True, disable=not progress) as bar,
        ):
            HTTPDownloader(bar, CHUNK, timeout=timeout)(url, file, None)
            file.flush()
            # Here, as pooch itself knows whole checksums only.
            check(file.name, expected, algorithm, _BROKEN, what=f"what came from {url}")
    except ChecksumError:
        raise
    except (OSError, ValueError) as error:  # those of requests are OSErrors
        raise DownloadError(
            f"could not download {url}: {_reason(error)}. Without a network, fetch it on another "
            f"computer and put it at {path}"
        ) from error
    return path


_BROKEN = "The download may have broken off: try again"


def _reason(error: BaseException) -> str:
    """What went wrong at the bottom of a chain of errors, such as requests and urllib3 make."""
    while (cause := error.__context__) is not None:
        error = cause
    return str(error)
