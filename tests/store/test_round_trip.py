"""What was saved comes back equal, whatever is in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store import steps
from tiktokwatch.records import (
    MINUTE,
    Batch,
    Bucket,
    Count,
    Evidence,
    Expense,
    Fault,
    Gap,
    Judged,
    Mark,
    Outage,
    Post,
    Score,
    Step,
    Tick,
    Verdict,
)
from tiktokwatch.store.cells import moment, packed
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.writer import Store

IDLE = Tick(now=steps.START)

round_trip = settings(max_examples=50, deadline=None)


def back(step: Step, read: Callable[[Reader], Any]) -> Any:
    with steps.fresh_database() as path:
        with Store.open(path) as store:
            store.save(step)
        with Reader.open(path) as reader:
            return read(reader)


def some(strategy: st.SearchStrategy[Any], *key: str) -> st.SearchStrategy[tuple[Any, ...]]:
    def of(record: Any) -> Any:
        return tuple(getattr(record, name) for name in key)

    return st.lists(strategy, max_size=4, unique_by=of if key else None).map(tuple)


@round_trip
@given(st.lists(steps.judged, max_size=4, unique_by=lambda judged: judged.post.id))
def test_posts_and_verdicts(judged: Sequence[Judged]) -> None:
    found = back(Step(IDLE, judged=tuple(judged)), lambda reader: reader.judged())
    assert {each.post.id: each for each in found} == {each.post.id: each for each in judged}
    assert [each.post.at for each in found] == sorted(each.post.at for each in judged)


@round_trip
@given(steps.judged, st.sampled_from(["counted", "other"]))
def test_a_standing_is_given_once(judged: Judged, standing: Any) -> None:
    step = Step(IDLE, judged=(judged,), standings={judged.post.id: standing})
    found = back(step, lambda reader: reader.post(judged.post.id))
    assert found.standing == (judged.standing or standing)


@round_trip
@given(some(steps.buckets, "source", "at"))
def test_minutes(buckets: Sequence[Bucket]) -> None:
    found = back(Step(IDLE, buckets=tuple(buckets)), lambda reader: reader.buckets())
    assert {(each.source, each.at): each for each in found} == {(each.source, each.at): each for each in buckets}
    assert [each.at for each in found] == sorted(each.at for each in buckets)


@round_trip
@given(some(steps.evidence, "at"))
def test_evidence(evidence: Sequence[Evidence]) -> None:
    found = back(Step(IDLE, evidence=tuple(evidence)), lambda reader: reader.evidence())
    assert found == sorted(evidence, key=lambda each: each.at)


@round_trip
@given(some(steps.outages, "id"))
def test_outages(outages: Sequence[Outage]) -> None:
    found = back(Step(IDLE, outages=tuple(outages)), lambda reader: reader.outages())
    assert found == sorted(outages, key=lambda each: (each.onset, each.id))
    for outage, again in zip(sorted(outages, key=lambda each: (each.onset, each.id)), found, strict=True):
        assert list(again.aspects) == list(outage.aspects)


@round_trip
@given(some(steps.transitions))
def test_transitions(transitions: Any) -> None:
    found = back(Step(IDLE, transitions=transitions), lambda reader: reader.transitions())
    assert found == sorted(transitions, key=lambda each: each.at)


@round_trip
@given(some(steps.marks, "collector"))
def test_marks(marks: Sequence[Mark]) -> None:
    found = back(Step(IDLE, marks=tuple(marks)), lambda reader: reader.marks())
    assert {each.collector: each for each in found} == {each.collector: each for each in marks}


@round_trip
@given(some(steps.batches), some(steps.gaps), some(steps.faults), steps.moments)
def test_ticks(batches: tuple[Batch, ...], gaps: tuple[Gap, ...], faults: tuple[Fault, ...], now: datetime) -> None:
    tick = Tick(now, batches, gaps, faults)
    found = back(Step(tick), lambda reader: list(reader.ticks()))
    assert found == ([] if tick == Tick(now) else steps.once([tick]))


@round_trip
@given(some(steps.batches), st.none() | steps.moments)
def test_counts(batches: tuple[Batch, ...], since: datetime | None) -> None:
    found = back(Step(Tick(steps.START, batches)), lambda reader: reader.counts(since=since))
    said: dict[tuple[str, datetime], int] = {}
    for count in (count for batch in batches for count in batch.counts):
        if since is None or count.at >= since:
            said[count.source, count.at] = max(count.posts, said.get((count.source, count.at), 0))
    assert {(count.source, count.at): count.posts for count in found} == said
    assert [count.at for count in found] == sorted(count.at for count in found)
    assert len(found) == len(said)


def test_a_week_of_counts_in_one_batch(tmp_path: Path) -> None:
    week = tuple(Count("x", steps.START + number * MINUTE, number % 7) for number in range(10_080))
    batch = Batch("x-1", "x", steps.START, steps.START + len(week) * MINUTE, counts=week)
    settled = steps.START + 10_000 * MINUTE
    with Store.open(tmp_path / "watch.db") as store:
        store.save(Step(Tick(batch.through, (batch,)), settled=settled))
        assert store.memory().counts == week[10_000:]
        assert [tick.batches for tick in store._read.ticks()] == [(batch,)]
        store.prune(before_ticks=batch.through + MINUTE)
        assert store._db.table("volumes").count == 0


@given(st.lists(steps.moments, max_size=9))
def test_the_order_of_texts_is_the_order_of_time(moments: Sequence[datetime]) -> None:
    assert sorted(map(moment, moments)) == [moment(at) for at in sorted(moments)]


def test_a_moment_is_in_utc() -> None:
    there = datetime(2026, 3, 2, 14, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    assert moment(there) == "2026-03-02T12:00:00.000005Z"
    with pytest.raises(ValueError, match="timezone"):
        moment(there.replace(tzinfo=None))


def test_text_stays_text_where_sqlite_can_hold_it() -> None:
    assert packed("Bücher \U0001f600") == "Bücher \U0001f600"
    assert packed("a\0b") == b"a\0b"
    assert packed("\ud83d") == b"\xed\xa0\xbd"


def test_every_field_of_a_score_is_kept(tmp_path: Path) -> None:
    score = Score("x", **{field.name: number for number, field in enumerate(fields(Score)) if number})
    evidence = Evidence(steps.START, "high", "outage", scores=(score,))
    with Store.open(tmp_path / "watch.db") as store:
        store.save(Step(IDLE, evidence=(evidence,)))
        assert store._read.evidence() == [evidence]


def test_every_field_has_a_column(tmp_path: Path) -> None:
    elsewhere = {
        "Judged": {"post", "verdict"},
        "Bucket": {"at"},
        "Batch": {"counts", "deleted"},
        "Count": {"at"},
        "Fault": {"at", "reason"},
    }
    tables: dict[str, tuple[type[Any], ...]] = {
        "posts": (Post,),
        "verdicts": (Verdict, Judged),
        "minute_counts": (Bucket,),
        "polls": (Batch, Fault),
        "volumes": (Count,),
        "expenses": (Expense,),
        "gaps": (Gap,),
        "cursors": (Mark,),
        "outages": (Outage,),
        "evidence": (Evidence,),
    }
    Store.open(tmp_path / "watch.db").close()
    with closing(sqlite3.connect(tmp_path / "watch.db")) as connection:
        for table, records in tables.items():
            columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            for record in records:
                wanted = {field.name for field in fields(record)} - elsewhere.get(record.__name__, set())
                assert wanted <= columns, table
