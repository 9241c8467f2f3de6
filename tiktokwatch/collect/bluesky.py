"""Posts from Bluesky: a few out of all that are written there, as its Jetstream sends them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from tiktokwatch.collect.bluesky_posts import Reader
from tiktokwatch.collect.bluesky_reading import Reading
from tiktokwatch.errors import CollectError, ConfigError
from tiktokwatch.records import Batch, Post

if TYPE_CHECKING:
    from tiktokwatch.collect.jetstream import Jetstream

log = logging.getLogger(__name__)

HOSTS = (
    "wss://jetstream2.us-east.bsky.network",
    "wss://jetstream1.us-east.bsky.network",
    "wss://jetstream2.us-west.bsky.network",
    "wss://jetstream1.us-west.bsky.network",
)
INSTALL = "pip install 'tiktokwatch[bluesky]'"
KEYWORDS = ("tiktok", "tik tok")

# Events come in order but for so much.
_DISORDER = timedelta(seconds=1)
# A connection is being made, and nothing has gone wrong so far; in seconds.
_FIRST_WORDS = 20.0
# Events from so far ahead come from a server whose clock is wrong, or ours is.
_AHEAD = timedelta(hours=1)

# Names of posts that were handed over are remembered for so long, unless they are too many.
_REMEMBERED = timedelta(hours=48)
_MOST_REMEMBERED = 200_000
_QUESTION = 500
_SLICE = 0.005


class Bluesky:
    """Listens to all posts of Bluesky, and hands over those that have one of `keywords` in them, in any case.

    A thread stays subscribed to one of `base_urls`, and to the next when it fails; it starts with the first poll. What
    is vouched for is set by the newest event, whenever that came, less `lag` seconds (at least 2): when much has to
    be made up for, each poll hands over what has come so far. Where the events leap over more than a minute, what lies
    between is given up, and the batch says so.

    `is_known` is asked, in the thread that polls, which of some names of deleted posts ("bluesky:did/rkey") or
    authors ("@did") are of interest; without it, those of which posts were handed over since the start are.
    `stall` is after how many seconds without an event a connection is given up, `back_off` the shortest and the
    longest pause between two connections. A poll waits up to `patience` seconds for what should have come by then,
    but not past a new connection that fails. The cursor is not used: Jetstream goes on from any time.

    Raises ConfigError where the package websockets is missing.
    """

    source = "bluesky"

    def __init__(
        self,
        *,
        name: str = "bluesky",
        keywords: Sequence[str] = KEYWORDS,
        base_urls: Sequence[str] = HOSTS,
        lag: float = 10,
        stall: float = 25,
        back_off: tuple[float, float] = (1, 60),
        patience: float = 0,
        is_known: Callable[[Sequence[str]], Collection[str]] | None = None,
    ) -> None:
        try:
            from tiktokwatch.collect import jetstream  # noqa: PLC0415 - its package is an extra
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] != "websockets":
                raise
            raise ConfigError(f"Bluesky needs the package websockets: {INSTALL}.") from None
        self.name = name
        self._lag = max(timedelta(seconds=lag), 2 * _DISORDER)
        self._patience = patience
        self._is_known = is_known
        self._reader = Reader(keywords=keywords, honest=self._lag - _DISORDER)
        self._open: Callable[[Reading], Jetstream] = lambda reading: jetstream.Jetstream(
            name=name, base_urls=base_urls, take=reading.take, cursor=reading.cursor, stall=stall, back_off=back_off
        )
        self._handed: dict[str, tuple[datetime, str]] = {}
        self._closed = False
        self._reading: Reading | None = None
        self._stream: Jetstream | None = None

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return the posts from `since` on, as far as events have come, among them some that are older.

        Raises CollectError where none came that would take it further.
        """
        if self._closed:
            raise CollectError(f"{self.name}: closed")
        if since >= now - self._lag:
            return Batch(self.name, self.source, since, since, cursor=cursor)
        start = time.monotonic()
        reading, stream = self._follow(since)
        self._wait(reading, stream, now=now, start=start)
        if reading.reached > now + _AHEAD:
            self._let_go()
            raise CollectError(f"{self.name}: the clock of the server is far ahead of ours")
        begin, through, note = self._vouched(reading, since=since, now=now)
        if through <= since:
            return self._nothing_new(stream, since)
        posts = reading.fetch(since=since, through=through)
        deleted = self._deleted(reading)
        self._remember(posts)
        if reading.skipped:
            log.debug("%s: %d frames of no use so far", self.name, reading.skipped)
        return Batch(self.name, self.source, begin, through, posts, note=note, deleted=deleted)

    def close(self) -> None:
        """Let go of the connection; a `collect` under way in another thread ends with CollectError."""
        self._closed = True
        self._let_go()

    def _let_go(self) -> None:
        reading, stream = self._reading, self._stream
        if reading is not None:
            reading.close()
        if stream is not None:
            stream.close()
        self._reading = None

    def _follow(self, since: datetime) -> tuple[Reading, Jetstream]:
        """Return the subscription that holds all from `since` on, a new one if need be."""
        if self._stream is None or self._reading is None or since < self._reading.since:
            self._let_go()
            self._reading = Reading(reader=self._reader, since=since, lag=self._lag)
            self._stream = self._open(self._reading)
            if self._closed:
                # It was closed while this one was being opened.
                self._stream.close()
        return self._reading, self._stream

    def _wait(self, reading: Reading, stream: Jetstream, *, now: datetime, start: float) -> None:
        until = start + self._patience
        # Where it lost a connection that it had, the next one is waited for.
        while reading.reached < now and stream.failed_start < start and time.monotonic() < until:
            if self._closed or stream.bug is not None:
                break
            time.sleep(_SLICE)
        if self._closed:
            raise CollectError(f"{self.name}: closed")
        if stream.bug is not None:
            raise stream.bug

    def _vouched(self, reading: Reading, *, since: datetime, now: datetime) -> tuple[datetime, datetime, str]:
        """Return from when on, and up to when, everything is here, and why it is not all that was asked for."""
        begin, note = since, ""
        through = min(reading.reached, now) - self._lag
        for hole in reading.holes():
            if hole.start > begin:
                # The next poll gets to it.
                return begin, min(through, hole.start), note
            if hole.end > now:
                return begin, begin, note
            if hole.end > begin:
                begin = hole.end
                note = f"{self.name}: Bluesky sent nothing from before {begin:%d %b %H:%M:%S}"
        return begin, max(begin, through), note

    def _nothing_new(self, stream: Jetstream, since: datetime) -> Batch:
        silence = time.monotonic() - stream.heard_at
        if not self._patience and not stream.troubles and silence < _FIRST_WORDS:
            return Batch(self.name, self.source, since, since)
        reason = stream.trouble or f"no event for {silence:.0f} s that would take us further"
        raise CollectError(f"{self.name}: {reason}", retry_after=stream.retry_in)

    def _deleted(self, reading: Reading) -> tuple[str, ...]:
        names = reading.fetch_gone()
        authors = {f"@{author}" for _, author in self._handed.values()} if names else set()
        known = {name for name in names if name in self._handed or name in authors}
        others = (name for name in names if name not in known)
        while self._is_known is not None and (some := list(islice(others, _QUESTION))):
            known = known.union(self._is_known(some))
        return tuple(name for name in names if name in known)

    def _remember(self, posts: Sequence[Post]) -> None:
        for post in posts:
            self._handed[post.id] = (post.at, post.author)
        while self._handed:
            name, (at, _) = next(iter(self._handed.items()))
            if len(self._handed) <= _MOST_REMEMBERED and (not posts or at > posts[-1].at - _REMEMBERED):
                return
            del self._handed[name]
