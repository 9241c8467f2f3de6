"""What must hold however the posts came in."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import Decisions, World, cut, down, pipeline, remember, world
from tiktokwatch.pipeline import run
from tiktokwatch.records import Tick

SEEDS = st.integers(0, 2**32)
SAMPLED = st.sampled_from([(), ("x",), ("reddit", "x")])
OUTAGES = st.lists(st.tuples(st.sampled_from(["x", "reddit"]), st.integers(5, 290), st.integers(1, 60)), max_size=4)


def decide(world_: World, ticks: list[Tick]) -> Decisions:
    decisions = Decisions()
    run(pipeline(world_), ticks, decisions)
    return decisions


def with_gaps(seed: int, outages: list[tuple[str, int, int]], sampled: tuple[str, ...] = ()) -> World:
    made = world(seed, sampled=sampled)
    for collector, start, minutes in outages:
        made = down(made, collector, start=start, minutes=min(minutes, 299 - start))
    return made


def test_a_world_has_an_outage_that_is_found() -> None:
    decisions = decide(world(1), cut(world(1), 1, ticks=300))
    assert [t.after for t in decisions.transitions][:3] == ["calm", "pending", "outage"]
    assert len(decisions.outages) == 1


@settings(max_examples=40, deadline=None)
@given(SEEDS, SEEDS, st.integers(1, 400), OUTAGES, SAMPLED)
def test_any_cut_into_ticks_gives_the_same_decisions(
    seed: int, dice: int, ticks: int, outages: list[tuple[str, int, int]], sampled: tuple[str, ...]
) -> None:
    made = with_gaps(seed, outages, sampled)
    assert decide(made, cut(made, dice, ticks=ticks)) == decide(made, cut(made, 0, ticks=1))


@settings(max_examples=30, deadline=None)
@given(SEEDS, SEEDS, st.integers(2, 4), st.integers(1, 60))
def test_overlapping_collectors_are_like_one(seed: int, dice: int, count: int, ticks: int) -> None:
    one = world(seed)
    many = World(
        one.posts,
        one.start,
        one.end,
        {f"{source}-{number}": source for source in one.collectors for number in range(count)},
    )
    assert decide(many, cut(many, dice, ticks=ticks)) == decide(one, cut(one, 0, ticks=1))


@settings(max_examples=20, deadline=None)
@given(SEEDS, SEEDS, st.integers(0, 200), st.integers(1, 60))
def test_one_of_two_collectors_down_loses_nothing(seed: int, dice: int, start: int, minutes: int) -> None:
    one = world(seed)
    two = World(one.posts, one.start, one.end, {"a": "x", "b": "x", "reddit": "reddit"})
    two = down(two, "a", start=start, minutes=minutes)
    assert decide(two, cut(two, dice, ticks=50)) == decide(one, cut(one, 0, ticks=1))


@settings(max_examples=40, deadline=None)
@given(st.builds(with_gaps, SEEDS, OUTAGES, SAMPLED), SEEDS, st.integers(2, 120), st.integers(1, 5))
def test_killed_and_restarted_is_like_never_killed(made: World, dice: int, ticks: int, kills: int) -> None:
    delivered = cut(made, dice, ticks=ticks)
    stops = sorted(random.Random(dice).choices(range(1, ticks + 1), k=kills))
    decisions, steps = Decisions(), []
    watch = pipeline(made)
    for number, tick in enumerate(delivered, start=1):
        step = watch.step(tick)
        if number in stops:
            # Killed before the save: the step is lost, and the same posts come again after the restart.
            watch = pipeline(made, remember(steps))
            step = watch.step(tick)
        steps.append(step)
        decisions(step)
    assert decisions == decide(made, delivered)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(1, 100))
def test_posts_that_come_twice_count_once(seed: int, ticks: int) -> None:
    made = world(seed)
    once = cut(made, seed, ticks=ticks)
    twice = [Tick(tick.now, (*tick.batches, *tick.batches), tick.gaps) for tick in once]
    assert decide(made, twice) == decide(made, once)
