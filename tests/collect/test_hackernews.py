from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.hackernews import HackerNewsServer
from tests.fakes.web import as_json
from tiktokwatch.collect import hackernews
from tiktokwatch.collect.hackernews import HackerNews
from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch, Post

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
SINCE = NOON - timedelta(minutes=30)
HIT = {"objectID": "41000000", "author": "ann", "created_at_i": int(NOON.timestamp()), "comment_text": "TikTok?"}


@pytest.fixture
def server() -> Iterator[HackerNewsServer]:
    with HackerNewsServer() as server:
        server.clock = lambda: NOON
        yield server


def ago(seconds: float) -> datetime:
    return NOON - timedelta(seconds=seconds)


def poll(server: HackerNewsServer, *, since: datetime = SINCE, now: datetime = NOON, **options: object) -> Batch:
    collector = server.collector(**{"lag": 120, **options})
    try:
        return collector.collect(since=since, cursor="", now=now)
    finally:
        collector.close()


def test_it_asks_for_what_it_needs(server: HackerNewsServer) -> None:
    batch = poll(server)

    (request,) = server.requests
    first, last = int(ago(2100).timestamp()), int(ago(120).timestamp())
    assert request.path == "/api/v1/search_by_date"
    assert request.params["query"] == "tiktok"
    assert request.params["tags"] == "(story,comment)"
    assert request.params["numericFilters"] == f"created_at_i>={first},created_at_i<{last}"
    assert request.params["typoTolerance"] == "false"
    assert (batch.since, batch.through, batch.note) == (SINCE, ago(120), "")


def test_a_story_and_a_comment(server: HackerNewsServer) -> None:
    story = server.publish(kind="story", text="TikTok is down\nSince noon.\n\nAnyone else?", at=ago(300))
    comment = server.publish(text="TikTok isn't down <here>/there\n\nit is slow", at=ago(200), author="bob")

    batch = poll(server)

    assert sorted(batch.posts, key=lambda post: post.at) == [
        Post(
            id=f"hackernews:{story}",
            source="hackernews",
            at=ago(300),
            author="ann",
            text="TikTok is down\n\nSince noon.\n\nAnyone else?",
            url=f"https://news.ycombinator.com/item?id={story}",
        ),
        Post(
            id=f"hackernews:{comment}",
            source="hackernews",
            at=ago(200),
            author="bob",
            text="TikTok isn't down <here>/there\n\nit is slow",
            url=f"https://news.ycombinator.com/item?id={comment}",
            kind="reply",
        ),
    ]


def test_what_is_found_by_other_words_than_its_own_is_left_out(server: HackerNewsServer) -> None:
    server.publish(text="me too", at=ago(300), story_title="TikTok is down")
    server.publish(kind="story", text="Ticktock, a clock", at=ago(300), url="https://tiktok.example")
    kept = server.publish(text="Tik Tok again", at=ago(300))

    assert [post.id for post in poll(server).posts] == [f"hackernews:{kept}"]


def test_what_is_found_late_is_found(server: HackerNewsServer) -> None:
    late = server.publish(text="TikTok", at=ago(300), visible_at=ago(-60))
    first = poll(server)
    server.clock = lambda: NOON + timedelta(minutes=2)

    second = poll(server, since=first.through, now=server.clock())

    assert first.posts == ()
    assert [post.id for post in second.posts] == [f"hackernews:{late}"]


def test_many_pages_are_read(server: HackerNewsServer) -> None:
    names = {f"hackernews:{server.publish(text='TikTok', at=ago(130 + number))}" for number in range(900)}

    batch = poll(server)

    assert {post.id for post in batch.posts} == names
    assert (batch.since, batch.note) == (SINCE, "")
    assert len(server.requests) == 9


def test_more_than_the_search_shows_is_a_gap(server: HackerNewsServer) -> None:
    for number in range(1500):
        server.publish(text="TikTok", at=ago(130 + number))

    batch = poll(server)

    assert len(batch.posts) == 1000
    assert batch.since == ago(130 + 999) + timedelta(seconds=1)
    assert batch.note == "hackernews: more than 1000 posts since 20 Sep 11:30:00, older ones not shown"


def test_a_thousand_of_which_some_are_older_than_asked_is_no_gap(server: HackerNewsServer) -> None:
    for number in range(1500):
        server.publish(text="TikTok", at=ago(130 + number))

    batch = poll(server, since=ago(1000))

    assert (batch.since, batch.note) == (ago(1000), "")


@pytest.mark.parametrize(
    ("kind", "reason", "retry_after"),
    [
        ("404", "404, there is no search at this address: check base_url", None),
        ("429", "429, too many requests", 60),
        ("503", "503, the server has a fault of its own", None),
        ("object", "the answer is JSON, but not that of a search", None),
        ("html", "the answer is not a JSON object: a web page, or cut off", None),
        ("list", "the answer is not a JSON object: a web page, or cut off", None),
    ],
)
def test_refusals(server: HackerNewsServer, kind: str, reason: str, retry_after: float | None) -> None:
    server.fail(kind)

    with pytest.raises(CollectError) as caught:
        poll(server)

    assert caught.value.reason == f"hackernews: {reason}"
    assert caught.value.retry_after == retry_after


def test_a_fault_in_the_middle_of_the_pages_vouches_for_nothing(server: HackerNewsServer) -> None:
    for number in range(300):
        server.publish(text="TikTok", at=ago(130 + number))
    respond = server.web._respond
    server.web._respond = lambda request: (
        server._refusals()["503"]() if request.params["page"] == "2" else respond(request)
    )

    with pytest.raises(CollectError):
        poll(server)


def test_hits_that_are_none_are_skipped(server: HackerNewsServer) -> None:
    hits = [None, 5, "tiktok", [], {}, {**HIT, "objectID": 5}, HIT, {**HIT, "created_at_i": 10**30}]
    server.web._respond = lambda _: as_json({"hits": hits, "nbPages": 1})

    assert [post.id for post in poll(server).posts] == ["hackernews:41000000"]


@pytest.mark.parametrize(
    "fields",
    [
        {"objectID": "x"},
        {"objectID": "1" * 13},
        {"objectID": None},
        {"created_at_i": None},
        {"created_at_i": "1789905600"},
        {"created_at_i": 0},
        {"created_at_i": -1},
        {"created_at_i": 1e400},
        {"comment_text": ""},
        {"comment_text": "<p></p>"},
        {"comment_text": None},
        {"comment_text": None, "title": 5, "story_text": ["TikTok"]},
        {"comment_text": "x" * 100_001},
    ],
)
def test_a_hit_that_is_no_post(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"hit|longer"):
        hackernews.post({**HIT, **fields})


@pytest.mark.parametrize("author", [None, 5, {}, "x" * 65])
def test_an_author_that_is_none(author: Any) -> None:
    assert hackernews.post({**HIT, "author": author}).author == ""


def test_closed_it_does_not_ask(server: HackerNewsServer) -> None:
    collector = HackerNews(base_url=server.url)
    collector.close()

    with pytest.raises(CollectError, match="hackernews: closed"):
        collector.collect(since=SINCE, cursor="", now=NOON)
    assert not server.requests
