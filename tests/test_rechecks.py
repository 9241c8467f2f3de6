"""Stored posts, held against fake networks through the real store."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.reddit import RedditServer
from tests.fakes.x import XServer
from tiktokwatch.errors import CollectError
from tiktokwatch.rechecks import AT_ONCE, TERMS, Rechecks
from tiktokwatch.records import Judged, Post, Standing, Step, Tick, Verdict
from tiktokwatch.store.writer import Store

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
VERDICT = Verdict(0.9, 0.0, 0.0, 0.0, about_tiktok=True, labels=("complaint",))


@dataclass
class Checker:
    source: str = "reddit"
    missing: frozenset[str] = frozenset()
    error: CollectError | None = None
    asked: list[Sequence[str]] = field(default_factory=list)

    def gone(self, ids: Sequence[str], *, now: datetime) -> frozenset[str]:
        assert now.tzinfo is UTC
        self.asked.append(list(ids))
        if self.error is not None:
            raise self.error
        return self.missing & set(ids)

    def close(self) -> None:
        pass


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "watch.db") as store:
        yield store


def keep(store: Store, *names: str, at: datetime = START, standing: Standing = "counted") -> None:
    posts = [Post(name, name.split(":")[0], at, "ann", f"down {name}") for name in names]
    store.save(Step(Tick(at), judged=tuple(Judged(post, VERDICT, standing) for post in posts)))


def turn(rechecks: Rechecks, hours: float) -> None:
    rechecks(Step(Tick(START + hours * HOUR)))


def texts(store: Store) -> set[str]:
    return {judged.post.id for judged in store._read.judged() if judged.post.text}


def test_what_is_gone_is_forgotten_and_the_rest_stays(store: Store) -> None:
    keep(store, "reddit:t3_a", "reddit:t3_b", "bluesky:c")
    checker = Checker(missing=frozenset({"reddit:t3_a"}))
    turn(Rechecks([checker], store), 1.5)
    assert checker.asked == [["reddit:t3_a", "reddit:t3_b"]]
    assert texts(store) == {"reddit:t3_b", "bluesky:c"}


def test_each_is_looked_up_at_its_times(store: Store) -> None:
    keep(store, "reddit:t3_a")
    checker = Checker()
    rechecks = Rechecks([checker], store)
    for hours in (0.5, 1.5, 2, 7, 7.6, 8, 13.7):
        turn(rechecks, hours)
    assert len(checker.asked) == 3


def test_of_x_only_complaints_are_looked_up_before_they_are_a_day_old(store: Store) -> None:
    keep(store, "x:1")
    keep(store, "x:2", standing="other")
    checker = Checker("x")
    rechecks = Rechecks([checker], store)
    for hours in range(1, 30):
        turn(rechecks, hours)
    assert checker.asked == [["x:1"]]
    store.prune(before_unchecked={"x": START + 30 * HOUR - TERMS["x"].within})
    assert texts(store) == {"x:1"}


def test_many_are_looked_up_a_portion_a_tick(store: Store) -> None:
    keep(store, *(f"reddit:t3_{number}" for number in range(2 * AT_ONCE + 7)))
    checker = Checker()
    rechecks = Rechecks([checker], store)
    for minute in range(5):
        turn(rechecks, 2 + minute / 60)
    assert [len(ids) for ids in checker.asked] == [AT_ONCE, AT_ONCE, 7]


def test_few_are_looked_up_together(store: Store) -> None:
    checker = Checker()
    rechecks = Rechecks([checker], store)
    for minute in range(30):
        keep(store, f"reddit:t3_{minute}", at=START + minute / 60 * HOUR)
    for minute in range(60, 90):
        turn(rechecks, minute / 60 + 0.01)
    assert [len(ids) for ids in checker.asked] == [1, 10, 10]


def test_a_network_that_does_not_answer_is_left_alone_for_a_while(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    keep(store, "reddit:t3_a")
    checker = Checker(error=CollectError("reddit: 429, too many requests", retry_after=3600))
    rechecks = Rechecks([checker], store)
    with caplog.at_level(logging.WARNING):
        for hours in (2, 2.2, 2.9, 3.1):
            turn(rechecks, hours)
    assert len(checker.asked) == 2
    assert "too many requests" in caplog.text
    assert texts(store) == {"reddit:t3_a"}


def test_real_networks_say_what_they_deleted(store: Store) -> None:
    with XServer() as x, RedditServer() as reddit:
        now = START + 20 * HOUR
        x.clock = reddit.clock = lambda: now
        kept, gone = (f"x:{x.publish(text='tiktok is down', at=START)}" for _ in range(2))
        stays, leaves = (f"reddit:{reddit.publish(text='tiktok is down', at=START)}" for _ in range(2))
        x.delete(gone.removeprefix("x:"))
        reddit.delete(leaves.removeprefix("reddit:"))
        keep(store, kept, gone, stays, leaves)
        checkers = [x.checker(), reddit.checker()]
        turn(Rechecks(checkers, store), 20)
        for checker in checkers:
            checker.close()
    assert texts(store) == {kept, stays}
