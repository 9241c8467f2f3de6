from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.collect.budgets import budget
from tests.fakes import XServer
from tests.fakes.expenses import Ledger
from tests.fakes.web import as_json
from tiktokwatch.errors import CollectError

NOW = datetime(2026, 9, 30, 23, 30, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer() as server:
        server.clock = lambda: NOW
        yield server


def publish(server: XServer, posts: int) -> list[str]:
    return [server.publish(text=f"TikTok down {number}", at=NOW - timedelta(days=number)) for number in range(posts)]


def gone(server: XServer, ids: Sequence[str], **options: object) -> frozenset[str]:
    checker = server.checker(**options)
    try:
        return checker.gone(ids, now=NOW)
    finally:
        checker.close()


def test_what_was_deleted_suspended_or_never_there_is_gone(server: XServer) -> None:
    here, deleted, suspended = publish(server, 3)
    server.delete(deleted)
    server.suspended.add(suspended)

    assert gone(server, [f"x:{here}", f"x:{deleted}", f"x:{suspended}", "x:99"]) == {
        f"x:{deleted}",
        f"x:{suspended}",
        "x:99",
    }


def test_all_may_be_gone_or_none(server: XServer) -> None:
    ids = publish(server, 2)

    assert gone(server, [f"x:{number}" for number in ids]) == frozenset()
    for number in ids:
        server.delete(number)
    assert gone(server, [f"x:{number}" for number in ids]) == {f"x:{number}" for number in ids}


def test_an_older_version_of_a_post_is_still_there(server: XServer) -> None:
    (old,) = publish(server, 1)
    new = server.edit(old, "TikTok is up again")

    assert gone(server, [f"x:{old}", f"x:{new}"]) == frozenset()


def test_a_hundred_cost_one_request_and_what_is_there_is_paid_for(server: XServer) -> None:
    ids = publish(server, 230)
    for number in ids[:30]:
        server.delete(number)
    ledger = Ledger()

    assert len(gone(server, [f"x:{number}" for number in (*ids, ids[0])], budget=budget(ledger))) == 30
    assert [len(request.params["ids"].split(",")) for request in server.requests] == [100, 100, 30]
    assert ledger.booked("post") == len(server.post_reads) == 200


def test_other_networks_ids_and_nonsense_are_not_asked_about(server: XServer) -> None:
    assert gone(server, ["reddit:t3_1", "x:", "x:0012", "x:1 2", "@x:somebody", "x:" + "9" * 30]) == frozenset()
    assert server.requests == []


def test_what_x_does_not_know_for_the_moment_is_not_gone(server: XServer) -> None:
    trouble = {"value": "7", "title": "Over capacity", "type": "https://api.twitter.com/2/problems/over-capacity"}
    server.routes["/2/tweets"] = lambda _: as_json({"errors": [trouble, "?", {"type": None}]})

    assert gone(server, ["x:7", "x:8"]) == {"x:8"}


@pytest.mark.parametrize("answer", [{}, {"data": []}, {"data": None, "errors": "none"}])
def test_an_answer_about_nothing_is_not_the_end_of_everything(server: XServer, answer: object) -> None:
    server.routes["/2/tweets"] = lambda _: as_json(answer)

    with pytest.raises(CollectError) as caught:
        gone(server, ["x:7"])

    assert caught.value.reason == "x: the answer is JSON, but not that of a lookup"


def test_what_is_not_granted_is_not_asked_for(server: XServer) -> None:
    ids = [f"x:{number}" for number in publish(server, 6)]
    ledger = Ledger()

    with pytest.raises(CollectError) as caught:
        gone(server, ids, budget=budget(ledger, posts=5))

    assert caught.value.reason == "x: the cap of 5 posts a day is reached, back at 00:00 UTC"
    assert (server.requests, ledger.booked("post")) == ([], 0)
    assert gone(server, ids[:5], budget=budget(ledger, posts=5)) == frozenset()


def test_each_fault_is_a_collect_error_and_free(server: XServer) -> None:
    ids = [f"x:{number}" for number in publish(server, 6)]
    ledger = Ledger()
    for kind in server.kinds:
        server.fail(kind)
        with pytest.raises(CollectError) as caught:
            gone(server, ids, budget=budget(ledger), timeout=0.3 if kind in ("slow", "drip") else 10)
        assert caught.value.reason.startswith("x: "), kind
        assert "{" not in caught.value.reason
        assert server.token not in caught.value.reason
        assert ledger.booked("post") == len(server.post_reads) == 0, kind


def test_a_lookup_that_is_not_allowed_says_so(server: XServer) -> None:
    server.fail("403")

    with pytest.raises(CollectError, match="403, this app may not look posts up: check its project"):
        gone(server, ["x:7"])
