"""What complaints name, as shares of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tiktokwatch.report import words


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the complaints name something: `share` is of one, and those of a list may sum to more or less."""

    key: str
    name: str
    count: int
    share: float

    def __str__(self) -> str:
        return f"{self.name} {words.percent(self.share)}"


def shares(
    counts: Mapping[str, int], *, complaints: int, name: Callable[[str], str], limit: int = 5
) -> tuple[Share, ...]:
    """Return the `limit` things that most complaints name, largest first."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
    whole = max(complaints, 1)
    return tuple(Share(key, name(key), count, min(1.0, count / whole)) for key, count in ranked if count)
