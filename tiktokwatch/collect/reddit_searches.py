"""What people write on Reddit outside of the subreddits that are read: searches over all of it, now and then."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from tiktokwatch.collect import reddit_listing
from tiktokwatch.collect.reddit_listing import Item
from tiktokwatch.errors import CollectError

if TYPE_CHECKING:
    from tiktokwatch.collect.reddit_client import RedditClient

log = logging.getLogger(__name__)

# The index of Reddit's search runs minutes behind, and not in order; so much is read again.
OVERLAP = timedelta(minutes=10)
# The search is asked for the last day only.
_REACH = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Found:
    """What searches found, when they were last tried, and up to when each of them is known to have been answered."""

    items: tuple[Item, ...] = ()
    searched_at: datetime | None = None
    reached: Mapping[str, datetime] = field(default_factory=dict)


class Searches:
    """Asks Reddit's search for `queries`, at most once in `every`, each from where it last succeeded.

    A search finds submissions alone. One that fails is logged, once until it succeeds again, and costs nothing else.
    """

    def __init__(
        self, client: RedditClient, *, name: str, queries: Sequence[str], every: timedelta, known: int
    ) -> None:
        self._client = client
        self._name = name
        self._queries = tuple(queries)
        self._every = every
        self._known = known
        self._failing: set[str] = set()

    def find(
        self, *, since: datetime, now: datetime, searched_at: datetime | None, reached: Mapping[str, datetime]
    ) -> Found:
        """Return what the searches find from `since` on, and a while before; nothing if they are not due."""
        reached = {query: reached[query] for query in self._queries if query in reached}
        is_recent = searched_at is not None and timedelta(0) <= now - searched_at < self._every
        if not self._queries or is_recent:
            return Found((), searched_at, reached)
        items: dict[str, Item] = {}
        for query in self._queries:
            start = max(min(since, reached.get(query, since)) - OVERLAP, now - _REACH)
            try:
                found = self._search(query, start=start)
            except CollectError as error:
                self._note(query, error)
                continue
            self._note(query, None)
            reached[query] = now
            items |= {item.fullname: item for item in found}
        return Found(tuple(items.values()), now, reached)

    def _search(self, query: str, *, start: datetime) -> list[Item]:
        def is_old(item: Item) -> bool:
            return item.at < start

        reading = reddit_listing.read(partial(self._client.search, query), is_old=is_old, known=self._known)
        return [item for item in reading.items if not is_old(item)]

    def _note(self, query: str, error: CollectError | None) -> None:
        if error is None:
            self._failing.discard(query)
        elif query not in self._failing:
            self._failing.add(query)
            log.warning("the search for %r failed, and is tried again: %s", query, error.reason)
