"""What the search buys is what is booked, and what is not granted is not asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.collect.budgets import budget
from tests.fakes import XServer
from tests.fakes.expenses import Ledger
from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch

# The last hour of a day and the last day of a month, which may use all that is left.
NOW = datetime(2026, 9, 30, 23, 30, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=10)


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer() as server:
        server.clock = lambda: NOW
        yield server


def publish(server: XServer, posts: int) -> None:
    for number in range(posts):
        server.publish(text=f"TikTok down {number}", at=NOW - timedelta(seconds=40 + number))


def poll(server: XServer, **options: object) -> Batch:
    collector = server.collector(**options)
    try:
        return collector.collect(since=SINCE, cursor="", now=NOW)
    finally:
        collector.close()


@pytest.mark.parametrize("posts", [0, 1, 99, 100, 101, 250])
def test_the_posts_that_came_are_booked(server: XServer, posts: int) -> None:
    publish(server, posts)
    ledger = Ledger()

    batch = poll(server, budget=budget(ledger))

    assert len(batch.posts) == posts == len(server.post_reads) == ledger.booked("post")
    assert ledger.booked("request") == 0


def test_a_page_is_as_long_as_the_budget_allows_and_what_it_leaves_is_not_vouched_for(server: XServer) -> None:
    publish(server, 300)
    ledger = Ledger()

    batch = poll(server, budget=budget(ledger, posts=155))

    assert [request.params["max_results"] for request in server.requests] == ["100", "55"]
    assert len(batch.posts) == len(server.post_reads) == ledger.booked("post") == 155
    oldest = min(post.at for post in batch.posts)
    assert batch.since == oldest + timedelta(seconds=1)
    assert batch.note == "x: more than 155 posts since 30 Sep 23:20:00, older ones not read: they are beyond the budget"


def test_what_does_not_make_a_page_is_left(server: XServer) -> None:
    publish(server, 300)
    ledger = Ledger()

    batch = poll(server, budget=budget(ledger, posts=109))

    assert len(batch.posts) == len(server.post_reads) == ledger.booked("post") == 100


def test_with_nothing_left_it_asks_for_nothing(server: XServer) -> None:
    publish(server, 3)
    ledger = Ledger()

    with pytest.raises(CollectError) as caught:
        poll(server, budget=budget(ledger, posts=9))

    assert caught.value.reason == "x: the cap of 9 posts a day is reached, back at 00:00 UTC"
    assert caught.value.retry_after == 1800
    assert (server.requests, ledger.booked("post")) == ([], 0)


def test_what_fails_is_free(server: XServer) -> None:
    publish(server, 5)
    ledger = Ledger()
    purse = budget(ledger, posts=100)
    for kind in server.kinds:
        server.fail(kind)
        with pytest.raises(CollectError):
            poll(server, budget=purse, timeout=0.3 if kind in ("slow", "drip") else 10)
        assert ledger.booked("post") == len(server.post_reads) == 0, kind

    assert len(poll(server, budget=purse).posts) == ledger.booked("post") == len(server.post_reads) == 5


def test_pages_before_one_that_failed_are_paid_for(server: XServer) -> None:
    publish(server, 150)
    ledger = Ledger()
    collector = server.collector(budget=budget(ledger))
    first = server.web._respond

    def then_fail(request: object) -> object:
        server.fail("503")
        server.web._respond = first
        return first(request)

    server.web._respond = then_fail
    with pytest.raises(CollectError, match="503"):
        collector.collect(since=SINCE, cursor="", now=NOW)
    collector.close()

    assert ledger.booked("post") == len(server.post_reads) == 100


def test_an_id_that_is_too_old_is_not_paid_for(server: XServer) -> None:
    server.clock = lambda: NOW + timedelta(hours=1)
    publish(server, 3)
    old = server.publish(text="old", at=NOW - timedelta(days=6, hours=23, minutes=30))
    ledger = Ledger()
    collector = server.collector(budget=budget(ledger))

    batch = collector.collect(since=SINCE, cursor=f'{{"newest_id": "{old}"}}', now=NOW)
    collector.close()

    assert len(server.requests) == 2
    assert len(batch.posts) == 3 == len(server.post_reads) == ledger.booked("post")


def test_who_is_killed_while_he_asks_has_paid_too_much_and_never_too_little(server: XServer) -> None:
    publish(server, 5)
    ledger = Ledger()
    booked = []
    first = server.web._respond
    server.web._respond = lambda request: (booked.append(ledger.booked("post")), first(request))[1]

    poll(server, budget=budget(ledger))

    assert booked == [100]
    assert ledger.booked("post") == 5
