"""Reads when a submission was handed in: rightly, or not at all."""

import re
from datetime import UTC, datetime

__all__ = ["parse_timestamp"]

FORM = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)\s*"
    r"(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE,
)


def parse_timestamp(text: str) -> datetime:
    """Return the UTC time that a text gives, without a zone, as nbgrader's database holds it.

    Understood are ISO 8601 and what nbgrader writes, with `Z`, `UTC`, `GMT`, an offset from UTC
    (`+0530`, `+05:30`, `+05`), or nothing, which is UTC. Names of other zones are refused (CST is a
    zone in China and two in America), and so are dates such as 11/12/2026.

    Raises:
        ValueError: it is not understood; the message says what would be.
    """
    match = FORM.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError("no such form")
        clock = match["time"].replace(",", ".")
        zone = (match["zone"] or "Z").upper()
        zone = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
        moment = datetime.fromisoformat(f"{match['date']}T{clock}{zone}")
        return moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError(
            f"timestamp.txt holds no date that can be read without guessing: {text[:50]!r}; write "
            "it as 2026-11-20 12:00:00 UTC, or with an offset: 2026-11-20 12:00:00 +0100"
        ) from None
