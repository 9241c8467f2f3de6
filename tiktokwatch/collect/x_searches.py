"""Several searches of X that are one collector: complaint, policy and recovery queries do not fit into one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from tiktokwatch.protocols import Collector
from tiktokwatch.records import Batch, Post


class XSearches:
    """Hands over what any of `searches` (by tag) finds, and vouches for what all of them vouch for.

    One that fails fails the poll: nothing is lost, since the others are asked for the same again. The cursor is a JSON
    object of theirs by tag; what is none of ours is given to each.
    """

    def __init__(self, searches: Mapping[str, Collector]) -> None:
        self._searches = dict(searches)
        self._first = next(iter(self._searches.values()))

    @property
    def name(self) -> str:
        """Return the name that they share."""
        return self._first.name

    @property
    def source(self) -> str:
        """Return the source that they share."""
        return self._first.source

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return what each of them finds, once. Raises CollectError."""
        cursors = _cursors(cursor)
        batches = {
            tag: search.collect(since=since, cursor=cursors.get(tag, cursor), now=now)
            for tag, search in self._searches.items()
        }
        posts: dict[str, Post] = {}
        for batch in batches.values():
            posts |= {post.id: post for post in batch.posts}
        begin = max(batch.since for batch in batches.values())
        return Batch(
            self.name,
            self.source,
            begin,
            max(begin, min(batch.through for batch in batches.values())),
            tuple(posts.values()),
            json.dumps({tag: batch.cursor for tag, batch in batches.items()}),
            next((batch.note for batch in batches.values() if batch.note), ""),
        )

    def close(self) -> None:
        """Close all of them."""
        for search in self._searches.values():
            search.close()


def _cursors(cursor: str) -> Mapping[str, str]:
    try:
        value = json.loads(cursor)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    return {tag: place for tag, place in value.items() if isinstance(place, str) and tag != "newest_id"}
