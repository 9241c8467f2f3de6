from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from tests.collect.reddit_polls import (
    MINUTE,
    NOON,
    TOKEN,
    before_noon,
    listings,
    names,
    poll,
    refused,
    refused_by_anyone,
)
from tests.fakes import RedditServer
from tests.fakes.web import as_json
from tiktokwatch.collect.reddit import RedditNew


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
