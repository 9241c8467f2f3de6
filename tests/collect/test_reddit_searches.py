from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.collect.reddit_polls import MINUTE, NOON, SINCE, before_noon, listings, names, poll
from tests.fakes import RedditServer
from tiktokwatch.collect.reddit import RedditNew
from tiktokwatch.errors import CollectError

SEARCH = "/r/all/search/"


@pytest.fixture
def server() -> Iterator[RedditServer]:
    with RedditServer() as server:
        server.clock = lambda: NOON
        yield server


@pytest.fixture
def collector(server: RedditServer) -> Iterator[RedditNew]:
    collector = server.collector(searches=("tiktok down", "tiktok not working"))
    yield collector
    collector.close()


def searches(server: RedditServer) -> list[str]:
    return [request.params["q"] for request in server.requests if request.path == SEARCH]


def elsewhere(server: RedditServer, *, at: datetime, text: str = "Is TikTok down?") -> str:
    return server.publish(text=text, at=at, subreddit="technology")


def test_a_search_finds_what_is_written_elsewhere(server: RedditServer, collector: RedditNew) -> None:
    found = {
        elsewhere(server, at=before_noon(100)),
        elsewhere(server, at=before_noon(90), text="video app\n\ntiktok is not working for me"),
        server.publish(text="feed is down", at=before_noon(80)),
    }
    elsewhere(server, at=before_noon(70), text="new phone")

    batch = poll(collector)

    assert names(batch) == found
    asked = next(request for request in server.requests if request.path == SEARCH)
    assert asked.params == {
        "q": "tiktok down",
        "sort": "new",
        "t": "day",
        "type": "link",
        "limit": "100",
        "raw_json": "1",
    }
    assert searches(server) == ["tiktok down", "tiktok not working"]


def test_without_searches_none_is_made(server: RedditServer) -> None:
    collector = server.collector()
    poll(collector)
    collector.close()

    assert searches(server) == []


def test_what_a_listing_and_two_searches_show_is_handed_over_once(server: RedditServer, collector: RedditNew) -> None:
    name = server.publish(text="TikTok down, not working", at=before_noon(100))

    assert [post.id for post in poll(collector).posts] == [f"reddit:{name}"]


def test_what_a_search_finds_must_name_tiktok(server: RedditServer) -> None:
    collector = server.collector(searches=("app down",))
    elsewhere(server, at=before_noon(100), text="is the bank's app down")
    kept = elsewhere(server, at=before_noon(100), text="app down: TikTok")
    batch = poll(collector)
    collector.close()

    assert names(batch) == {kept}


def test_the_keywords_hold_for_searches_as_well(server: RedditServer) -> None:
    collector = server.collector(searches=("down",), keywords=("tik-tok",))
    elsewhere(server, at=before_noon(100), text="tiktok down")
    kept = elsewhere(server, at=before_noon(100), text="TIK-TOK down")
    batch = poll(collector)
    collector.close()

    assert names(batch) == {kept}


def test_what_is_long_past_is_not_found(server: RedditServer, collector: RedditNew) -> None:
    elsewhere(server, at=SINCE - timedelta(minutes=11))
    new = elsewhere(server, at=SINCE)

    assert names(poll(collector)) == {new}


def test_searches_are_made_less_often_than_listings_are_read(server: RedditServer, collector: RedditNew) -> None:
    cursor = ""
    for number in range(9):
        now = NOON + number * timedelta(seconds=30)
        cursor = poll(collector, since=now - MINUTE, cursor=cursor, now=now).cursor

    assert listings(server).count("/r/TikTok+TikTokHelp/new") == 9
    assert searches(server) == ["tiktok down", "tiktok not working"] * 3


def test_what_the_index_shows_minutes_later_is_found(server: RedditServer, collector: RedditNew) -> None:
    server.indexing = timedelta(minutes=5)
    late = elsewhere(server, at=before_noon(60))
    first = poll(collector)
    server.clock = lambda: NOON + 5 * MINUTE

    second = poll(collector, since=NOON + 4 * MINUTE, cursor=first.cursor, now=NOON + 5 * MINUTE)

    assert names(first) == set()
    assert names(second) == {late}


def test_searches_do_not_limit_how_far_the_collector_vouches(server: RedditServer) -> None:
    collector = server.collector(searches=("tiktok",))
    for number in range(1200):
        elsewhere(server, at=before_noon(20 + number / 3), text=f"TikTok down {number}")
    batch = poll(collector)
    collector.close()

    assert len(batch.posts) == 1000
    assert searches(server) == ["tiktok"] * 10
    assert (batch.since, batch.through, batch.note) == (SINCE, before_noon(10), "")


@pytest.mark.parametrize("kind", ["403", "429-no-reset", "503", "html", "reset", "redirect", "empty"])
def test_a_search_that_fails_costs_no_post_of_the_listings(
    server: RedditServer, collector: RedditNew, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    name = server.publish(text="feed is gone", at=before_noon(100))
    server.fail(kind, None, on=SEARCH)

    first = poll(collector)
    second = poll(collector, cursor=first.cursor, now=NOON + 3 * MINUTE)

    assert names(first) == {name}
    assert (first.since, first.through) == (SINCE, before_noon(10))
    assert second.through == NOON + 3 * MINUTE - timedelta(seconds=10)
    assert len(searches(server)) == 4
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [text.split(" failed")[0] for text in warned] == [
        "the search for 'tiktok down'",
        "the search for 'tiktok not working'",
    ]
    assert "hush" not in caplog.text


def test_a_search_makes_up_for_those_that_failed(server: RedditServer, collector: RedditNew) -> None:
    first = poll(collector)
    missed = elsewhere(server, at=NOON + 5 * MINUTE)
    server.fail("503", None, on=SEARCH)
    for minutes in (10, 20, 30):
        server.clock = lambda minutes=minutes: NOON + minutes * MINUTE
        now = server.clock()
        first = poll(collector, since=first.through, cursor=first.cursor, now=now)
    server.heal()
    server.clock = lambda: NOON + 40 * MINUTE

    last = poll(collector, since=first.through, cursor=first.cursor, now=NOON + 40 * MINUTE)

    assert names(first) == set()
    assert names(last) == {missed}


def test_where_the_listings_fail_a_search_vouches_for_nothing(server: RedditServer, collector: RedditNew) -> None:
    elsewhere(server, at=before_noon(100))
    server.fail("503", None, on="/r/TikTok")

    with pytest.raises(CollectError, match="503"):
        poll(collector)
    assert searches(server) == []


def test_an_empty_quota_spares_the_searches(server: RedditServer, collector: RedditNew) -> None:
    name = server.publish(text="TikTok down", at=before_noon(100))
    server.remaining = 2

    assert names(poll(collector)) == {name}
    assert searches(server) == []


@pytest.mark.parametrize(
    "cursor",
    [
        '{"listings": {}, "searched_at": 1e400}',
        '{"searched_at": "soon"}',
        '{"searched_at": NaN}',
        '{"reached": []}',
        '{"reached": {"tiktok down": null}}',
        '{"gone": 5}',
        '{"listings": {"new": "t3_a"}}',
    ],
)
def test_a_damaged_cursor_is_no_trouble(server: RedditServer, collector: RedditNew, cursor: str) -> None:
    name = elsewhere(server, at=before_noon(100))

    assert names(poll(collector, cursor=cursor)) == {name}
