from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.collect.reddit_polls import MINUTE, NOON, before_noon, names, poll
from tests.fakes import RedditServer
from tiktokwatch.collect.reddit import RedditNew
from tiktokwatch.records import Batch


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


def later(server: RedditServer, collector: RedditNew, first: Batch, *, minutes: int = 1) -> Batch:
    now = NOON + minutes * MINUTE
    server.clock = lambda: now
    return poll(collector, since=first.through, cursor=first.cursor, now=now)


@pytest.mark.parametrize("kind", ["post", "comment"])
@pytest.mark.parametrize("how", ["delete", "remove"])
def test_what_was_taken_back_before_it_was_read_is_no_post(
    server: RedditServer, collector: RedditNew, kind: str, how: str
) -> None:
    name = server.publish(text="TikTok down\n\nLOVE LETTER", at=before_noon(100), kind=kind)
    getattr(server, how)(name, is_listed=True)
    kept = server.publish(text="TikTok down", at=before_noon(99), kind=kind)

    assert names(poll(collector)) == {kept}


@pytest.mark.parametrize("kind", ["post", "comment"])
@pytest.mark.parametrize("how", ["delete", "remove"])
@pytest.mark.parametrize("seconds", [15, 300])
def test_what_is_taken_back_after_it_was_read_is_named_once(
    server: RedditServer, collector: RedditNew, kind: str, how: str, seconds: int
) -> None:
    name = server.publish(text="TikTok down", at=before_noon(seconds), kind=kind)
    server.publish(text="feed gone", at=before_noon(seconds), kind=kind)
    first = poll(collector)
    getattr(server, how)(name, is_listed=True)

    second = later(server, collector, first)
    third = later(server, collector, second, minutes=2)

    assert name in names(first)
    assert first.deleted == ()
    assert second.deleted == (f"reddit:{name}",)
    assert name not in names(second)
    assert third.deleted == ()


def test_what_a_listing_shows_as_removed_a_search_does_not_bring_back(server: RedditServer) -> None:
    collector = server.collector(searches=("tiktok down",))
    name = server.publish(text="TikTok down", at=before_noon(100))
    stale = [thing for thing in server._things if thing.data["name"] == name]
    server._found = lambda _params: stale  # the index of the search runs behind
    server.remove(name, is_listed=True)
    batch = poll(collector)
    collector.close()

    assert batch.posts == ()
    assert batch.deleted == (f"reddit:{name}",)


def test_what_is_edited_is_read_as_it_is_now(server: RedditServer, collector: RedditNew) -> None:
    name = server.publish(text="TikTok down", at=before_noon(100))
    server.edit(name, "TikTok is up again\n\nnever mind")

    batch = poll(collector)

    assert [post.text for post in batch.posts] == ["TikTok is up again\n\nnever mind"]
    assert batch.deleted == ()


def test_what_somebody_who_left_has_written_has_no_author(server: RedditServer, collector: RedditNew) -> None:
    server.publish(text="TikTok down", at=before_noon(100), author="quiet_otter")
    server.leave("quiet_otter")

    assert [post.author for post in poll(collector).posts] == [""]
