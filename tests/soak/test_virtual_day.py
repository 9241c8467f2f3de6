"""More than a day of the whole watch in virtual time, with faults on every network all the time."""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.soak.checks import by_day, covered_share, in_files, lost, miscounted, missing, wrong_volumes
from tests.soak.gauge import Gauge
from tests.soak.stage import HOUR, MINUTE, Networks, in_step, networks, settings
from tests.soak.trouble import Day
from tests.virtual import VirtualClock
from tiktokwatch.app import App
from tiktokwatch.collect import bluesky
from tiktokwatch.settings import Budget
from tiktokwatch.store.reader import Reader

pytestmark = pytest.mark.timeout(600)

START = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
HOURS = 26
END = START + HOURS * HOUR
OUTAGE, LASTS = 6.0, 50  # in hours after the start, in minutes
WEEK = timedelta(days=7)
COUNTS = "/2/tweets/counts/recent"

BUDGETS = {
    "search": Budget(dollars_per_day=1000, dollars_per_month=9000, posts_per_day=100_000, posts_per_month=900_000),
    "counts": Budget(dollars_per_day=4, dollars_per_month=60, posts_per_day=250, posts_per_month=5_000),
}


@dataclass(frozen=True)
class Watched:
    """A day that is over."""

    read: str
    day: Day
    servers: Networks
    database: Path
    gauge: Gauge
    told: list[str]

    def reader(self) -> Reader:
        return Reader.open(self.database)


def soon(condition: Callable[[], bool]) -> bool:
    give_up = time.monotonic() + 10
    while not condition() and time.monotonic() < give_up:
        time.sleep(0.05)
    return condition()


def watch(servers: Networks, read: str, database: Path, told: logging.Handler) -> tuple[Day, Gauge]:
    clock, gauge = VirtualClock(START, END), Gauge(os.getpid())
    servers.tell_time(clock.true, dated=True)
    day = Day(servers, clock, START, END, database)
    servers.x.reset_day = START.day + 1
    servers.chatter(START - HOUR, (HOURS + 1) * 60)
    if read == "counts":
        servers.chatter(START - WEEK, int((WEEK - HOUR) / MINUTE), rates={"x": 1.0})
    servers.outage(START + OUTAGE * HOUR, LASTS)
    day.faults(every=0.75)
    day.oddities()
    day.deletions(OUTAGE)
    day.clock_jump(20.2)
    for hour in range(1, HOURS):
        day.at(hour + 0.01, read_off, gauge, servers)
    log = logging.getLogger("tiktokwatch.notify")
    log.addHandler(told)
    try:
        App(settings(servers, read=read, budget=BUDGETS[read]), database).watch(clock=clock)
    finally:
        log.removeHandler(told)
    return day, gauge


def read_off(gauge: Gauge, servers: Networks) -> None:
    """Read what this process holds, but for what servers remember."""
    for server in (servers.x, servers.reddit, servers.hackernews):
        server.requests.clear()
    gc.collect()
    gauge.read()


class Listening(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture(scope="module", params=["counts", "search"])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    database = tmp_path_factory.mktemp("day") / "watch.db"
    told = Listening()
    with pytest.MonkeyPatch.context() as patch, networks() as servers:
        patch.setattr(bluesky, "Bluesky", in_step())
        day, gauge = watch(servers, request.param, database, told)
        yield Watched(request.param, day, servers, database, gauge, told.said)


def test_every_fault_was_met(watched: Watched) -> None:
    assert watched.day.left_over() == []


def test_every_post_is_stored_once_or_lies_in_a_gap(watched: Watched) -> None:
    servers = watched.servers
    # Of X, counts alone are whole.
    whole = [post for post in servers.published if watched.read == "search" or post.source != "x"]
    # What is taken back or replaced at once may be gone before it was read.
    untouched = [post for post in whole if post.id not in watched.day.gone()]
    with watched.reader() as reader:
        settled = reader.settled()
        assert settled is not None
        assert settled > END - 10 * MINUTE
        first = [post for post in untouched if post.at >= START - HOUR]
        assert missing(reader, first, until=settled) == []
        served = {source: server.served for source, server in servers.by_source.items()}
        times = {name: at for name, at in watched.day.all_times().items() if at < settled}
        assert lost(reader, served, times) == []
        ids = [judged.post.id for judged in reader.judged()]
        assert len(ids) == len(set(ids))


def test_every_stored_post_is_in_one_minute_or_late(watched: Watched) -> None:
    with watched.reader() as reader:
        assert miscounted(reader, since=START, until=END) == {}
        assert {judged.standing for judged in reader.judged(until=reader.settled())} >= {"counted", "other", "late"}
        assert None not in {judged.standing for judged in reader.judged(until=reader.settled())}


def test_most_of_the_day_is_covered(watched: Watched) -> None:
    with watched.reader() as reader:
        shares = {source: covered_share(reader, source, since=START, until=END) for source in watched.servers.by_source}
    assert min(shares.values()) > 0.6, shares


def test_volumes_are_what_x_counted(watched: Watched) -> None:
    with watched.reader() as reader:
        if watched.read == "counts":
            assert wrong_volumes(reader, watched.servers.published, until=reader.settled()) == {}
        else:
            assert not any(bucket.volume for bucket in reader.buckets())


def test_the_outage_is_signalled_once_and_nothing_else_is(watched: Watched) -> None:
    with watched.reader() as reader:
        (outage,) = reader.outages()
    began = START + OUTAGE * HOUR
    assert abs(outage.onset - began) <= 5 * MINUTE
    assert outage.signalled_at - began <= 15 * MINUTE
    assert outage.ended_at is not None
    assert {"reddit", "bluesky"} <= set(outage.sources)
    assert [sentence.split(":")[1].split()[0] for sentence in watched.told] == ["outage", "over"]


def test_what_was_taken_back_is_in_no_file(watched: Watched) -> None:
    words = watched.day.taken_back
    if watched.read == "counts":
        words = {word: name for word, name in words.items() if not name.startswith("x:")}
    assert watched.day.were_there >= words.keys() - unread(watched, words)
    assert len(watched.day.were_there) > len(words) / 2
    assert in_files(watched.database, watched.day.taken_back) == set()


def unread(watched: Watched, words: dict[str, str]) -> set[str]:
    with watched.reader() as reader:
        stored = {judged.post.id for judged in reader.judged()}
    return {word for word, name in words.items() if name not in stored}


def test_what_is_booked_is_what_was_served_and_within_the_budget(watched: Watched) -> None:
    budget, x = BUDGETS[watched.read], watched.servers.x
    with watched.reader() as reader:
        posts, requests = by_day(reader, "post"), by_day(reader, "request")
        dollars = {at: 0.005 * (posts[at] + requests[at]) for at in posts.keys() | requests.keys()}
        booked = sum(expense.dollars for expense in reader.expenses())
    assert sum(posts.values()) == len(x.post_reads)
    assert sum(requests.values()) == x.web.answered[COUNTS]
    assert booked == pytest.approx(sum(dollars.values()))
    assert max(posts.values()) <= budget.posts_per_day
    assert max(dollars.values()) <= budget.dollars_per_day


def test_nothing_leaks(watched: Watched) -> None:
    gauge = watched.gauge
    half = len(gauge.memory) // 2
    # Servers hold on to what hangs, for a minute.
    assert max(gauge.files[half:]) <= max(gauge.files[:half]) + 8, gauge.files
    assert max(gauge.threads[half:]) <= max(gauge.threads[:half]) + 8, gauge.threads
    assert gauge.memory[-1] - gauge.memory[half] < 12 * 2**20, [size >> 10 for size in gauge.memory]
