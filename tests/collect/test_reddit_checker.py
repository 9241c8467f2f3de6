from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.collect.reddit_polls import NOON, TOKEN, before_noon
from tests.fakes import RedditServer
from tests.fakes.web import as_json
from tiktokwatch.collect.reddit_checker import RedditChecker
from tiktokwatch.errors import CollectError
from tiktokwatch.protocols import Checker


@pytest.fixture
def server() -> Iterator[RedditServer]:
    with RedditServer() as server:
        server.clock = lambda: NOON
        yield server


@pytest.fixture
def checker(server: RedditServer) -> Iterator[RedditChecker]:
    checker = server.checker()
    yield checker
    checker.close()


def publish(server: RedditServer, *, kind: str = "post", author: str = "ann") -> str:
    return server.publish(text="TikTok down\n\nhere", at=before_noon(100), kind=kind, author=author)


def gone(checker: Checker, *names: str) -> set[str]:
    return {one.removeprefix("reddit:") for one in checker.gone([f"reddit:{name}" for name in names], now=NOON)}


def asked(server: RedditServer) -> list[list[str]]:
    return [request.params["id"].split(",") for request in server.requests if request.path == "/api/info/"]


def test_it_speaks_for_reddit(checker: RedditChecker) -> None:
    fits: Checker = checker

    assert fits.source == "reddit"


def test_an_answer_in_which_nobody_is_left_is_not_believed(checker: RedditChecker) -> None:
    few, many = ([f"t3_z{number}" for number in range(count)] for count in (19, 20))

    assert gone(checker, *few) == set(few)
    with pytest.raises(CollectError, match="none of 20 posts is there"):
        gone(checker, *many)


@pytest.mark.parametrize("kind", ["post", "comment"])
def test_what_was_deleted_removed_or_lost_its_author_is_gone(
    server: RedditServer, checker: RedditChecker, kind: str
) -> None:
    kept, edited, deleted, removed = (publish(server, kind=kind) for _ in range(4))
    left = publish(server, kind=kind, author="quiet_otter")
    server.edit(edited, "TikTok is back")
    server.delete(deleted)
    server.remove(removed)
    server.leave("quiet_otter")

    assert gone(checker, kept, edited, deleted, removed, left, "t3_zz") == {deleted, removed, left, "t3_zz"}


def test_a_hundred_are_asked_for_in_one_request(server: RedditServer, checker: RedditChecker) -> None:
    names = [publish(server) for _ in range(250)]
    server.delete(names[0])
    server.delete(names[249])

    assert gone(checker, *names, names[7]) == {names[0], names[249]}
    assert [len(request) for request in asked(server)] == [100, 100, 50]


def test_ids_of_others_are_passed_over(server: RedditServer, checker: RedditChecker) -> None:
    ids = ["x:1849", "t3_abc", "reddit:", "reddit:t5_abc", "reddit:t3_a,t3_b", "reddit:t3_ABC\n", "bluesky:at://x"]

    assert checker.gone(ids, now=NOON) == frozenset()
    assert checker.gone([], now=NOON) == frozenset()
    assert server.requests == []


def test_one_request_that_fails_leaves_all_unknown(server: RedditServer, checker: RedditChecker) -> None:
    names = [publish(server) for _ in range(150)]
    server.delete(names[0])
    real = server.web._respond
    server.web._respond = lambda request: (
        as_json({}) if len(request.params.get("id", "").split(",")) == 50 else real(request)
    )

    with pytest.raises(CollectError, match="not a listing"):
        gone(checker, *names)


@pytest.mark.parametrize(
    "kind", ["401", "403", "429", "503", "html", "truncated", "list", "reset", "close", "redirect"]
)
@pytest.mark.parametrize("on", ["/api/info/", TOKEN])
def test_every_fault_is_a_collect_error(server: RedditServer, checker: RedditChecker, kind: str, on: str) -> None:
    name = publish(server)
    server.fail(kind, None, on=on)

    with pytest.raises(CollectError, match="reddit-checker: ") as caught:
        gone(checker, name)

    assert "r/" not in caught.value.reason
    assert "hush" not in str(caught.value)
    server.heal()
    assert checker.gone([f"reddit:{name}"], now=NOON + timedelta(minutes=1)) == frozenset()


@pytest.mark.parametrize("child", [None, {}, {"data": []}, {"data": {"author": "ann"}}, {"data": {"name": 7}}])
def test_an_answer_that_cannot_be_read_is_no_deletion(
    server: RedditServer, checker: RedditChecker, child: object
) -> None:
    name = publish(server)
    assert gone(checker, name) == set()
    server.web._respond = lambda _request: as_json({"kind": "Listing", "data": {"children": [child]}})

    with pytest.raises(CollectError, match="neither submission nor comment"):
        gone(checker, name)


def test_an_empty_quota_is_told_and_not_slept_through(
    server: RedditServer, checker: RedditChecker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept for {seconds} s"))
    names = [publish(server) for _ in range(250)]
    server.remaining = 2

    with pytest.raises(CollectError, match="quota is used up") as caught:
        gone(checker, *names)

    assert caught.value.retry_after == 59.5
    assert checker.gone([f"reddit:{names[0]}"], now=NOON + timedelta(minutes=1)) == frozenset()


def test_close_may_be_called_twice_and_ends_checking(server: RedditServer, checker: RedditChecker) -> None:
    name = publish(server)
    checker.close()
    checker.close()

    with pytest.raises(CollectError, match="closed"):
        gone(checker, name)
