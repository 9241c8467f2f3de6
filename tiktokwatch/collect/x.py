"""Posts from X: the recent search of its API v2, asked again and again through tweepy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tiktokwatch.collect.budget import Budget
from tiktokwatch.collect.x_client import LARGEST_PAGE, TooOldError, XClient
from tiktokwatch.collect.x_ids import id_at, time_of
from tiktokwatch.records import Batch, Post

SECOND = timedelta(seconds=1)
# The search reaches back so far, and refuses to be asked for more; a minute is for clocks that differ.
REACH = timedelta(days=7) - timedelta(minutes=1)
# It refuses to be asked for the last ten seconds as well.
LEAST_LAG = 10
# Posts become visible out of order; so much of what was read is read again.
_OVERLAP = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the pages held: the posts, the ids of all objects even if unusable, and whether pages were left unread."""

    posts: tuple[Post, ...]
    ids: tuple[int, ...]
    is_cut_short: bool
    is_unpaid: bool = False


class XSearch:
    """Polls the recent search of X for one query (at most 512 characters).

    It vouches up to `lag` seconds ago (at least 10), and at most seven days back. What `max_pages` of 100 posts do
    not hold is given up, newest first, and the batch says so. `timeout` bounds one request, in seconds. The cursor is
    a JSON object with the id of the newest post seen; ids of X hold their time. Where `budget` does not suffice for
    all pages it is as with `max_pages`, where it suffices for none the poll fails.
    """

    source = "x"

    def __init__(
        self,
        *,
        name: str = "x",
        bearer_token: str,
        query: str,
        base_url: str = "https://api.x.com",
        lag: float = 30,
        max_pages: int = 10,
        timeout: float = 20,
        budget: Budget | None = None,
    ) -> None:
        if lag < LEAST_LAG:
            raise ValueError(f"lag: X does not search the last {LEAST_LAG} seconds")
        self.name = name
        self._query = query
        self._lag = timedelta(seconds=lag)
        self._max_pages = max_pages
        self._client = XClient(name=name, bearer_token=bearer_token, base_url=base_url, timeout=timeout, budget=budget)

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return the posts from `since` on, as far as X's index is settled, among them some that are older.

        Raises CollectError.
        """
        # X takes whole seconds, and we vouch for no more than was asked.
        through = _whole_second(now - self._lag)
        if since >= through:
            return Batch(self.name, self.source, since, since, cursor=cursor)
        self._client.start(now)
        floor = _whole_second(now - REACH) + SECOND
        begin, note = since, ""
        if since < floor:
            begin, note = floor, f"{self.name}: the search of X reaches back seven days only"
        newest = newest_in(cursor)
        reading = self._read(begin=begin, newest=newest, floor=floor, through=through)
        if reading.is_cut_short:
            vouched = self._vouched(reading, begin=begin, through=through)
            if vouched > begin:
                since_then = f"more than {len(reading.ids)} posts since {begin:%d %b %H:%M:%S}"
                why = ": they are beyond the budget" if reading.is_unpaid else ""
                note = f"{self.name}: {since_then}, older ones not read{why}"
            begin = vouched
        newest = max((newest or id_at(begin), *reading.ids))
        place = json.dumps({"newest_id": str(newest)})
        return Batch(self.name, self.source, begin, through, reading.posts, place, note)

    def close(self) -> None:
        """Let go of connections; a `collect` under way in another thread ends with CollectError."""
        self._client.close()

    def _read(self, *, begin: datetime, newest: int | None, floor: datetime, through: datetime) -> _Reading:
        if newest is None:
            return self._pages(start_time=begin, end_time=through)
        # Never behind the newest post without need: each that comes again is paid for again.
        since_id = min(newest, id_at(begin - _OVERLAP))
        try:
            return self._pages(since_id=max(since_id, id_at(floor)), end_time=through)
        except TooOldError:
            return self._pages(start_time=max(begin - _OVERLAP, floor), end_time=through)

    def _pages(self, **span: Any) -> _Reading:
        posts: list[Post] = []
        ids: list[int] = []
        token = None
        for number in range(self._max_pages):
            page = self._client.search(self._query, size=LARGEST_PAGE, next_token=token, **span)
            if page is None:
                if not number:
                    raise self._client.why_not()
                return _Reading(tuple(posts), tuple(ids), is_cut_short=True, is_unpaid=True)
            posts.extend(page.posts)
            ids.extend(page.ids)
            token = page.next_token
            if not token:
                break
        return _Reading(tuple(posts), tuple(ids), is_cut_short=bool(token))

    def _vouched(self, reading: _Reading, *, begin: datetime, through: datetime) -> datetime:
        # Times of posts are whole seconds, so others of the oldest second may be among the unread.
        oldest = min(reading.ids, default=id_at(through))
        return min(max(_whole_second(time_of(oldest)) + SECOND, begin), through)


def newest_in(cursor: str) -> int | None:
    """Return the id in a cursor, None where it holds none that could be."""
    try:
        return int(json.loads(cursor)["newest_id"])
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
        return None


def _whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
