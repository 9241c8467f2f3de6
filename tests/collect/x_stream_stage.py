"""A stream on its server, in a time of its own: nothing here waits for a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes import XServer
from tests.fakes.x_stream import StreamRoutes
from tiktokwatch.collect.x_stream import XStream
from tiktokwatch.records import Batch, Post

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
RULES = {"outage": "tiktok (down OR broken)"}


def until(condition: Callable[[], object]) -> None:
    """Wait for what another thread does; how long it takes is not what is tested."""
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.002)


@dataclass
class Waiting:
    """A time that passes only while somebody waits, and at the `last` time of waiting no more."""

    last: int = 100_000
    time: float = 0.0
    pauses: list[float] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def monotonic(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) >= self.last:
            self.ended.wait(60)
        self.time += seconds
        self.ended.wait(0.001)


@dataclass
class Stage:
    server: XServer
    routes: StreamRoutes
    waiting: Waiting = field(default_factory=Waiting)
    now: datetime = NOON
    since: datetime = NOON - timedelta(minutes=10)
    cursor: str = ""
    posts: dict[str, Post] = field(default_factory=dict)
    published: dict[str, datetime] = field(default_factory=dict)
    streams: list[XStream] = field(default_factory=list)
    marker: int = 0
    marked: int = 0

    @property
    def stream(self) -> XStream:
        return self.streams[-1]

    def make(self, **options: object) -> XStream:
        common = {
            "bearer_token": self.server.token,
            "rules": RULES,
            "search": self.server.collector(),
            "base_url": self.server.url,
            "clock": lambda: self.now,
            "monotonic": self.waiting.monotonic,
            "pause": self.waiting.pause,
        }
        self.streams.append(XStream(**{**common, **options}))
        intake = self.stream._intake
        hear = intake.heard

        def spy(body: Mapping[str, Any] | None) -> None:
            hear(body)
            self.marked = (body or {}).get("marker", self.marked)

        intake.heard = spy
        return self.stream

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def publish(self, text: str = "TikTok is down", *, ago: float = 0, **options: object) -> str:
        at = self.now - timedelta(seconds=ago)
        name = f"x:{self.server.publish(text=text, at=at, **options)}"
        self.published[name] = at
        return name

    def poll(self) -> Batch:
        batch = self.stream.collect(since=self.since, cursor=self.cursor, now=self.now)
        assert self.since <= batch.since <= batch.through <= self.now
        held = {post.id for post in batch.posts}
        assert len(held) == len(batch.posts)
        vouched = {name for name, at in self.published.items() if batch.since <= at < batch.through}
        assert vouched <= held
        self.posts |= {post.id: post for post in batch.posts}
        self.since, self.cursor = batch.through, batch.cursor
        return batch

    def searches(self) -> int:
        return sum(request.path.endswith("/recent") for request in self.server.requests)

    def connected(self) -> None:
        until(lambda: self.routes.open == 1 and self.stream._intake.whole)

    def settled(self) -> None:
        """Wait until everything that is visible has come over the stream, and a line of the present moment after it."""
        self.marker += 1
        while self.marked != self.marker:
            # A stream that is just breaking takes its marker with it, so that the next one needs its own.
            self.connected()
            opened = self.routes.opened
            until(lambda: self.routes.is_flushed)
            self.routes.say({"marker": self.marker})
            until(lambda: self.marked == self.marker or self.routes.opened != opened)  # noqa: B023 - used at once

    def take_over(self) -> None:
        """Poll until the stream vouches alone."""
        self.poll()
        self.settled()
        self.later(60)
        self.settled()
        self.poll()


@contextmanager
def staged(**options: object) -> Iterator[Stage]:
    with XServer() as server:
        stage = Stage(server, StreamRoutes(server))
        server.clock = lambda: stage.now
        stage.make(**options)
        try:
            yield stage
        finally:
            stage.waiting.ended.set()
            for stream in stage.streams:
                stream.close()
