"""Each source asked once, and every way in which that can end, over real sockets."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.hackernews import HackerNewsServer
from tests.fakes.jetstream import JetstreamServer
from tests.fakes.mastodon import MastodonServer
from tests.fakes.reddit import RedditServer
from tests.fakes.x import COUNTS, SEARCH, USAGE, XServer
from tiktokwatch.collect import probes, probes_x
from tiktokwatch.collect.probes import Finding
from tiktokwatch.collect.probes_bluesky import bluesky

NETWORKS = {"x": XServer, "reddit": RedditServer, "hackernews": HackerNewsServer, "mastodon": MastodonServer}


def present() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def network() -> Iterator[Callable[[str], Any]]:
    """Yield what starts a network by name; it ends with the test."""
    running = []

    def start(name: str) -> Any:
        server = NETWORKS[name]().__enter__()
        server.web.date = present
        running.append(server)
        return server

    yield start
    for server in running:
        server.__exit__()


def asked(name: str, server: Any, *, url: str = "", **options: Any) -> list[Finding]:
    common = {"timeout": 10.0, "now": present, **options}
    url = url or server.url
    if name == "x":
        return list(probes_x.x(**{"bearer_token": server.token, "base_url": url, **common}))
    if name == "reddit":
        login = {"client_id": server.client_id, "client_secret": server.client_secret, "user_agent": "linux:test:0"}
        urls = {"reddit_url": url, "oauth_url": url}
        return [probes.reddit(**{**login, **urls, "subreddits": ("TikTok", "TikTokHelp"), **common})]
    if name == "hackernews":
        return [probes.hackernews(query="tiktok", base_url=url, **common)]
    return [probes.mastodon(hashtags=("tiktok", "other"), base_url=url, **common)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x", "449 of 450 requests left until "),
        ("reddit", "599 requests left in the next 60 s"),
        ("hackernews", "the search answers"),
        ("mastodon", "299 of 300 requests left"),
    ],
)
def test_a_source_that_answers(network: Callable[[str], Any], name: str, words: str) -> None:
    server = network(name)
    server.publish(text="tiktok is down", at=present())

    first, *others = asked(name, server)

    assert (first.subject, first.status, first.advice) == (name, "ok", "")
    assert words in first.detail
    assert first.detail.endswith("; the clocks agree")
    assert [other.detail for other in others] == (
        ["0 of 10,000 posts read, counted anew on day 1 of the month"] if name == "x" else []
    )


@pytest.mark.parametrize(
    ("name", "kind", "detail", "advice"),
    [
        ("x", "400", "400, the search was refused: Reference to invalid operator", "asks again by itself"),
        ("x", "401", "401, the bearer token was refused: check x.bearer_token", "does not help"),
        ("x", "402", "402, there is no credit left", "Buy credit"),
        ("x", "403", "403, this app may not search: check its project and plan", "does not help"),
        ("x", "429", "429, too many requests", "Wait 15 min."),
        ("x", "usage-cap", "429, the monthly cap on posts is reached", "Wait "),
        ("x", "503", "503, the server has a fault of its own", "under [x]"),
        ("x", "html", "the answer is not a JSON object: a web page", "under [x]"),
        ("x", "close", "the connection broke off before an answer came", "check the network"),
        ("reddit", "401", "401, the client id or its secret was refused: check reddit.client_id", "does not help"),
        ("reddit", "403", "403, this app gets no token: check its approval", "does not help"),
        ("reddit", "429", "429, too many requests", "Wait 42 s."),
        ("reddit", "html", "the answer is not a JSON object: a web page", "under [reddit]"),
        ("hackernews", "403", "403, access was denied", "does not help"),
        ("hackernews", "404", "404, there is no search at this address: check base_url", "under [hackernews]"),
        ("hackernews", "429", "429, too many requests", "Wait 60 s."),
        ("hackernews", "html", "the answer is not a JSON object: a web page", "under [hackernews]"),
        ("mastodon", "401", "401, this instance shows hashtags to its members alone", "does not help"),
        ("mastodon", "429", "429, too many requests", "Wait 4"),
        ("mastodon", "html", "the answer is not a JSON list: a web page", "under [mastodon]"),
    ],
)
def test_a_source_that_refuses(network: Callable[[str], Any], name: str, kind: str, detail: str, advice: str) -> None:
    server = network(name)
    server.fail(kind, times=None)

    (found,) = asked(name, server)

    assert (found.subject, found.status) == (name, "fail")
    assert found.detail.startswith(detail)
    assert advice in found.advice


@pytest.mark.parametrize("name", NETWORKS)
def test_a_source_that_never_answers_takes_no_longer_than_its_timeout(network: Callable[[str], Any], name: str) -> None:
    server = network(name)
    server.fail("slow", times=None)

    (found,) = asked(name, server, timeout=0.3)

    assert (found.status, found.detail) == ("fail", "no answer in time (0.3 s)")
    assert "check the network" in found.advice
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", NETWORKS)
def test_nobody_is_there(network: Callable[[str], Any], name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        (found,) = asked(name, network(name), url=f"http://127.0.0.1:{taken.getsockname()[1]}")

    assert (found.status, found.detail) == ("fail", "no connection could be made")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("seconds", "status", "words"),
    [
        (400, "fail", "this machine's clock is 7 min ahead of the server's: set it"),
        (60, "warn", "this machine's clock is 60 s ahead of its own"),
        (10, "ok", "this machine's clock is 10 s ahead of its own"),
        (-10, "ok", "this machine's clock is 10 s behind its own"),
        (-1800, "warn", "this machine's clock is 30 min behind its own"),
    ],
)
def test_a_clock_that_is_wrong(network: Callable[[str], Any], name: str, seconds: int, status: str, words: str) -> None:
    server, moment = network(name), datetime.now(UTC).replace(microsecond=500_000)
    server.web.date = lambda: moment.replace(microsecond=0)
    now = moment + timedelta(seconds=seconds)
    server.clock = lambda: now + timedelta(minutes=10)

    found = asked(name, server, now=lambda: now)[0]

    assert found.status == status
    assert words in found.detail
    assert ("Set the clock" in found.advice) == (status != "ok")


def test_a_clock_that_is_behind_is_told_beside_a_refusal(network: Callable[[str], Any]) -> None:
    server = network("x")
    server.fail("401", times=None)

    (found,) = asked("x", server, now=lambda: present() - timedelta(hours=3))

    assert found.detail.startswith("401, the bearer token was refused")
    assert found.detail.endswith("; this machine's clock is 3 h behind its own")
    assert found.advice.startswith("Asking again does not help: put that right first. Set the clock")


def test_x_is_asked_for_nothing_that_costs(network: Callable[[str], Any]) -> None:
    server = network("x")
    now = present()
    for second in range(900):
        server.publish(text="tiktok is down", at=now - timedelta(seconds=second))

    asked("x", server)

    assert [request.path for request in server.requests] == [SEARCH, USAGE]
    assert server.post_reads == []


def test_a_search_that_is_forbidden_leads_to_no_other_question_that_costs(network: Callable[[str], Any]) -> None:
    server = network("x")
    server.web.fail("403", times=None, on=SEARCH)

    search, usage = asked("x", server)

    assert (search.status, usage.status) == ("fail", "ok")
    assert usage.detail.startswith("0 of 10,000 posts read")
    assert server.asked(COUNTS) == 0
    assert server.post_reads == []


def test_x_that_does_not_say_what_was_used(network: Callable[[str], Any]) -> None:
    server = network("x")
    server.web.fail("403", times=None, on=USAGE)

    search, usage = asked("x", server)

    assert (search.status, usage.status) == ("ok", "warn")
    assert usage.detail.startswith("X does not say what was used: 403, this app may not see what it has used")


@pytest.mark.parametrize(("used", "status"), [(89, "ok"), (90, "warn"), (100, "fail")])
def test_a_plan_that_is_nearly_used_up(network: Callable[[str], Any], used: int, status: str) -> None:
    server = network("x")
    server.cap, server.reset_day = 100, 17
    server.served.extend(map(str, range(used)))

    usage = asked("x", server)[1]

    assert usage.status == status
    assert usage.detail == f"{used} of 100 posts read, counted anew on day 17 of the month"
    assert bool(usage.advice) == (status != "ok")


@pytest.mark.parametrize("answer", [{}, {"data": []}, {"data": {"project_cap": "\x1b[31m", "project_usage": "-1"}}])
def test_usage_that_makes_no_sense(network: Callable[[str], Any], answer: Any) -> None:
    from tests.fakes.web import as_json  # noqa: PLC0415 - for this one

    server = network("x")
    server.routes[USAGE] = lambda _: as_json(answer)

    assert asked("x", server)[1] == Finding("x usage", "ok", "X names no cap on posts")


def test_a_subreddit_that_is_not_there(network: Callable[[str], Any]) -> None:
    server = network("reddit")
    server.exists = {"TikTok"}

    (found,) = asked("reddit", server)

    assert found.status == "fail"
    assert "a subreddit among r/TikTok+TikTokHelp does not exist or is private" in found.detail


@pytest.fixture
def jetstream() -> Iterator[JetstreamServer]:
    with JetstreamServer() as server:
        yield server


def listened(*hosts: str, timeout: float = 10.0, now: Callable[[], datetime] = present) -> Finding:
    return bluesky(hosts=hosts, timeout=timeout, now=now)


def named(server: JetstreamServer) -> str:
    return server.url.removeprefix("ws://")


def test_bluesky_sends_events(jetstream: JetstreamServer) -> None:
    assert listened(jetstream.url) == Finding(
        "bluesky", "ok", f"{named(jetstream)} sends events, no key is needed; the clocks agree"
    )
    assert len(jetstream.subscriptions) == 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("403", "403, the server refused the connection"),
        ("429", "429, the server refused the connection"),
        ("html", "what answers there is no Jetstream"),
        ("close", "the connection broke off"),
        ("1011", "the server closed the connection (1011)"),
    ],
)
def test_bluesky_refuses(jetstream: JetstreamServer, kind: str, words: str) -> None:
    jetstream.fail(kind, None)

    found = listened(jetstream.url)

    assert (found.status, found.detail) == ("fail", f"{named(jetstream)}: {words}")
    assert "bluesky.hosts" in found.advice


@pytest.mark.parametrize("kind", ["slow", "garbage"])
def test_bluesky_is_silent(jetstream: JetstreamServer, kind: str) -> None:
    jetstream.fail(kind, None)
    assert listened(jetstream.url, timeout=0.3).detail == f"{named(jetstream)}: no event for 0.3 s"


def test_one_host_of_bluesky_is_enough(jetstream: JetstreamServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        dead = f"ws://127.0.0.1:{port}"
        found = listened(dead, jetstream.url)
        alone = listened(dead)

    assert found.status == "warn"
    assert found.detail.startswith(f"127.0.0.1:{port}: no connection could be made; {named(jetstream)} sends events")
    assert (alone.status, alone.detail) == ("fail", f"127.0.0.1:{port}: no connection could be made")


@pytest.mark.parametrize(("hours", "words"), [(2, "2 h ahead of its own"), (-3, "3 h behind its own")])
def test_bluesky_knows_what_time_it_is(jetstream: JetstreamServer, hours: int, words: str) -> None:
    found = listened(jetstream.url, now=lambda: present() + timedelta(hours=hours))
    assert found.status == "warn"
    assert words in found.detail
    assert "Set the clock" in found.advice


def test_bluesky_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tiktokwatch.collect.jetstream", raising=False)
    for name in [name for name in sys.modules if name.split(".")[0] == "websockets"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "websockets", None)

    found = listened("ws://127.0.0.1:1")

    assert (found.status, found.detail) == ("fail", "the package websockets is missing")
    assert "tiktokwatch[bluesky]" in found.advice
