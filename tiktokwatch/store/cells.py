"""What one cell of a table holds: times, text and lists, without loss."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any


def moment(at: datetime) -> str:
    """Return a moment as text of one width, in UTC; raises ValueError for one without a timezone."""
    if at.tzinfo is None:
        raise ValueError(f"a moment needs a timezone: {at!r}")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment_or_null(at: datetime | None) -> str | None:
    """Return a moment as text, or None."""
    return None if at is None else moment(at)


def packed(text: str) -> str | bytes:
    """Return text as SQLite can hold it: as it is, or as a BLOB of UTF-8 where it has a NUL or half a surrogate pair.

    SQL functions end at a NUL, and half a pair has no UTF-8 of its own; Python's "surrogatepass" gives it one.
    """
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="surrogatepass")
    return encoded if "\0" in text else text


def unpacked(value: str | bytes | None) -> str:
    """Return the text of a column; what was dropped is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else value.decode(errors="surrogatepass")


def listed(value: object) -> str | bytes:
    """Return JSON, in letters that a person can read."""
    return packed(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def unlisted(value: str | bytes) -> Any:
    """Return what a column of JSON holds."""
    return json.loads(unpacked(value))


def moment_in(value: str | None) -> datetime | None:
    """Return the moment of a column, or None."""
    return None if value is None else datetime.fromisoformat(value)
