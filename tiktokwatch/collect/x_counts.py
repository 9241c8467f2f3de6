"""Volume from X: how many posts match, minute by minute, and a few of them to tell what they are about.

Reading every post costs by the post; a request for counts costs the same whatever the volume. So X is counted all the
time, and read a little: a trickle in calm, more when things look odd.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from tiktokwatch.collect.budget import POST, REQUEST, Budget
from tiktokwatch.collect.x import LEAST_LAG, REACH, newest_in
from tiktokwatch.collect.x_client import LARGEST_PAGE, LEAST_PAGE, Page, TooOldError, XClient
from tiktokwatch.collect.x_ids import id_at
from tiktokwatch.collect.x_usual import RECENT, UNKNOWN, Usual, as_json, is_odd, learned, usual_in
from tiktokwatch.errors import CollectError
from tiktokwatch.records import MINUTE, Batch, Count, Post, minute_of

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=6)
TRICKLE = 10
TRICKLE_EVERY = timedelta(hours=6)
PAGE = 25  # so many tell a share within a tenth or so
ATTENTIVE = 0.6  # of what raises a signal: by chance, a few minutes a day come so near it

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Place:
    """What the cursor holds: when was counted and read last, the newest post read, and what is usual."""

    counted: datetime | None = None
    read: datetime | None = None
    newest: int | None = None
    is_odd: bool = False
    usual: Usual = UNKNOWN


@dataclass(frozen=True, slots=True)
class _Counted:
    """The minutes that X counted without a hole from `since` up to `through`; `answer` may hold older ones."""

    since: datetime
    through: datetime
    minutes: Mapping[datetime, int]
    answer: Mapping[datetime, int]
    note: str


class XCounts:
    """Counts the posts that match one query (at most 512 characters), and reads a sample of them.

    It vouches for whole minutes that ended `lag` seconds ago (at least 10), and at most seven days back. It counts
    `every` so often in calm. Things are odd where `attention` (1 at what raises a signal) is ATTENTIVE or more, or
    where the last minutes hold more than is usual (see `x_usual`); then each poll counts, and reads up to `page`
    (10 to 100) of the newest posts. In calm it reads `trickle` (10 to 100) of them every `trickle_every`.

    What calm takes is essential to `budget` (see `calm_day`), what oddness takes beyond it is not: where that is
    refused, a poll is as in calm. `timeout` bounds one request, in seconds. A poll that is not due costs nothing and
    vouches for nothing new. The cursor is a JSON object.
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
        every: timedelta = EVERY,
        trickle: int = TRICKLE,
        trickle_every: timedelta = TRICKLE_EVERY,
        page: int = PAGE,
        attention: Callable[[], float] = lambda: 0.0,
        timeout: float = 20,
        budget: Budget | None = None,
    ) -> None:
        if lag < LEAST_LAG:
            raise ValueError(f"lag: X does not count the last {LEAST_LAG} seconds")
        if not (LEAST_PAGE <= trickle <= LARGEST_PAGE and LEAST_PAGE <= page <= LARGEST_PAGE):
            raise ValueError(f"trickle, page: X hands out {LEAST_PAGE} to {LARGEST_PAGE} posts at a time")
        self.name = name
        self._query = query
        self._lag = timedelta(seconds=lag)
        self._every = every
        self._trickle = trickle
        self._trickle_every = trickle_every
        self._page = page
        self._attention = attention
        self._client = XClient(name=name, bearer_token=bearer_token, base_url=base_url, timeout=timeout, budget=budget)

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return the counts from the minute of `since` on, and a sample of the posts behind them, if that is due.

        Raises CollectError where there are no counts to be had; a sample that cannot be had is done without.
        """
        place = _place(cursor, now)
        through = minute_of(now - self._lag)
        unchanged = Batch(self.name, self.source, since, since, cursor=cursor)
        is_due = place.counted is None or now - place.counted >= self._every
        is_watched = place.is_odd or self._attention() >= ATTENTIVE
        if since >= through or not (is_due or is_watched):
            return unchanged
        self._client.start(now)
        counted = self._count(since, through, now, is_essential=is_due)
        if counted is None:
            if is_due:
                raise self._client.why_not(kind=REQUEST, least=1)
            return unchanged
        place = self._looked_at(counted, place, now)
        posts, place = self._sample(counted, place, now, is_watched=is_watched or place.is_odd)
        counts = tuple(Count(self.source, at, posts) for at, posts in sorted(counted.minutes.items()))
        return Batch(
            self.name, self.source, counted.since, counted.through, posts, _cursor(place), counted.note, counts
        )

    def close(self) -> None:
        """Let go of connections; a `collect` under way in another thread ends with CollectError."""
        self._client.close()

    def _count(self, since: datetime, through: datetime, now: datetime, *, is_essential: bool) -> _Counted | None:
        """Return the newest minutes without a hole, None where the budget refuses."""
        floor = minute_of(now - REACH) + MINUTE
        begin, note = since, ""
        if since < floor:
            begin, note = floor, f"{self.name}: X counts seven days back only"
        first = minute_of(begin)
        # Minutes cost nothing, and one alone would not tell whether things are odd.
        start = max(min(first, through - RECENT * MINUTE), floor)
        answer = self._client.counts(self._query, start=start, end=through, essential=is_essential)
        if answer is None:
            return None
        end = max((at for at in answer if first <= at < through), default=None)
        if end is None:
            raise CollectError(f"{self.name}: X has counted none of the minutes that it was asked for")
        minutes: dict[datetime, int] = {}
        while end >= first and end in answer:
            minutes[end] = answer[end]
            end -= MINUTE
        oldest = min(minutes)
        if oldest > first:
            begin, note = oldest, f"{self.name}: X has not counted all minutes since {begin:%d %b %H:%M:%S}"
        return _Counted(begin, max(minutes) + MINUTE, minutes, answer, note)

    def _looked_at(self, counted: _Counted, place: _Place, now: datetime) -> _Place:
        """Return the place after these counts: whether they are odd, and what they teach."""
        usual = learned(place.usual, counted.minutes)
        known = usual if place.usual == UNKNOWN else place.usual
        odd = is_odd(known, counted.answer, through=counted.through)
        return replace(place, counted=now, is_odd=odd, usual=usual)

    def _sample(
        self, counted: _Counted, place: _Place, now: datetime, *, is_watched: bool
    ) -> tuple[tuple[Post, ...], _Place]:
        is_due = place.read is None or now - place.read >= self._trickle_every
        try:
            page = self._read(counted, place, size=self._page, is_essential=False) if is_watched else None
            if page is None and is_due:
                page = self._read(counted, place, size=self._trickle, is_essential=True)
        except CollectError as error:
            log.warning("%s; counted, but no posts read", error.reason)
            page = None
        if page is None:
            return (), place
        return page.posts, replace(place, read=now, newest=max(page.ids, default=place.newest))

    def _read(self, counted: _Counted, place: _Place, *, size: int, is_essential: bool) -> Page | None:
        """Return the newest posts of the minutes that were counted; none that was read before."""
        span: dict[str, Any] = {"start_time": counted.since}
        if id_at(counted.since) <= (place.newest or 0) < id_at(counted.through):
            span = {"since_id": place.newest}
        try:
            return self._client.search(self._query, size=size, essential=is_essential, end_time=counted.through, **span)
        except TooOldError:
            raise CollectError(f"{self.name}: X does not search from so old a post") from None


def calm_day(
    *, every: timedelta = EVERY, trickle: int = TRICKLE, trickle_every: timedelta = TRICKLE_EVERY
) -> dict[str, int]:
    """Return what is bought on a calm day, in units by kind: requests for counts, and posts read as a trickle."""
    return {REQUEST: ceil(_DAY / every), POST: ceil(_DAY / trickle_every) * trickle}


def calm_day_cost(
    *,
    every: timedelta = EVERY,
    trickle: int = TRICKLE,
    trickle_every: timedelta = TRICKLE_EVERY,
    prices: Mapping[str, float],
) -> float:
    """Return what a calm day costs in dollars, at `prices` a unit by kind."""
    units = calm_day(every=every, trickle=trickle, trickle_every=trickle_every)
    return sum(prices[kind] * number for kind, number in units.items())


def _place(cursor: str, now: datetime) -> _Place:
    """Return what a cursor holds, as far as it is one; what lies in the future never was."""
    try:
        value = json.loads(cursor)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return _Place()
    return _Place(
        counted=_moment(value.get("counted"), now),
        read=_moment(value.get("read"), now),
        newest=newest_in(cursor),
        is_odd=value.get("odd") is True,
        usual=usual_in(value.get("usual")),
    )


def _cursor(place: _Place) -> str:
    return json.dumps(
        {
            "counted": None if place.counted is None else place.counted.isoformat(),
            "read": None if place.read is None else place.read.isoformat(),
            "newest_id": None if place.newest is None else str(place.newest),
            "odd": place.is_odd,
            "usual": as_json(place.usual),
        }
    )


def _moment(value: object, now: datetime) -> datetime | None:
    try:
        at = datetime.fromisoformat(value).astimezone(UTC)  # type: ignore[arg-type]  # a wrong type is what we catch
    except (TypeError, ValueError, OverflowError):
        return None
    return at if at <= now else None
