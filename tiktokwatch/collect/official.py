"""The word of TikTok's own accounts, read beside what people say: an event, and never a complaint."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tiktokwatch.errors import CollectError
from tiktokwatch.protocols import Collector
from tiktokwatch.records import Batch, Post

log = logging.getLogger(__name__)

_AUTHORS = 50


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the official accounts are read on from, when next, and by which ids their posts are known."""

    since: datetime | None = None
    due_at: datetime | None = None
    cursor: str = ""
    authors: tuple[str, ...] = ()


class WithOfficial:
    """Hands over what `main` reads, and at most once in `every` what `official` reads, as posts of the kind "official".

    It vouches for what `main` vouches for. TikTok's first word came up to a day after an outage began, so the first
    reading goes `look_back` back. A reading that fails is logged, once until one succeeds again, and made up for later.
    Posts that `main` finds are official if they are by an author whom `official` has shown to be. The cursor holds
    both cursors; one that `main` wrote alone is taken as well.
    """

    def __init__(
        self,
        main: Collector,
        official: Collector,
        *,
        every: timedelta = timedelta(minutes=5),
        look_back: timedelta = timedelta(hours=24),
    ) -> None:
        self._main = main
        self._official = official
        self._every = every
        self._look_back = look_back
        self._is_failing = False
        self._is_closed = False

    @property
    def name(self) -> str:
        """Return the name of the main collector."""
        return self._main.name

    @property
    def source(self) -> str:
        """Return the source of the main collector."""
        return self._main.source

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return the batch of the main collector, with official posts among its own. Raises CollectError as it does."""
        main_cursor, place = _read(cursor)
        batch = self._main.collect(since=since, cursor=main_cursor, now=now)
        place, found = self._ask(place, now)
        posts = {post.id: post for post in _marked(batch.posts, authors=place.authors)}
        deleted = batch.deleted
        if found is not None:
            posts |= {post.id: replace(post, kind="official") for post in found.posts}
            deleted = tuple(dict.fromkeys([*deleted, *found.deleted]))
        return replace(batch, posts=tuple(posts.values()), deleted=deleted, cursor=_written(batch.cursor, place))

    def close(self) -> None:
        """Close both collectors."""
        self._is_closed = True
        self._main.close()
        self._official.close()

    def _ask(self, place: _Place, now: datetime) -> tuple[_Place, Batch | None]:
        if place.due_at is not None and now < place.due_at:
            return place, None
        since = place.since or now - self._look_back
        try:
            found = self._official.collect(since=since, cursor=place.cursor, now=now)
        except CollectError as error:
            self._note(error)
            wait = max(self._every, timedelta(seconds=error.retry_after or 0))
            return replace(place, since=since, due_at=now + wait), None
        self._is_failing = False
        seen = [post.author for post in found.posts if post.author]
        authors = tuple(dict.fromkeys([*reversed(seen), *place.authors]))[:_AUTHORS]
        return _Place(found.through, now + self._every, found.cursor, authors), found

    def _note(self, error: CollectError) -> None:
        if not self._is_failing and not self._is_closed:
            log.warning("the official accounts could not be read, and are tried again: %s", error.reason)
        self._is_failing = True


def _marked(posts: Iterable[Post], *, authors: Sequence[str]) -> Iterable[Post]:
    for post in posts:
        yield replace(post, kind="official") if post.author in authors else post


def _written(main: str, place: _Place) -> str:
    official: dict[str, Any] = {"cursor": place.cursor, "authors": list(place.authors)}
    for name, moment in (("since", place.since), ("due_at", place.due_at)):
        if moment is not None:
            official[name] = moment.isoformat()
    return json.dumps({"main": main, "official": official})


def _read(cursor: str) -> tuple[str, _Place]:
    """Return the main collector's cursor and the place in a cursor, which may be the main collector's alone."""
    try:
        value = json.loads(cursor)
        main, official = value["main"], value["official"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return cursor, _Place()
    if not isinstance(main, str):
        return cursor, _Place()
    try:
        return main, _place(official)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return main, _Place()


def _place(official: Mapping[str, Any]) -> _Place:
    return _Place(
        since=_moment(official.get("since")),
        due_at=_moment(official.get("due_at")),
        cursor=str(official["cursor"]),
        authors=tuple(map(str, official["authors"])),
    )


def _moment(value: Any) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)
