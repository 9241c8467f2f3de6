"""Where a reading of X's stream goes on: by which cursor its search, and when connections were made of late."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tiktokwatch.records import EPOCH

# Seconds since 1970 that a datetime still holds, in the year 5138.
_LAST = 1e11


@dataclass(frozen=True, slots=True)
class Cursor:
    """The cursor of the search, and the moments of connections, which X counts whoever makes them."""

    search: str = ""
    connects: Sequence[datetime] = ()

    def text(self) -> str:
        """Return the cursor as the JSON that `read` takes; moments are whole seconds, the later ones."""
        seconds = [-((EPOCH - at) // timedelta(seconds=1)) for at in self.connects]
        return json.dumps({"search": self.search, "connects": seconds})


def read(text: str) -> Cursor:
    """Return the cursor in a text; one that is none of ours is the search's."""
    try:
        value = json.loads(text)
        search, connects = value["search"], [_moment(seconds) for seconds in value["connects"]]
    except (ValueError, LookupError, TypeError, RecursionError):
        return Cursor(text)
    return Cursor(search, connects) if isinstance(search, str) else Cursor(text)


def _moment(seconds: object) -> datetime:
    if not isinstance(seconds, int) or not 0 <= seconds < _LAST:
        raise ValueError
    return EPOCH + timedelta(seconds=seconds)
