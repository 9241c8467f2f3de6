from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.collect.reddit_polls import MINUTE, NOON, SINCE, TOKEN, before_noon, listings, names, poll
from tests.fakes import RedditServer
from tiktokwatch.collect.reddit import RedditNew
from tiktokwatch.errors import CollectError


@pytest.fixture
def server() -> Iterator[RedditServer]:
    with RedditServer() as server:
        server.clock = lambda: NOON
        yield server


@pytest.fixture
def collector(server: RedditServer) -> Iterator[RedditNew]:
    collector = server.collector()
    yield collector
    collector.close()


def test_submissions_and_comments_of_all_subreddits_take_one_listing_each(
    server: RedditServer, collector: RedditNew
) -> None:
    published = {
        server.publish(text="TikTok down?\n\nsince noon", at=before_noon(100)),
        server.publish(text="same here", kind="comment", at=before_noon(90), subreddit="TikTokHelp"),
    }
    server.publish(text="cats", at=before_noon(80), subreddit="cats")

    batch = poll(collector)

    assert names(batch) == published
    assert {post.text for post in batch.posts} == {"TikTok down?\n\nsince noon", "same here"}
    assert listings(server) == ["/r/TikTok+TikTokHelp/new", "/r/TikTok+TikTokHelp/comments/"]
    assert all(request.params["raw_json"] == "1" for request in server.requests if request.path != TOKEN)


def test_a_burst_of_350_after_a_quiet_poll_is_read_whole(server: RedditServer, collector: RedditNew) -> None:
    for number in range(20):
        server.publish(text=f"old {number}", at=before_noon(3600 + number))
    first = poll(collector)
    burst = {server.publish(text=f"TikTok down {number}", at=before_noon(number / 10)) for number in range(350)}
    server.clock = lambda: NOON + MINUTE

    second = poll(collector, since=first.through, cursor=first.cursor, now=server.clock())

    assert len(burst) == 350
    assert names(second) == burst
    assert listings(server)[2:].count("/r/TikTok+TikTokHelp/new") == 4
    assert (second.since, second.note) == (first.through, "")


def test_a_quiet_poll_asks_once_a_listing_and_brings_nothing_again(server: RedditServer, collector: RedditNew) -> None:
    for number in range(300):
        server.publish(text=f"TikTok down {number}", at=before_noon(100 + number))
    first = poll(collector)
    asked = len(server.requests)
    server.clock = lambda: NOON + MINUTE

    second = poll(collector, since=first.through, cursor=first.cursor, now=server.clock())

    assert len(server.requests) - asked == 2
    assert second.posts == ()


def test_what_reddit_does_not_show_any_more_is_not_vouched_for(server: RedditServer, collector: RedditNew) -> None:
    published = {
        server.publish(text=f"TikTok down {number}", at=before_noon(20 + number / 3)): before_noon(20 + number // 3)
        for number in range(1200)
    }

    batch = poll(collector)

    assert len(batch.posts) == 1000
    assert before_noon(20 + 1000 / 3) < batch.since < before_noon(20 + 980 / 3)
    assert {name for name, at in published.items() if batch.since <= at < batch.through} <= names(batch)
    assert batch.note == "reddit: more than 1000 items since 20 Sep 11:50:00, older ones not shown by Reddit"


def test_what_fills_a_listing_but_is_old_enough_is_vouched_for(server: RedditServer, collector: RedditNew) -> None:
    for number in range(1200):
        server.publish(text=f"TikTok down {number}", at=before_noon(20 + number))

    batch = poll(collector)

    assert (batch.since, batch.note) == (SINCE, "")


def test_known_items_that_vanish_cost_requests_but_no_posts(server: RedditServer, collector: RedditNew) -> None:
    old = [server.publish(text=f"old {number}", at=before_noon(1000 + number)) for number in range(150)]
    first = poll(collector)
    for name in old[:60]:
        server.delete(name)
    new = server.publish(text="TikTok down", at=before_noon(5))
    server.clock = lambda: NOON + MINUTE

    second = poll(collector, since=first.through, cursor=first.cursor, now=server.clock())

    assert new in names(second)
    assert second.since == first.through


def test_an_item_that_a_moderator_lets_through_late_is_found(server: RedditServer, collector: RedditNew) -> None:
    for number in range(50):
        server.publish(text=f"old {number}", at=before_noon(200 + number))
    late = server.publish(text="TikTok down", at=before_noon(203), visible_at=NOON + timedelta(seconds=30))
    first = poll(collector)
    server.clock = lambda: NOON + MINUTE

    second = poll(collector, since=first.through, cursor=first.cursor, now=server.clock())

    assert late not in names(first)
    assert names(second) == {late}


def test_an_item_that_comes_a_little_late_is_found_behind_what_is_known(
    server: RedditServer, collector: RedditNew
) -> None:
    late = server.publish(text="TikTok down", at=before_noon(15), visible_at=NOON + timedelta(seconds=20))
    for number in range(50):
        server.publish(text=f"known {number}", at=before_noon(12))
    first = poll(collector)
    server.clock = lambda: NOON + MINUTE

    second = poll(collector, since=first.through, cursor=first.cursor, now=server.clock())

    assert late not in names(first)
    assert late in names(second)


def test_a_few_known_items_at_the_end_of_a_page_do_not_end_the_reading(
    server: RedditServer, collector: RedditNew
) -> None:
    for number in range(40):
        server.publish(text=f"known {number}", at=before_noon(100 + number))
    late = server.publish(text="TikTok down", at=before_noon(103.5), visible_at=NOON + timedelta(seconds=30))
    first = poll(collector)
    for number in range(96):
        server.publish(text=f"new {number}", at=NOON + timedelta(seconds=number / 2))
    server.clock = lambda: NOON + MINUTE

    second = poll(collector, since=first.through, cursor=first.cursor, now=server.clock())

    assert late in names(second)


def test_a_listing_that_is_suddenly_empty_is_not_silence(server: RedditServer, collector: RedditNew) -> None:
    name = server.publish(text="TikTok down", at=before_noon(100))
    first = poll(collector)
    server.delete(name)
    server.clock = lambda: NOON + MINUTE

    with pytest.raises(CollectError, match="the listing of new is empty"):
        poll(collector, since=first.through, cursor=first.cursor, now=server.clock())


def test_items_without_author_text_or_time_spoil_no_page(
    server: RedditServer, collector: RedditNew, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    nobody = server.publish(text="TikTok down", at=before_noon(100), author=None)
    server.publish(text="removed", at=before_noon(99), removed_by_category="moderator", title="LOVE LETTER")
    server.publish(text="timeless", at=before_noon(98), created_utc=None)
    server.publish(text="nameless", at=before_noon(97), name="t3_ok", author={"is": "odd"}, created_utc="LOVE")

    batch = poll(collector)

    assert nobody in names(batch)
    assert len(batch.posts) == 1
    assert "skipped" in caplog.text
    assert "LOVE" not in caplog.text


def test_of_other_subreddits_only_what_names_tiktok_is_kept(server: RedditServer) -> None:
    collector = server.collector(subreddits=("TikTok", "technology"), keywords=("TikTok",), dedicated=("tiktok",))
    kept = {
        server.publish(text="is it down", at=before_noon(100)),
        server.publish(text="TIKTOK is down", at=before_noon(100), subreddit="technology"),
        server.publish(
            text="same here", kind="comment", at=before_noon(100), subreddit="technology", link_title="tiktok down?"
        ),
    }
    server.publish(text="new phone", at=before_noon(100), subreddit="technology")
    server.publish(text="nice phone", kind="comment", at=before_noon(100), subreddit="technology")

    batch = poll(collector)
    collector.close()

    assert names(batch) == kept
