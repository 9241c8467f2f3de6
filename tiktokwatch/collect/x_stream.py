"""Posts from X as they are written: the filtered stream of its API v2, and the recent search where that has a hole."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Protocol

from tiktokwatch.collect import x_stream_cursor
from tiktokwatch.collect.x_intake import Intake
from tiktokwatch.errors import CollectError
from tiktokwatch.protocols import Collector
from tiktokwatch.records import Batch, Post

# X sends a line every 20 seconds at least.
STALL = 22.0
_REMEMBERED = 10_000  # deletions


class Budget(Protocol):
    """Whoever says how much may be bought; it is asked in the thread of whoever polls, never in that of the stream."""

    def grant(self, kind: str, units: int, *, now: datetime) -> int:
        """Book so many units or fewer, and return how many."""

    def give_back(self, kind: str, units: int, *, now: datetime) -> None:
        """Take back what was booked and not used."""

    def why_not(self, now: datetime) -> CollectError:
        """Return why nothing is granted."""


class XStream:
    """Listens to X's filtered stream in a thread, and hands over what came when it is polled.

    It vouches up to `lag` seconds before the last line that came, from `lag` seconds after it was connected on, as
    long as nothing was lost in between; a post takes 6 to 7 seconds through the stream (P99). Where it cannot vouch,
    `search` is polled, which is to ask for the same under the same name. `rules` are queries of at most 1,024
    characters by tags of your choice. `capacity` posts are held between two polls. With a `budget`, at most
    `allowance` posts are taken from one poll to the next; what was granted and did not come is lost to the budget when
    the process ends. The cursor is a JSON object with that of the search, and the connections that X still counts.

    `clock` says when a line came, `monotonic` and `pause` are the waiting between connections.
    """

    source = "x"

    def __init__(
        self,
        *,
        name: str = "x",
        bearer_token: str,
        rules: Mapping[str, str],
        search: Collector,
        base_url: str = "https://api.x.com",
        lag: float = 15,
        stall: float = STALL,
        timeout: float = 20,
        capacity: int = 50_000,
        budget: Budget | None = None,
        allowance: int = 200,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] | None = None,
    ) -> None:
        from tiktokwatch.collect.x_rules import checked  # noqa: PLC0415 - with the following
        from tiktokwatch.collect.x_supervisor import Supervisor  # noqa: PLC0415 - tweepy takes half a second

        self.name = name
        self._search = search
        self._lag = timedelta(seconds=lag)
        self._stall = timedelta(seconds=stall)
        self._capacity = capacity
        self._budget = budget
        self._allowance = allowance
        self._bought = 0
        self._intake = Intake(name=name, capacity=capacity, clock=clock)
        self._supervisor = Supervisor(
            name=name,
            bearer_token=bearer_token,
            rules=checked(rules),
            base_url=base_url.rstrip("/"),
            timeout=timeout,
            stall=stall,
            intake=self._intake,
            clock=clock,
            monotonic=monotonic,
            pause=pause,
        )
        # What was handed over and is not behind `since` yet, since it may be asked for again; and what was not.
        self._handed: dict[str, Post] = {}
        self._new: dict[str, Post] = {}
        self._deleted: list[str] = []
        # The search shows a post for a while after its deletion came over the stream.
        self._gone: deque[str] = deque(maxlen=_REMEMBERED)
        self._lost_at: datetime | None = None
        self._has_begun = False

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return the posts from `since` on, as far as the stream or else the search vouches, and some that came late.

        Raises CollectError where neither does, and what the thread of the stream died of.
        """
        place = x_stream_cursor.read(cursor)
        if not self._has_begun:
            self._supervisor.recall(place.connects)
            self._has_begun = True
        batch = self._collect(since, place.search, now)
        following = x_stream_cursor.Cursor(batch.cursor, self._supervisor.connects)
        return replace(batch, cursor=following.text())

    def close(self) -> None:
        """End the stream and a `collect` under way; another thread or a signal handler may call this, and twice."""
        self._search.close()
        self._supervisor.close()

    def _collect(self, since: datetime, cursor: str, now: datetime) -> Batch:
        self._buy(now)
        self._supervisor.start()
        through = self._reach(since, now)
        if through is not None:
            return self._hand_over(Batch(self.name, self.source, since, through), since, now)
        self._supervisor.prod()
        try:
            batch = self._search.collect(since=since, cursor=cursor, now=now)
        except CollectError as error:
            raise self._with_trouble(error) from None
        # From where the search vouches on, the stream may go further by now.
        through = self._reach(batch.through, now)
        if through is not None and through > batch.through:
            batch = replace(batch, through=through, cursor="")
        self._take(now)
        return self._hand_over(batch, since, now)

    def _reach(self, since: datetime, now: datetime) -> datetime | None:
        """Return how far the stream vouches if it does so from `since` on, else None.

        What was written before the connection was there may never come over it, and may not be in the search yet: the
        two overlap by `lag`.
        """
        before = self._intake.whole
        if before is None or now - before.heard > self._stall or before.since + self._lag > since:
            return None
        self._take(now)
        after = self._intake.whole
        # Something may have been lost while we took.
        if after is None or max(after.since, self._lost_at or after.since) + self._lag > since:
            return None
        return max(since, min(before.heard, now) - self._lag)

    def _take(self, now: datetime) -> None:
        for item in self._intake.take():
            if isinstance(item, Post):
                self._new[item.id] = item
            else:
                self._new.pop(item, None)
                self._handed.pop(item, None)
                self._deleted.append(item)
                self._gone.append(item)
        self._new = self._bounded(self._new, now)

    def _bounded(self, posts: dict[str, Post], now: datetime) -> dict[str, Post]:
        """Return the newest posts, as many as may be held; whoever asks for the others later must search."""
        surplus = len(posts) - self._capacity
        if surplus <= 0:
            return posts
        self._lost_at = now
        return dict(islice(posts.items(), surplus, None))

    def _hand_over(self, batch: Batch, since: datetime, now: datetime) -> Batch:
        kept = {name: post for name, post in self._handed.items() if post.at >= since}
        posts = {post.id: post for post in batch.posts} | kept | self._new
        self._handed = self._bounded(kept | self._new, now)
        self._new = {}
        deleted, self._deleted = self._deleted, []
        again = posts.keys() & set(self._gone) - set(deleted)
        return replace(batch, posts=tuple(posts.values()), deleted=(*batch.deleted, *deleted, *sorted(again)))

    def _buy(self, now: datetime) -> None:
        """Pay for posts up to the allowance; what came since the last poll is what was paid for in advance."""
        if self._budget is None:
            return
        left = max(self._bought - self._intake.received, 0)
        if self._supervisor.is_idle:
            # Nothing will come for long, and the search can use it.
            if left:
                self._budget.give_back("post", left, now=now)
            self._bought -= left
        else:
            self._bought += self._budget.grant("post", max(self._allowance - left, 0), now=now)
        self._supervisor.allow(self._bought)
        if self._bought <= self._intake.received and not self._supervisor.is_idle:
            raise self._budget.why_not(now)

    def _with_trouble(self, error: CollectError) -> CollectError:
        trouble = self._supervisor.trouble
        if trouble is None:
            return error
        reason = f"{error.reason}; {trouble.reason.removeprefix(f'{self.name}: ')}"
        return CollectError(reason, retry_after=error.retry_after, permanent=error.permanent)
