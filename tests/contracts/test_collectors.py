"""What every collector promises, held against each of them and against the scripted one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import TypeAlias

import pytest

from tests.fakes import RedditServer, ScriptedCollector, XServer
from tests.fakes.hackernews import HackerNewsServer
from tests.fakes.jetstream import JetstreamServer
from tests.fakes.mastodon import MastodonServer
from tests.fakes.x_stream import StreamlessXServer
from tiktokwatch.errors import CollectError
from tiktokwatch.protocols import Collector
from tiktokwatch.records import Batch, Post

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
Network: TypeAlias = XServer | RedditServer | HackerNewsServer | MastodonServer | JetstreamServer
SERVERS: Mapping[str, Callable[[], Network]] = {
    "x": XServer,
    "x without its stream": StreamlessXServer,
    "reddit": RedditServer,
    "hackernews": HackerNewsServer,
    "mastodon": MastodonServer,
    "bluesky": JetstreamServer,
}
# Longer than any collector's lag, and than Reddit's fake wants to be left alone.
LATER = timedelta(seconds=61)


@dataclass
class Stage:
    """A collector, what it looks at, and a driver that keeps where it stands."""

    network: Network | ScriptedCollector
    collector: Collector
    now: datetime = NOON
    # What streams sees nothing of what is published until the clock goes on, which it does with the next poll.
    polled: datetime = NOON - timedelta(minutes=20)
    since: datetime = NOON - timedelta(minutes=10)
    cursor: str = ""
    posts: dict[str, Post] = field(default_factory=dict)
    published: dict[str, datetime] = field(default_factory=dict)

    def publish(self, text: str = "TikTok is down", *, ago: float) -> str:
        at = self.now - timedelta(seconds=ago)
        name = f"{self.collector.source}:{self.network.publish(text=text, at=at)}"
        self.published[name] = at
        return name

    def poll(self) -> Batch:
        self.polled = self.now
        batch = self.collector.collect(since=self.since, cursor=self.cursor, now=self.now)
        assert batch.collector == self.collector.name
        assert batch.source == self.collector.source
        assert self.since <= batch.since <= batch.through <= self.now
        held = {post.id for post in batch.posts}
        vouched = {name for name, at in self.published.items() if batch.since <= at < batch.through}
        assert vouched <= held
        self.posts |= {post.id: post for post in batch.posts}
        self.since, self.cursor = batch.through, batch.cursor
        return batch

    def refused(self) -> CollectError:
        with pytest.raises(CollectError) as caught:
            self.poll()
        return caught.value

    def hang(self) -> None:
        if isinstance(self.network, ScriptedCollector):
            self.network.hang()
        else:
            self.network.fail("slow", None)


@pytest.fixture(params=[*SERVERS, "scripted"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    if request.param == "scripted":
        scripted = ScriptedCollector()
        yield Stage(scripted, scripted)
        scripted.close()
        return
    with SERVERS[request.param]() as server:
        stage = Stage(server, server.collector())
        server.clock = lambda: stage.polled
        yield stage
        stage.collector.close()


def test_a_batch_holds_all_that_it_vouches_for(stage: Stage) -> None:
    names = [stage.publish(f"TikTok down {number}", ago=60 + number) for number in range(120)]

    batch = stage.poll()

    assert {post.id for post in batch.posts} == set(names)
    assert batch.since == NOON - timedelta(minutes=10)
    assert batch.through > NOON - timedelta(seconds=45)
    assert batch.note == ""
    assert all(post.source == stage.collector.source for post in batch.posts)


def test_a_quiet_source_is_vouched_for_as_well(stage: Stage) -> None:
    first = stage.poll()
    stage.now += LATER
    second = stage.poll()

    assert first.posts == second.posts == ()
    assert second.since == first.through < second.through


def test_the_same_question_gets_the_same_answer(stage: Stage) -> None:
    for number in range(30):
        stage.publish(ago=50 + number)
    stage.polled = stage.now
    ask = {"since": stage.since, "cursor": "", "now": stage.now}

    assert stage.collector.collect(**ask) == stage.collector.collect(**ask)


def test_what_was_before_since_is_left_alone(stage: Stage) -> None:
    stage.publish("TikTok, old", ago=7200)
    new = stage.publish("TikTok, new", ago=120)

    assert {post.id for post in stage.poll().posts} == {new}
    stage.now += LATER
    assert {post.id for post in stage.poll().posts} <= {new}


def test_nothing_is_vouched_for_before_it_can_be(stage: Stage) -> None:
    stage.since = stage.now

    batch = stage.poll()

    assert (batch.since, batch.through, batch.posts) == (NOON, NOON, ())


def test_a_burst_between_two_polls_is_read_whole(stage: Stage) -> None:
    for number in range(120):
        stage.publish(ago=60 + number)
    stage.poll()
    stage.now += LATER
    burst = {stage.publish(f"TikTok down {number}", ago=40 + number / 20) for number in range(350)}

    batch = stage.poll()

    assert burst <= {post.id for post in batch.posts}
    assert batch.note == ""


def test_many_polls_find_what_one_finds(stage: Stage) -> None:
    for number in range(300):
        stage.publish(f"TikTok down {number}", ago=300 - number)
    stage.polled = stage.now = NOON + LATER
    at_once = stage.collector.collect(since=stage.since, cursor="", now=stage.now)

    for seconds in range(0, 300, 7):
        stage.now = NOON - timedelta(seconds=300 - seconds)
        stage.poll()
    stage.now = NOON + LATER
    last = stage.poll()

    assert last.through == at_once.through
    assert {post.id: post for post in at_once.posts} == stage.posts
    assert len(stage.posts) == 300


@pytest.mark.parametrize("cursor", ["nonsense", "null", "[]", "{}", '{"newest_id": []}', '{"new": 5}', "[" * 100_000])
def test_a_cursor_of_somebody_else_is_no_trouble(stage: Stage, cursor: str) -> None:
    name = stage.publish(ago=120)
    stage.cursor = cursor

    assert {post.id for post in stage.poll().posts} == {name}


def test_every_fault_is_a_collect_error_and_loses_nothing(stage: Stage) -> None:
    network = stage.network
    if isinstance(network, ScriptedCollector):
        pytest.skip("it fails as it is told")
    assert len(network.kinds) > 10
    stage.publish(ago=90)
    stage.poll()
    patient, impatient = stage.collector, network.collector(timeout=0.3)
    for kind in network.kinds:
        stage.now += LATER
        stage.publish(f"TikTok during {kind}", ago=50)
        network.fail(kind, None)
        stage.collector = impatient if kind in ("slow", "drip", "garbage", "binary") else patient
        assert stage.refused().reason.startswith(f"{stage.collector.name}: "), kind
        network.heal()
    impatient.close()
    stage.collector = patient
    stage.now += LATER

    batch = stage.poll()

    assert set(stage.posts) == set(stage.published)
    assert batch.note == ""


def test_a_fault_that_goes_away_during_the_next_poll_costs_nothing(stage: Stage) -> None:
    if isinstance(stage.network, ScriptedCollector):
        stage.network.fail(CollectError("scripted: no"))
    else:
        stage.network.fail("503")
    name = stage.publish(ago=120)
    stage.refused()

    assert {post.id for post in stage.poll().posts} == {name}


def test_close_may_be_called_twice_and_ends_collecting(stage: Stage) -> None:
    stage.publish(ago=120)
    stage.poll()
    stage.collector.close()
    stage.collector.close()
    stage.now += LATER

    stage.refused()


def test_close_from_another_thread_ends_a_poll(stage: Stage) -> None:
    stage.collector.close()
    if not isinstance(stage.network, ScriptedCollector):
        # Far longer than pytest would wait for this test.
        stage.collector = stage.network.collector(timeout=1000)
    else:
        stage.network = stage.collector = ScriptedCollector()
    stage.hang()
    timer = threading.Timer(0.2, stage.collector.close)
    timer.start()

    with pytest.raises(CollectError, match="closed"):
        stage.poll()
    timer.join()


def test_close_from_a_signal_handler_ends_a_poll(stage: Stage) -> None:
    if not isinstance(stage.network, ScriptedCollector):
        stage.collector.close()
        stage.collector = stage.network.collector(timeout=1000)
    stage.hang()

    def on_alarm(_number: int, _frame: FrameType | None) -> None:
        stage.collector.close()

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(CollectError, match="closed"):
            stage.poll()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
