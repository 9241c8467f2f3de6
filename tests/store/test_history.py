from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.steps import MINUTE, SECOND, START, numbered, once
from tiktokwatch.records import Batch, Fault, Gap, Judged, Mark, Post, Step, Tick, Verdict
from tiktokwatch.store import history
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.writer import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watch.db"


def recorded(path: Path) -> list[Tick]:
    with Reader.open(path) as reader:
        return list(reader.ticks())


def save(path: Path, *steps: Step) -> None:
    with Store.open(path) as store:
        for step in steps:
            store.save(step)


def test_ticks_come_back_as_they_were(path: Path) -> None:
    steps = [numbered(number) for number in range(2 * history.TICKS_AT_ONCE + 1)]
    save(path, *steps)
    assert recorded(path) == [step.tick for step in steps]


def test_a_span_of_ticks(path: Path) -> None:
    steps = [numbered(number) for number in range(10)]
    save(path, *steps)
    since, until = steps[3].tick.now, steps[6].tick.now
    with Reader.open(path) as reader:
        assert list(reader.ticks(since=since, until=until)) == [step.tick for step in steps[3:6]]
        assert list(reader.ticks(since=START + 60 * MINUTE)) == []
        assert list(reader.ticks(until=START)) == []


def test_a_post_is_told_once_by_whom_it_came_first(path: Path) -> None:
    one, two, three = (Post(f"x:{number}", "x", START, "ann", "down") for number in range(3))
    ticks = [
        Tick(START, (Batch("a", "x", START, START, (two, one)), Batch("b", "x", START, START, (three,)))),
        Tick(START + SECOND, (Batch("b", "x", START, START, (one, two)),)),
    ]
    save(path, *map(Step, ticks))
    assert recorded(path) == once(ticks)
    assert [[[p.id for p in b.posts] for b in tick.batches] for tick in recorded(path)] == [
        [["x:1", "x:0"], ["x:2"]],
        [[]],
    ]


def test_of_two_versions_in_one_tick_the_one_that_was_judged_is_told(path: Path) -> None:
    first, second = (Post("x:1", "x", START, "ann", text) for text in ("down", "down, edited"))
    tick = Tick(START, (Batch("a", "x", START, START, (first,)), Batch("b", "x", START, START, (second,))))
    save(path, Step(tick, judged=(Judged(second, Verdict(0, 0, 0, 0, about_tiktok=True)),)))
    assert [batch.posts for batch in recorded(path)[0].batches] == [(), (second,)]


def test_turns_that_changed_nothing_leave_no_tick(path: Path) -> None:
    idle = [Step(Tick(START + number * SECOND), settled=START) for number in range(5)]
    moved = Step(Tick(START + MINUTE), settled=START + MINUTE)
    save(path, *idle, moved)
    assert recorded(path) == [idle[0].tick, moved.tick]
    with Reader.open(path) as reader:
        assert reader.looked_at() == START + MINUTE
        assert reader.totals()["ticks"] == 2


@pytest.mark.parametrize(
    "step",
    [
        Step(Tick(START, faults=(Fault("a", "x", START, "503"),))),
        Step(Tick(START, gaps=(Gap("a", "x", START, START, "503"),))),
        Step(Tick(START), marks=(Mark("a", "x"),)),
        Step(Tick(START), standings={"x:1": "late"}),
        numbered(0),
    ],
)
def test_turns_that_changed_something_leave_a_tick(path: Path, step: Step) -> None:
    save(path, step)
    assert recorded(path) == [step.tick]


def test_a_reader_of_ticks_holds_nothing_open(path: Path) -> None:
    with Store.open(path) as store:
        for number in range(history.TICKS_AT_ONCE + 5):
            store.save(numbered(number))
        with Reader.open(path) as reader:
            ticks = reader.ticks()
            assert isinstance(ticks, Iterator)
            assert next(ticks) == numbered(0).tick
            later = replace(numbered(500), settled=None)
            store.save(later)
            assert store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
            assert list(ticks)[-1] == later.tick
