"""A source that is down stays so while others are read: an answer to nothing is no answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.driven import Driven, Source, at, failing
from tests.worlds import world
from tiktokwatch.records import Batch
from tiktokwatch.ticks import Pace


@dataclass
class Lagging(Source):
    """Does not ask for what it could not vouch for yet, as every real collector."""

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        if since >= now - self.lag:
            return Batch(self.name, self.name, since, since, cursor=cursor)
        return super().collect(since=since, cursor=cursor, now=now)


def watched(down: Source) -> Driven:
    posts = [post for post in world(3).posts if post.source == "x"]
    x = Lagging("x", posts=posts, down=down.down, lag=timedelta(seconds=90))
    return Driven({"x": (x, Pace()), "reddit": (Source("reddit"), Pace(every=timedelta(seconds=20)))}, minutes=60)


def test_every_poll_of_it_is_a_fault() -> None:
    driven = watched(failing(10, 40))
    meanwhile = [batch.collector for tick in driven.ticks for batch in tick.batches if at(11) <= tick.now < at(40)]
    assert "x" not in meanwhile
    assert len([fault for fault in driven.faults if fault.collector == "x"]) >= 5
    assert driven.pipeline.coverage.marks["x"].fault == ""


def test_its_gap_is_whole_and_what_is_read_of_it_later_is_left_out() -> None:
    driven = watched(failing(10, 40))
    gaps = [gap for gap in driven.gaps if gap[0] == "x"]
    start, end = gaps[0][1], gaps[-1][2]
    assert 7 <= start <= 10
    assert 38 <= end <= 56
    read = [post for tick in driven.ticks for batch in tick.batches for post in batch.posts if tick.now >= at(40)]
    assert read
    assert not [post for post in read if at(start) <= post.at < at(end)]


def test_others_are_settled_meanwhile() -> None:
    driven = watched(failing(10, 40))
    behind = [now - settled for now, settled in driven.settled().items() if 17 <= now < 40]
    assert max(behind) <= 2.5
