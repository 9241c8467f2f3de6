"""Reddit's listings, read from their newest item back: in pages, at most about 1,000 items, not strictly in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from tiktokwatch.records import EPOCH

_PAGE = 100
# Reddit ends a listing at about 1,000 items.
_CAP = 1000

# Seconds since 1970 that a datetime still holds, in the year 5138.
_LAST = 1e11


@dataclass(frozen=True, slots=True)
class Item:
    """One child of a listing: its fullname, when it was written, and its object."""

    fullname: str
    at: datetime
    thing: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one listing, newest first, and which of it may be new.

    `is_ended` says that the reading came upon the end that Reddit gives the listing, and not upon what is old.
    """

    items: tuple[Item, ...]
    fresh: tuple[Item, ...]
    is_ended: bool


class Ask(Protocol):
    """Whatever answers with one page of a listing: its `children`, and the name `after` which the next one begins."""

    def __call__(self, *, limit: int, after: str | None) -> Mapping[str, Any]:
        """Return a page. Raises CollectError."""


def read(ask: Ask, *, is_old: Callable[[Item], bool], known: int) -> Reading:
    """Read pages until `known` items in a row are old. Raises CollectError.

    What is old is not fresh, nor is what follows `known` of them, unless it stands between others that are old: then
    it was listed late.
    """
    items: list[Item] = []
    fresh: list[Item] = []
    between: list[Item] = []
    in_a_row = 0
    for page in _pages(ask):
        for item in page:
            items.append(item)
            was_there = is_old(item)
            in_a_row = in_a_row + 1 if in_a_row >= known or was_there else 0
            if was_there:
                fresh += between
                between = []
            else:
                (between if in_a_row else fresh).append(item)
        if in_a_row >= known:
            return Reading(tuple(items), tuple(fresh), is_ended=False)
    return Reading(tuple(items), tuple(fresh), is_ended=True)


def _pages(ask: Ask) -> Iterator[list[Item]]:
    after = None
    for _ in range(_CAP // _PAGE):
        page = ask(limit=_PAGE, after=after)
        yield list(_items(page["children"]))
        after = page.get("after")
        if not isinstance(after, str) or not page["children"]:
            return


def _items(children: Iterable[Any]) -> Iterator[Item]:
    for child in children:
        thing = child.get("data") if isinstance(child, dict) else None
        if not isinstance(thing, dict):
            continue
        fullname, seconds = thing.get("name"), thing.get("created_utc")
        if isinstance(fullname, str) and isinstance(seconds, (int, float)) and 0 <= seconds < _LAST:
            yield Item(fullname, EPOCH + timedelta(seconds=seconds), thing)
