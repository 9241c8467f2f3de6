from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.x import XServer
from tiktokwatch.collect.x_searches import XSearches
from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer() as server:
        server.clock = lambda: NOON
        yield server


def searches(server: XServer) -> XSearches:
    # An official account's posts are found by queries that name it, and by no others.
    queries = {"complaint": "tiktok down", "policy": "tiktok from:Senator"}
    return XSearches({tag: server.collector(query=query) for tag, query in queries.items()})


def poll(collector: XSearches, *, cursor: str = "", now: datetime = NOON) -> Batch:
    return collector.collect(since=now - 30 * MINUTE, cursor=cursor, now=now)


def test_what_any_of_them_finds_is_handed_over_once(server: XServer) -> None:
    both = server.publish(text="tiktok is down", at=NOON - 5 * MINUTE)
    one = server.publish(text="the bill on tiktok", at=NOON - 4 * MINUTE, author_name="Senator", matches="from:Senator")
    collector = searches(server)

    batch = poll(collector)
    collector.close()

    assert sorted(post.id for post in batch.posts) == sorted(f"x:{name}" for name in (both, one))
    assert (batch.collector, batch.source) == ("x", "x")


def test_each_goes_on_where_it_was(server: XServer) -> None:
    server.publish(text="tiktok is down", at=NOON - 20 * MINUTE)
    collector = searches(server)
    first = poll(collector)
    read = len(server.post_reads)
    server.clock = lambda: NOON + MINUTE

    second = collector.collect(since=first.through, cursor=first.cursor, now=NOON + MINUTE)
    collector.close()

    assert second.posts == ()
    assert len(server.post_reads) == read > 0
    assert set(json.loads(second.cursor)) == {"complaint", "policy"}


def test_they_vouch_for_no_more_than_the_least_of_them(server: XServer) -> None:
    for number in range(150):
        server.publish(text=f"tiktok down {number}", at=NOON - 20 * MINUTE + number * SECOND)
    short = server.collector(query="tiktok down", max_pages=1)
    collector = XSearches({"complaint": server.collector(query="tiktok down"), "policy": short})

    batch = poll(collector)
    collector.close()

    assert batch.since > NOON - 20 * MINUTE
    assert "older ones not read" in batch.note


def test_one_that_fails_fails_the_poll(server: XServer) -> None:
    server.fail("503")
    collector = searches(server)

    with pytest.raises(CollectError, match="503"):
        poll(collector)
    collector.close()


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", '{"newest_id": "17"}', '{"complaint": 3}', '"x"'])
def test_a_cursor_that_is_none_of_theirs_is_no_trouble(server: XServer, cursor: str) -> None:
    server.publish(text="tiktok is down", at=NOON - 5 * MINUTE)
    collector = searches(server)

    assert len(poll(collector, cursor=cursor).posts) == 1
    collector.close()
