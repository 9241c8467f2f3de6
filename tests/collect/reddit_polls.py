"""Polls of a collector of Reddit around noon, for the tests of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes import RedditServer
from tiktokwatch.collect.reddit import RedditNew
from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
SINCE = NOON - timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
TOKEN = "/api/v1/access_token"


def before_noon(seconds: float) -> datetime:
    return NOON - timedelta(seconds=seconds)


def poll(collector: RedditNew, *, since: datetime = SINCE, cursor: str = "", now: datetime = NOON) -> Batch:
    return collector.collect(since=since, cursor=cursor, now=now)


def refused(collector: RedditNew, *, now: datetime = NOON) -> CollectError:
    with pytest.raises(CollectError) as caught:
        poll(collector, now=now)
    return caught.value


def refused_by_anyone(server: RedditServer, patient: RedditNew, kind: str, *, now: datetime = NOON) -> CollectError:
    """Return how a collector fails, one with little patience where it would have to wait."""
    if kind not in ("slow", "drip"):
        return refused(patient, now=now)
    impatient = server.collector(timeout=0.4)
    try:
        return refused(impatient, now=now)
    finally:
        impatient.close()


def names(batch: Batch) -> set[str]:
    return {post.id.removeprefix("reddit:") for post in batch.posts}


def listings(server: RedditServer) -> list[str]:
    return [request.path for request in server.requests if request.path != TOKEN]
