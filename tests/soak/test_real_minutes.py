"""More than five minutes of the daemon as a process, by the clock, with faults on every network all the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import cycle
from pathlib import Path
from random import Random
from threading import Event, Thread

import pytest

from tests.fakes.x_stream import DISCONNECTED, USED_UP, StreamRoutes
from tests.soak.checks import in_a_gap, in_files, lost, miscounted, missing
from tests.soak.daemon import Daemon, configured, daemon
from tests.soak.stage import Networks, networks
from tests.virtual import CHATTER
from tiktokwatch.store.reader import Reader

pytestmark = pytest.mark.timeout(600)

KILLED_AFTER, ENDED_AFTER = 90, 240  # seconds from the start of each of the two processes
WARM = 90  # by then all has been imported, and every cache has its size
POSTS_A_SECOND = 5
WEIGHTS = {"x": 5, "reddit": 3, "bluesky": 3, "hackernews": 1}
# After these, nobody is asked again for a quarter of an hour or longer.
FINAL = {"401", "402", "403", "429", "usage-cap", "slow"}
GONE = "zqbackqz"

Plan = list[tuple[float, Callable[[], object]]]


class Chatter(Thread):
    """Publishes several posts a second, and lets the servers of posts, one after the other, fail in some way."""

    def __init__(self, servers: Networks) -> None:
        super().__init__(daemon=True)
        self.over = Event()
        self.gone = ""
        self._servers = servers
        self._dice = Random(11)
        self._cuts = cycle(("reset", "1011", "503", "garbage", "html"))

    def run(self) -> None:
        faults = self._faults()
        last = time.monotonic()
        while not self.over.wait(self._dice.expovariate(POSTS_A_SECOND)):
            (source,) = self._dice.choices(list(WEIGHTS), list(WEIGHTS.values()))
            self.say(source, self._dice.choice(CHATTER))
            if time.monotonic() - last > 6:
                last = time.monotonic()
                next(faults)()

    def say(self, source: str, text: str) -> str:
        return self._servers.publish(source, text, datetime.now(UTC), soon=(0.3, 4))

    def _faults(self) -> Iterator[Callable[[], object]]:
        x, reddit, news = self._servers.x.web, self._servers.reddit.web, self._servers.hackernews.web
        places = ((partial(x.fail, on="/recent"), x.kinds), (reddit.fail, reddit.kinds), (news.fail, news.kinds))
        kinds = [cycle(kind for kind in of_one if kind not in FINAL) for _, of_one in places]
        while True:
            for _ in range(4):
                for (fail, _kinds), of_one in zip(places, kinds, strict=True):
                    yield partial(fail, next(of_one))
            # A listener that is cut off again and again within a minute waits for a minute.
            yield partial(self._servers.bluesky.fail, next(self._cuts))


def broken(routes: StreamRoutes, *refusals: str, how: str = "end") -> None:
    """Break the stream, and refuse the next connections."""
    routes.refuse(*refusals)
    routes.do(how)


def before_the_kill(routes: StreamRoutes) -> Plan:
    return [
        (5, lambda: broken(routes, *["accept-and-close"] * 5)),
        (18, lambda: routes.do("half")),
        (22, lambda: routes.say(b"not JSON")),
        (26, routes.rules.clear),
        (27, lambda: broken(routes, "409", "too-many")),
        (60, lambda: broken(routes, "429")),
    ]


def after_it(routes: StreamRoutes, take_back: Callable[[], object]) -> Plan:
    return [
        (4, lambda: routes.do("end")),
        (8, lambda: routes.do("reset")),
        (12, lambda: routes.do("half")),
        (16, lambda: routes.do("close")),
        (20, lambda: routes.say(b"[1, 2")),
        (24, lambda: routes.say(DISCONNECTED)),
        (28, lambda: routes.say({"data": {"id": "no number"}, "matching_rules": [{"id": "7"}]})),
        (32, lambda: broken(routes, *["accept-and-close"] * 8, how="reset")),
        (52, lambda: setattr(routes, "is_stuck", True)),
        (77, lambda: setattr(routes, "is_stuck", False)),
        (85, lambda: broken(routes, "500", "503", "html")),
        (128, take_back),
        (140, lambda: routes.do("half")),
        (146, lambda: broken(routes, "429-no-reset", how="close")),
        (212, lambda: broken(routes, "too-many", "400")),
        (224, lambda: routes.say(b"\xff\xfe")),
        (228, lambda: routes.say(USED_UP)),
    ]


def play(plan: Plan, *, seconds: float) -> None:
    start = time.monotonic()
    for moment, act in [*plan, (seconds, lambda: None)]:
        time.sleep(max(0.0, start + moment - time.monotonic()))
        act()


@dataclass(frozen=True)
class Watched:
    """Two processes, one after the other, and what became of them."""

    servers: Networks
    routes: StreamRoutes
    chatter: Chatter
    database: Path
    last: Daemon
    exit_code: int
    stopped_at: datetime


def take_back(servers: Networks, routes: StreamRoutes, chatter: Chatter) -> None:
    """Publish a post that comes over the stream, and say so when it was deleted."""
    chatter.gone = chatter.say("x", f"tiktok {GONE}")
    number = chatter.gone.partition(":")[2]
    time.sleep(5)
    assert number in routes.sent
    servers.x.delete(number)
    routes.say({"delete": {"tweet": {"id": number, "author_id": "1"}}})


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("minutes")
    database = folder / "watch.db"
    with networks() as servers:
        routes = StreamRoutes(servers.x, keep_alive=2)
        routes.rules["7"] = {"value": "tiktok lang:en"}  # somebody else's, without a tag
        config, chatter = configured(servers, folder / "config.toml"), Chatter(servers)
        chatter.start()
        with daemon(config, database):
            play(before_the_kill(routes), seconds=KILLED_AFTER)
        with daemon(config, database) as last:
            play(after_it(routes, partial(take_back, servers, routes, chatter)), seconds=ENDED_AFTER)
            stopped_at = datetime.now(UTC)
            code = last.terminate()
        chatter.over.set()
        chatter.join()
        yield Watched(servers, routes, chatter, database, last, code, stopped_at)


def test_sigterm_ends_it_in_time_and_no_traceback_was_written(watched: Watched) -> None:
    assert watched.exit_code == 0
    assert "Traceback" not in watched.last.log.read_text(encoding="utf-8")


def test_every_post_is_stored_once_or_lies_in_a_gap(watched: Watched) -> None:
    with Reader.open(watched.database) as reader:
        marks = {mark.source: mark for mark in reader.marks()}
        gaps = reader.gaps()
        for source in watched.servers.by_source:
            through = marks[source].through
            assert through is not None
            published = [
                post for post in watched.servers.published if post.source == source and post.id != watched.chatter.gone
            ]
            assert missing(reader, published, until=through) == []
            in_gaps = sum(in_a_gap(gaps, source, post.at) for post in published)
            assert in_gaps < len(published) / 3, f"{source}: {in_gaps} of {len(published)}"
        there = [post for post in watched.servers.published if post.id != watched.chatter.gone]
        times = {post.id: post.at for post in there}
        served = {source: server.served for source, server in watched.servers.by_source.items()}
        served["x"] = [*served["x"], *watched.routes.sent]
        through = min(mark.through for mark in marks.values() if mark.through is not None)
        assert lost(reader, served, {name: at for name, at in times.items() if at < through}) == []
        assert miscounted(reader, since=min(times.values()), until=watched.stopped_at) == {}
        assert reader.outages() == []


def test_the_stream_carried_much_of_x_and_was_not_connected_too_often(watched: Watched) -> None:
    connects = watched.routes.connects
    most = max(sum(start <= at < start + 900 for at in connects) for start in connects)
    assert 25 <= most <= 50
    assert watched.routes.kills >= 1
    assert len(set(watched.routes.sent)) > 100


def test_what_was_taken_back_over_the_stream_is_in_no_file(watched: Watched) -> None:
    assert watched.chatter.gone.partition(":")[2] in watched.routes.sent
    assert in_files(watched.database, [GONE]) == set()


def test_nothing_leaks(watched: Watched) -> None:
    gauge = watched.last.gauge
    assert len(gauge.memory) > WARM + 100
    assert max(gauge.files[-30:]) <= max(gauge.files[WARM - 30 : WARM]) + 4, gauge.files
    assert max(gauge.threads[-30:]) <= max(gauge.threads[WARM - 30 : WARM]) + 3, gauge.threads
    assert max(gauge.memory[-30:]) - max(gauge.memory[:WARM]) < 10 * 2**20, [size >> 10 for size in gauge.memory[::10]]
