"""The log of answers: which question was answered how, and which check failed, on this computer.

`notebooks/answers.txt` gets a line for each: when, on what occasion, of which question or exercise,
right or wrong, and which answer. A line is one short write at the file's end, so two notebooks
that are open at once lose nothing, and a line that a crash has cut off is passed over. Git ignores
the file, and it may be deleted. Where nobody works at the kernel, nothing is read or written.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from utils.mine import switch

__all__ = ["Answer", "answers", "keep"]

LOG = "answers.txt"
LINE = re.compile(r"(\d{4}-\S+) (check|predict|review) ([\w-]+) (right|wrong)(?: ([0-9a-f]{6}))?")


class Answer(NamedTuple):
    """A line of the log."""

    when: datetime
    kind: str  # "check", "predict" or "review"
    name: str  # of the question; of the exercise, if it is a check
    right: bool
    key: str  # of the option; "" for a check


def log() -> Path | None:
    """The file, beside the lessons; None where nothing is to be read or written."""
    library = switch.folder() if switch.live() else None
    return library and library.with_name(LOG)


def answers() -> list[Answer]:
    """Return what the log holds, the earliest first; nothing if it cannot be read."""
    path = log()
    try:
        text = path.read_text("utf-8", "replace") if path else ""
    except OSError:
        return []
    found = []
    for line in text.splitlines():
        if match := LINE.fullmatch(line):
            when, kind, name, result, key = match.groups(default="")
            try:
                # Without a zone it would be local time.
                time = datetime.fromisoformat(when).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
            found.append(Answer(time, kind, name, result == "right", key))
    return sorted(found)


def keep(kind: str, name: str, right: bool, key: str = "") -> str:
    """Add a line to the log; of a check that fails again and again, one a day.

    Returns:
        Nothing, or a line that says why it is not kept. It never raises.
    """
    path = log()
    if path is None:
        return ""
    now = datetime.now(UTC)
    if kind == "check" and any(
        (x.kind, x.name, x.when.date()) == (kind, name, now.date()) for x in answers()
    ):
        return ""
    words = [now.isoformat(timespec="milliseconds"), kind, name, "right" if right else "wrong"]
    try:
        _append(path, " ".join([*words, key]).strip())
    except OSError as error:
        why = error.strerror or error
        return f"Your answer is not kept: {path} cannot be written ({why})."
    return ""


def _append(path: Path, line: str) -> None:
    """Write a line at the end of a file, after one that was cut off too."""
    with path.open("ab+", buffering=0) as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else f"\n{line}"
        data = f"{line}\n".encode()
        if file.write(data) < len(data):
            raise OSError("the disk is full")
        os.fsync(file.fileno())
