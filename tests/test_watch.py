"""The whole watch: real clients against fake servers, in virtual time, with every fault there is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.fakes.reddit import RedditServer
from tests.fakes.x import XServer
from tests.virtual import Published, VirtualClock, publish
from tests.worlds import Decisions
from tiktokwatch.app import App
from tiktokwatch.collect.ticklines import encode
from tiktokwatch.settings import Config, Reddit, X
from tiktokwatch.store.reader import Reader

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UNTIL_MIDNIGHT = {"402", "usage-cap"}  # after these, X is not asked again on the same day


@pytest.fixture
def servers() -> Iterator[tuple[XServer, RedditServer]]:
    with XServer() as x, RedditServer() as reddit:
        reddit.remaining = 1e9
        yield x, reddit


def app_for(servers: tuple[XServer, RedditServer], database: Path) -> App:
    x, reddit = servers
    config = Config(
        x=X(
            bearer_token=SecretStr(x.token),
            read="search",
            policy_query="",
            recovery_query="",
            official=(),
            base_url=x.url,
            every=timedelta(minutes=1),
            timeout=timedelta(seconds=0.3),
        ),
        reddit=Reddit(
            client_id=SecretStr(reddit.client_id),
            client_secret=SecretStr(reddit.client_secret),
            searches=(),
            base_url=reddit.url,
            oauth_url=reddit.url,
            every=timedelta(seconds=30),
            timeout=timedelta(seconds=0.3),
        ),
    )
    return App(config, database)


def watch(app: App, servers: tuple[XServer, RedditServer], clock: VirtualClock) -> None:
    for server in servers:
        server.clock = clock.now
    app.watch(clock=clock)


def missing(reader: Reader, published: list[Published], *, until: datetime) -> list[Published]:
    """Return what was neither stored nor lies in a recorded gap."""
    gaps = reader.gaps()
    stored = {judged.post.id for judged in reader.judged()}
    return [
        post
        for post in published
        if post.at < until
        and post.id not in stored
        and not any(gap.source == post.source and gap.start <= post.at < gap.end for gap in gaps)
    ]


def test_an_outage_is_seen_and_signalled_once_whatever_the_servers_do(
    servers: tuple[XServer, RedditServer], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    x, reddit = servers
    met: list[bool] = []
    end = START + 700 * MINUTE
    published = publish(x, reddit, start=START, minutes=700, outage=(500, 550))
    clock = VirtualClock(START + 60 * MINUTE, end)
    for server, first in ((x, 70), (reddit, 80)):
        passing = [kind for kind in server.kinds if server is reddit or kind not in UNTIL_MIDNIGHT]
        for number, kind in enumerate(passing):
            clock.at(START + (first + 20 * number) * MINUTE, lambda server=server, kind=kind: server.fail(kind))
        clock.at(START + 480 * MINUTE, lambda server=server: met.append(not server.web._faults))
    clock.at(START + 650 * MINUTE, lambda: x.fail("402"))
    app = app_for(servers, tmp_path / "watch.db")
    with caplog.at_level(logging.WARNING, "tiktokwatch"):
        watch(app, servers, clock)
    with app.reader() as reader:
        assert met == [True, True]
        (outage,) = reader.outages()
        assert abs(outage.onset - (START + 500 * MINUTE)) <= 5 * MINUTE
        assert outage.signalled_at - outage.onset <= 15 * MINUTE
        assert set(outage.sources) == {"x", "reddit"}
        assert "no credit left" in next(mark.fault for mark in reader.marks() if mark.source == "x")
        assert outage.ended_at is not None
        assert missing(reader, published, until=end - 2 * MINUTE) == []
        judged = reader.judged()
        assert len(judged) == len({one.post.id for one in judged})
        in_minutes = sum(bucket.posts for bucket in reader.buckets())
        assert in_minutes == sum(1 for one in judged if one.standing not in {None, "late"})
    told = [record.getMessage() for record in caplog.records if "TikTok:" in record.getMessage()]
    assert [sentence.split(":")[1].split()[0] for sentence in told] == ["outage", "over"]


def test_a_dead_source_is_a_gap_and_the_other_goes_on(servers: tuple[XServer, RedditServer], tmp_path: Path) -> None:
    x, reddit = servers
    publish(x, reddit, start=START, minutes=300, outage=(200, 240))
    clock = VirtualClock(START + 60 * MINUTE, START + 300 * MINUTE)
    clock.at(START + 190 * MINUTE, lambda: x.fail("503", times=None))
    app = app_for(servers, tmp_path / "watch.db")
    watch(app, servers, clock)
    with app.reader() as reader:
        (outage,) = reader.outages()
        assert outage.sources == ("reddit",)
        assert outage.signalled_at - (START + 200 * MINUTE) <= 15 * MINUTE
        gaps = [gap for gap in reader.gaps() if gap.source == "x"]
        assert max(gap.end for gap in gaps) - min(gap.start for gap in gaps) > 100 * MINUTE
        mark = next(mark for mark in reader.marks() if mark.source == "x")
        assert mark.fault


def test_stopped_and_started_again_is_like_one_watch(servers: tuple[XServer, RedditServer], tmp_path: Path) -> None:
    x, reddit = servers
    publish(x, reddit, start=START, minutes=300, outage=(150, 190))
    first, end = START + 60 * MINUTE, START + 300 * MINUTE
    whole = app_for(servers, tmp_path / "whole.db")
    watch(whole, servers, VirtualClock(first, end))
    parts = app_for(servers, tmp_path / "parts.db")
    edges = [first, *(START + minutes * MINUTE for minutes in (100, 151, 153, 156, 200, 240)), end]
    for start, stop in pairwise(edges):
        watch(parts, servers, VirtualClock(start, stop))
    with whole.reader() as one, parts.reader() as other:
        assert other.outages() == one.outages()
        assert other.transitions() == one.transitions()
        assert other.buckets() == one.buckets()


def test_a_replay_of_what_was_recorded_decides_as_the_watch_did(
    servers: tuple[XServer, RedditServer], tmp_path: Path
) -> None:
    x, reddit = servers
    publish(x, reddit, start=START, minutes=300, outage=(150, 190))
    clock = VirtualClock(START + 60 * MINUTE, START + 300 * MINUTE)
    clock.at(START + 120 * MINUTE, lambda: reddit.fail("503", times=None))
    clock.at(START + 170 * MINUTE, reddit.heal)
    app = app_for(servers, tmp_path / "watch.db")
    watch(app, servers, clock)
    export, decisions = tmp_path / "export.jsonl", Decisions()
    with app.reader() as reader:
        export.write_text("".join(encode(tick) + "\n" for tick in reader.ticks()), encoding="utf-8")
        replayed = app.replay([export], sinks=[decisions])
        assert replayed.bad == []
        assert replayed.outages == reader.outages()
        assert decisions.transitions == reader.transitions()
        assert sorted(decisions.buckets, key=lambda b: (b.at, b.source)) == reader.buckets()
