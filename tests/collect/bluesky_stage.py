"""A fake Jetstream, a collector that listens to it, and a driver that keeps where it stands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest

from tests.fakes.jetstream import JetstreamServer
from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
SINCE = NOON - timedelta(minutes=10)
STEP = timedelta(seconds=30)


class Stage:
    """A server whose clock goes on with each poll, and a driver that keeps where it stands."""

    def __init__(self, server: JetstreamServer) -> None:
        self.server = server
        self.now = NOON
        self.since = SINCE
        self.collector = server.collector()
        self.seen: list[str] = []
        server.clock = lambda: self.now

    def poll(self) -> Batch:
        batch = self.collector.collect(since=self.since, cursor="", now=self.now)
        self.since = batch.through
        self.seen += [post.id for post in batch.posts]
        return batch

    def on(self, step: timedelta = STEP) -> Batch:
        self.now += step
        return self.poll()

    def refused(self, step: timedelta = STEP) -> CollectError:
        with pytest.raises(CollectError) as caught:
            self.on(step)
        return caught.value

    def replace(self, **options: object) -> None:
        self.collector.close()
        self.collector = self.server.collector(**options)


@contextmanager
def staged() -> Iterator[Stage]:
    with JetstreamServer() as server:
        stage = Stage(server)
        yield stage
        stage.collector.close()
    until(lambda: not threads())


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "bluesky-stream"]


def until(is_so: Callable[[], bool]) -> None:
    end = monotonic() + 10
    while not is_so():
        assert monotonic() < end
        sleep(0.005)


def ago(seconds: float) -> datetime:
    return NOON - timedelta(seconds=seconds)
