"""A restart from the database is like no restart at all."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.steps import SECOND, START, fresh_database, numbered
from tests.worlds import Decisions, cut, down, pipeline, remember, world
from tiktokwatch.pipeline import run
from tiktokwatch.records import MINUTE, REMEMBERED, Bucket, Gap, Judged, Mark, Memory, Outage, Post, Step, Tick, Verdict
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.writer import Store

SEEDS = st.integers(0, 2**32)


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.integers(1, 40), st.integers(5, 200), st.integers(1, 60))
def test_the_memory_is_what_the_steps_said(seed: int, ticks: int, start: int, minutes: int) -> None:
    made = down(world(seed, sampled=("x",)), "x", start=start, minutes=minutes)
    steps: list[Step] = []
    dice = random.Random(seed)
    with fresh_database() as path, Store.open(path) as store:
        watch = pipeline(made)
        for tick in cut(made, seed, ticks=ticks):
            steps.append(watch.step(tick))
            store.save(steps[-1])
            if dice.random() < 0.2:
                assert store.memory() == in_order(remember(steps))
        assert store.memory() == in_order(remember(steps))


def in_order(memory: Memory) -> Memory:
    """Before anything is settled, the memory of a list is in the order in which things came."""
    return replace(
        memory,
        marks=tuple(sorted(memory.marks, key=lambda mark: mark.collector)),
        recent=tuple(sorted(memory.recent, key=lambda each: (each.post.at, each.post.id))),
        gaps=tuple(sorted(memory.gaps, key=lambda gap: gap.start)),
        counts=tuple(sorted(memory.counts, key=lambda count: (count.at, count.source))),
    )


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.integers(2, 40), st.integers(1, 4))
def test_killed_and_reopened_is_like_never_killed(seed: int, ticks: int, kills: int) -> None:
    made = world(seed, sampled=("reddit",))
    delivered = cut(made, seed, ticks=ticks)
    stops = set(random.Random(seed).choices(range(ticks), k=kills))
    whole, pieces = Decisions(), Decisions()
    run(pipeline(made), delivered, whole)
    with fresh_database() as path:
        store, watch = Store.open(path), pipeline(made)
        for number, tick in enumerate(delivered):
            if number in stops:
                watch.step(tick)  # done, but never saved
                store.close()
                store = Store.open(path)
                watch = pipeline(made, store.memory())
            step = watch.step(tick)
            store.save(step)
            pieces(step)
        store.close()
    assert pieces == whole


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.integers(1, 40), st.integers(5, 200), st.integers(1, 60))
def test_what_was_recorded_replays_to_the_same_decisions(seed: int, ticks: int, start: int, minutes: int) -> None:
    made = down(world(seed, sampled=("reddit", "x")), "reddit", start=start, minutes=minutes)
    delivered = [Tick(t.now, (*t.batches, *t.batches[:1]), t.gaps) for t in cut(made, seed, ticks=ticks)]
    live, again = Decisions(), Decisions()
    with fresh_database() as path:
        with Store.open(path) as store:
            run(pipeline(made), delivered, store.save, live)
        with Reader.open(path) as reader:
            run(pipeline(made), reader.ticks(), again)
    assert again == live


def test_an_empty_store_remembers_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "watch.db") as store:
        assert store.memory() == Memory()


def test_the_spans_of_the_memory(tmp_path: Path) -> None:
    now = START + 60 * REMEMBERED
    verdict = Verdict(0.9, 0, 0, 0, about_tiktok=True, labels=("complaint",))

    def post(name: str, ago: int, author: str = "", standing: str | None = "counted") -> Judged:
        return Judged(Post(name, "x", now - ago * SECOND, author, "down"), verdict, standing)

    day, week = 86_400, 7 * 86_400
    kept, waiting, early = post("x:1", day), post("x:2", 3 * day, standing=None), post("x:3", day + 1, "ann")
    ended = Outage(1, "app", "calm", "technical", now - 9 * REMEMBERED, now, ended_at=now - REMEMBERED)
    step = Step(
        Tick(now, gaps=(Gap("a", "x", now, now + SECOND, ""), Gap("b", "x", now - SECOND, now, "over"))),
        settled=now,
        judged=(early, waiting, kept, post("x:4", 60, standing="copy"), post("x:5", 90, "bob", "repeat")),
        buckets=tuple(Bucket("x", now - REMEMBERED - minutes * MINUTE, covered=True) for minutes in (0, 1)),
        outages=(ended, replace(ended, id=2, ended_at=now - REMEMBERED - SECOND), replace(ended, id=3, ended_at=None)),
        marks=(Mark("a", "x"), Mark("b", "x")),
    )
    with Store.open(tmp_path / "watch.db") as store:
        store.save(step)
        memory = store.memory()
        assert [each.post.id for each in memory.recent] == ["x:2", "x:1", "x:5", "x:4"]
        assert memory.buckets == (Bucket("x", now - REMEMBERED, covered=True),)
        assert [outage.id for outage in memory.outages] == [1, 3]
        assert memory.gaps == (Gap("a", "x", now, now + SECOND, ""),)
        assert memory.authors == {"x:x:1", "x:ann", "x:bob"}
        assert store.memory(collectors=["b"]).marks == (Mark("b", "x"),)
        assert store.memory(collectors=["b"]).gaps == ()

        store.save(Step(Tick(now), settled=now + 9 * week * SECOND, outages=(replace(ended, id=3, ended_at=now),)))
        memory = store.memory()
        assert [outage.id for outage in memory.outages] == [3]
        assert memory.authors == frozenset()
        assert [each.post.id for each in memory.recent] == ["x:2"]


def test_whose_author_was_dropped_is_known_by_the_first_post(tmp_path: Path) -> None:
    verdict = Verdict(0.9, 0, 0, 0, about_tiktok=True, labels=("complaint",))
    said = [Post(f"x:{number}", "x", START + number * MINUTE, author, "down") for number, author in enumerate("aabb")]
    step = Step(
        Tick(START),
        settled=START + 9 * MINUTE,
        judged=tuple(
            Judged(post, verdict, standing)
            for post, standing in zip(said, ("counted", "repeat", "counted", "repeat"), strict=True)
        ),
        outages=(Outage(1, "app", "outage", "technical", START, START),),
    )
    with Store.open(tmp_path / "watch.db") as store:
        store.save(step)
        assert store.memory().authors == {"x:a", "x:b"}
        store.forget("@a")
        assert store.memory().authors == {"x:x:0", "x:b"}
        store.prune(before_text=START + 9 * MINUTE)
        assert store.memory().authors == {"x:x:0", "x:x:2"}
        assert store._read.people() == 2


def test_four_hours_of_evidence_and_two_transitions(tmp_path: Path) -> None:
    with Store.open(tmp_path / "watch.db") as store:
        for number in range(300):
            store.save(numbered(number))
        memory = store.memory()
    assert [each.at for each in memory.evidence] == [START + (number + 1) * MINUTE for number in range(60, 300)]
    assert [each.at for each in memory.transitions] == [START + 281 * MINUTE, START + 291 * MINUTE]


def test_what_did_not_settle_anything_does_not_unsettle(tmp_path: Path) -> None:
    with Store.open(tmp_path / "watch.db") as store:
        store.save(numbered(0))
        store.save(Step(Tick(START + 9 * MINUTE, gaps=(Gap("a", "x", START, START + MINUTE, ""),))))
        assert store.memory().settled == START + MINUTE
