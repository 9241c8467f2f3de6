"""A collector of counts before X's fake, polled about once a minute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes import XServer
from tests.fakes.x import COUNTS, SEARCH
from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)


@dataclass
class Stage:
    """A collector that is polled about once a minute, and a driver that keeps where it stands."""

    server: XServer
    now: datetime = NOON
    since: datetime = NOON - timedelta(hours=2)
    cursor: str = ""
    attention: float = 0.0
    options: dict[str, object] = field(default_factory=dict)

    def poll(self, **options: object) -> Batch:
        collector = self.server.counter(**{"attention": lambda: self.attention, "page": 100, **self.options, **options})
        try:
            batch = collector.collect(since=self.since, cursor=self.cursor, now=self.now)
        finally:
            collector.close()
        assert (batch.collector, batch.source) == ("x", "x")
        assert self.since <= batch.since <= batch.through <= self.now
        self.since, self.cursor = batch.through, batch.cursor
        return batch

    def refused(self, **options: object) -> CollectError:
        with pytest.raises(CollectError) as caught:
            self.poll(**options)
        return caught.value

    def later(self, minutes: float = 1) -> Batch:
        self.now += timedelta(minutes=minutes)
        return self.poll()

    def publish(self, posts: int, *, ago: float, over: float = 60) -> list[str]:
        """Publish posts from `ago` seconds before now on, spread over a span."""
        start = self.now - timedelta(seconds=ago)
        return [
            self.server.publish(text=f"TikTok down {number}", at=start + timedelta(seconds=over * number / posts))
            for number in range(posts)
        ]

    def asked(self) -> tuple[int, int]:
        return self.server.asked(COUNTS), self.server.asked(SEARCH)


@contextmanager
def staged(**options: object) -> Iterator[Stage]:
    with XServer() as server:
        stage = Stage(server, options=options)
        server.clock = lambda: stage.now
        yield stage


def figures(batch: Batch) -> dict[datetime, int]:
    return {count.at: count.posts for count in batch.counts}


def held(batch: Batch) -> set[str]:
    return {post.id.removeprefix("x:") for post in batch.posts}
