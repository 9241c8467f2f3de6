"""Where a reading of Reddit goes on: what its listings, removals and searches should be known by at the next poll."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tiktokwatch.records import EPOCH

# Seconds since 1970 that a datetime still holds, in the year 5138.
_LAST = 1e11


@dataclass(frozen=True, slots=True)
class Cursor:
    """The fullnames to come upon again, by listing; those known to be gone; when searches were made, and succeeded."""

    seen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    gone: Sequence[str] = ()
    searched_at: datetime | None = None
    reached: Mapping[str, datetime] = field(default_factory=dict)

    def text(self) -> str:
        """Return the cursor as the JSON that `read` takes."""
        value: dict[str, Any] = {"listings": {kind: list(names) for kind, names in self.seen.items()}}
        if self.gone:
            value["gone"] = list(self.gone)
        if self.searched_at is not None:
            value["searched_at"] = _seconds(self.searched_at)
        if self.reached:
            value["reached"] = {query: _seconds(at) for query, at in self.reached.items()}
        return json.dumps(value)


def read(text: str) -> Cursor:
    """Return the cursor in a text, an empty one where it is not one of ours."""
    try:
        value = json.loads(text)
        return Cursor(
            seen={kind: _names(names) for kind, names in value.get("listings", {}).items()},
            gone=_names(value.get("gone", [])),
            searched_at=_moment(value["searched_at"]) if "searched_at" in value else None,
            reached={query: _moment(at) for query, at in value.get("reached", {}).items()},
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        return Cursor()


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(str, value))


def _seconds(at: datetime) -> float:
    return (at - EPOCH).total_seconds()


def _moment(value: Any) -> datetime:
    if not 0 <= value < _LAST:
        raise ValueError
    return EPOCH + timedelta(seconds=value)
