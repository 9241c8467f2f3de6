from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from tests.fakes import RedditServer
from tests.fakes.web import as_json
from tiktokwatch.collect.reddit import RedditNew
from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
SINCE = NOON - timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
TOKEN = "/api/v1/access_token"


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


def test_a_token_that_reddit_forgot_is_replaced_within_the_poll(server: RedditServer, collector: RedditNew) -> None:
    name = server.publish(text="TikTok down", at=before_noon(100))
    poll(collector)
    server.revoke()

    assert names(poll(collector)) == {name}
    assert len(server.tokens) == 2


def test_a_token_that_is_refused_even_if_new_is_for_a_person_to_solve(
    server: RedditServer, collector: RedditNew
) -> None:
    server.fail("401", None, on="/r/")

    error = refused(collector)

    assert error.permanent
    assert "check reddit.client_id" in error.reason
    assert len(server.requests) == 4


def test_a_wrong_secret_is_for_a_person_to_solve(server: RedditServer) -> None:
    collector = server.collector(client_secret="wrong")

    error = refused(collector)
    collector.close()

    assert error.permanent
    assert "check reddit.client_id and reddit.client_secret" in error.reason


def test_a_subreddit_that_is_not_there_has_its_sentence(server: RedditServer, collector: RedditNew) -> None:
    server.exists = {"TikTok"}

    error = refused(collector)

    assert error.reason == (
        "reddit: 302, sent elsewhere: a subreddit among r/TikTok+TikTokHelp does not exist or is private"
    )
    assert not error.permanent


def test_an_empty_quota_is_told_and_not_slept_through(
    server: RedditServer, collector: RedditNew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept for {seconds} s"))
    name = server.publish(text="TikTok down", at=before_noon(100))
    server.remaining = 2
    poll(collector)
    asked = len(server.requests)

    error = refused(collector, now=NOON + timedelta(seconds=10))
    server.remaining = 600
    batch = poll(collector, now=NOON + MINUTE)

    assert error.reason == "reddit: the request quota is used up for 50 s"
    assert error.retry_after == 49.5
    assert listings(server)[asked - 1 :] == ["/r/TikTok+TikTokHelp/new", "/r/TikTok+TikTokHelp/comments/"]
    assert names(batch) == {name}


@pytest.mark.parametrize(
    ("kind", "reason", "retry_after", "permanent"),
    [
        ("400", "400, the request was refused as malformed", None, False),
        ("402", "402, no credit is left", None, False),
        (
            "403",
            "403, r/TikTok+TikTokHelp is not for this app: private, quarantined, or the app is not approved",
            None,
            True,
        ),
        ("404", "404, a subreddit among r/TikTok+TikTokHelp does not exist or is banned", None, False),
        ("429", "429, too many requests", 42, False),
        ("429-no-reset", "429, too many requests", None, False),
        ("500", "500, the server has a fault of its own", None, False),
        ("503", "503, the server has a fault of its own", None, False),
        ("html", "the answer is not a JSON object: a web page, or cut off", None, False),
        ("truncated", "the answer is not a JSON object: a web page, or cut off", None, False),
        ("empty", "the answer is not a JSON object: a web page, or cut off", None, False),
        ("list", "the answer is not a JSON object: a web page, or cut off", None, False),
        ("slow", "no answer in time (0.4 s)", None, False),
        ("drip", "no answer in time (0.4 s)", None, False),
        ("reset", "the connection broke off in the middle of the answer", None, False),
        ("close", "the connection broke off before an answer came", None, False),
    ],
)
def test_each_fault_has_its_sentence_and_is_met_once(
    server: RedditServer,
    collector: RedditNew,
    *,
    kind: str,
    reason: str,
    retry_after: float | None,
    permanent: bool,
) -> None:
    name = server.publish(text="TikTok down", at=before_noon(100))
    server.fail(kind, on="/r/")

    error = refused_by_anyone(server, collector, kind)

    assert (error.reason, error.retry_after, error.permanent) == (f"reddit: {reason}", retry_after, permanent)
    assert len(listings(server)) == 1
    assert names(poll(collector, now=NOON + MINUTE)) == {name}


@pytest.mark.parametrize("kind", ["403", "429", "500", "503", "html", "list", "slow", "reset", "close", "redirect"])
def test_the_token_endpoint_may_fail_as_well(server: RedditServer, collector: RedditNew, kind: str) -> None:
    name = server.publish(text="TikTok down", at=before_noon(100))
    server.fail(kind, on=TOKEN)

    error = refused_by_anyone(server, collector, kind)

    assert error.reason.startswith("reddit: ")
    assert error.permanent == (kind == "403")
    assert len(server.requests) == 1
    assert names(poll(collector, now=NOON + MINUTE)) == {name}


@pytest.mark.parametrize("answer", [{}, {"access_token": "t"}, {"access_token": "t", "expires_in": "x", "scope": 1}])
def test_a_token_that_is_none_has_its_sentence(
    server: RedditServer, collector: RedditNew, answer: dict[str, object]
) -> None:
    server.web._respond = lambda _request: as_json(answer)

    assert refused(collector).reason == "reddit: the answer is JSON, but neither a token nor a listing"


def test_an_error_in_the_place_of_a_token_is_a_refusal(server: RedditServer, collector: RedditNew) -> None:
    server.web._respond = lambda _request: as_json({"error": "invalid_grant"})

    assert refused(collector).permanent


@pytest.mark.parametrize("answer", [{}, {"data": []}, {"kind": "Listing", "data": {"children": None}}])
def test_json_that_is_no_listing_is_not_silence(
    server: RedditServer, collector: RedditNew, answer: dict[str, object]
) -> None:
    poll(collector)
    server.web._respond = lambda _request: as_json(answer)

    assert refused(collector).reason == "reddit: the answer is JSON, but not a listing"


def test_what_praw_finds_in_the_environment_is_not_used(server: RedditServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("username", "password", "refresh_token", "redirect_uri", "site", "check_for_updates"):
        monkeypatch.setenv(f"praw_{key}", "true")
    collector = server.collector()
    poll(collector)
    collector.close()

    assert parse_qs(server.requests[0].body) == {"grant_type": ["client_credentials"]}
    assert "tiktokwatch" in server.requests[0].headers["User-Agent"]


def test_neither_the_secret_nor_a_token_is_told(server: RedditServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    now = NOON
    for kind in server.kinds:
        collector = server.collector()
        poll(collector, now=now)
        server.fail(kind, None)
        error: BaseException | None = refused_by_anyone(server, collector, kind, now=now)
        while error is not None:
            told.append(f"{error!r} {vars(error)!r}")
            error = error.__cause__ or error.__context__
        server.heal()
        collector.close()
        now += MINUTE

    assert len(told) == len(server.kinds)
    assert "hush" not in "".join(told) + caplog.text
    assert "authorization" not in caplog.text.lower()
