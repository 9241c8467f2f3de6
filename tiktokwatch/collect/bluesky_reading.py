"""What came of a subscription so far: how far it reaches, what is missing in it, and what was not fetched yet."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from tiktokwatch.collect.bluesky_posts import Event, Reader
from tiktokwatch.records import EPOCH, Post

# So much is asked for again whenever a connection is made: hosts stamp the same post at different moments.
REWIND = timedelta(seconds=10)
# Bluesky is never silent for so long; where the events leap over more, what lies between was not sent.
_LEAP = timedelta(minutes=1)
# What waits to be fetched is bounded; beyond it nothing more is read, and the server waits or hangs up.
_MOST = 100_000
_NAP = 0.1
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Hole:
    """A span of which nothing came."""

    start: datetime
    end: datetime


class Reading:
    """Takes the frames that one thread hears from `since` on, for another that fetches what they held.

    Events come in order of time but for a second, and a post may have been written up to `lag`, less that second,
    before it came: up to `lag` before the newest event, everything is here.
    """

    def __init__(self, *, reader: Reader, since: datetime, lag: timedelta) -> None:
        self.since = since
        self.skipped = 0
        self._reader = reader
        self._lag = lag
        self._lock = Lock()
        self._closed = False
        self._reached = since - REWIND
        self._holes: list[Hole] = []
        self._posts: dict[str, Post] = {}
        self._handed: set[str] = set()
        self._gone: dict[str, None] = {}

    @property
    def reached(self) -> datetime:
        """Return the time of the newest event."""
        return self._reached

    def cursor(self) -> int:
        """Return from where a new connection should go on."""
        is_fresh = self._reached < self.since
        return (self._reached - (timedelta(0) if is_fresh else REWIND) - EPOCH) // _MICROSECOND

    def take(self, frame: bytes) -> bool:
        """Take a frame, and tell whether there was an event in it; waits while too much is left to fetch."""
        try:
            event = self._reader.read(frame)
        except ValueError:
            self.skipped += 1
            return False
        while len(self._posts) + len(self._gone) >= _MOST and not self._closed:
            time.sleep(_NAP)
        with self._lock:
            self._take(event)
        return True

    def holes(self) -> tuple[Hole, ...]:
        """Return what is missing, oldest first."""
        with self._lock:
            return tuple(self._holes)

    def fetch(self, *, since: datetime, through: datetime) -> tuple[Post, ...]:
        """Return the posts from before `through`, and let go of those that were fetched before and lie before `since`.

        What lies before `since` is taken to be safe where it is.
        """
        with self._lock:
            self._posts = {
                post.id: post for post in self._posts.values() if post.at >= since or post.id not in self._handed
            }
            found = sorted((post for post in self._posts.values() if post.at < through), key=lambda post: post.at)
            self._handed = {post.id for post in found}
            self._holes = [hole for hole in self._holes if hole.end > since]
        return tuple(found)

    def fetch_gone(self) -> Mapping[str, None]:
        """Return, in order, the names of what was deleted since the last call."""
        with self._lock:
            gone, self._gone = self._gone, {}
        return gone

    def close(self) -> None:
        """Take what comes without waiting."""
        self._closed = True

    def _take(self, event: Event) -> None:
        at = EPOCH + event.time_us * _MICROSECOND
        if at - self._reached > _LEAP:
            self._holes.append(Hole(self._reached - self._lag, at))
        self._reached = max(self._reached, at)
        if event.post is not None:
            self._posts.setdefault(event.post.id, event.post)
        elif event.gone:
            self._gone[event.gone] = None
            self._posts.pop(event.gone, None)
            if event.gone.startswith("@"):
                author = event.gone.removeprefix("@")
                self._posts = {post.id: post for post in self._posts.values() if post.author != author}
