from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import START, Decisions, World, cut, pipeline, world
from tiktokwatch.pipeline import run
from tiktokwatch.records import MINUTE, Gap, Post, Tick, minute_of
from tiktokwatch.ticks import backfill

HOUR = timedelta(hours=1)
FOR_EVER = timedelta(days=10_000)


def posts(*minutes: float, source: str = "x") -> list[Post]:
    return [Post(f"{source}:{minute}", source, START + minute * MINUTE, "", "complaint") for minute in minutes]


def in_order(*groups: Iterable[Post]) -> list[Post]:
    return sorted((post for group in groups for post in group), key=lambda post: (post.at, post.id))


def spans(ticks: Sequence[Tick], source: str = "x") -> list[tuple[str, float, float]]:
    """Return what is said of a source, in minutes, batches that join on each other as one."""
    said = sorted(
        [("covered", batch.since, batch.through) for tick in ticks for batch in tick.batches if batch.source == source]
        + [(gap.reason, gap.start, gap.end) for tick in ticks for gap in tick.gaps if gap.source == source],
        key=lambda span: span[1],
    )
    assert all(before[2] == after[1] for before, after in pairwise(said))
    joined = [(reason, list(group)) for reason, group in groupby(said, key=lambda span: span[0])]
    return [(reason, (group[0][1] - START) / MINUTE, (group[-1][2] - START) / MINUTE) for reason, group in joined]


def test_nothing_makes_no_ticks() -> None:
    assert list(backfill([])) == []


def test_a_post_is_a_minute() -> None:
    ticks = list(backfill(posts(3.5)))
    assert spans(ticks) == [("covered", 3, 4)]
    assert ticks[0].batches[0].posts == tuple(posts(3.5))


def test_a_source_is_covered_from_its_first_to_its_last_post() -> None:
    assert spans(list(backfill(posts(0.2, 0.7, 1, 90, 399.9)))) == [("covered", 0, 400)]


@pytest.mark.parametrize(("silence", "is_hole"), [(360, False), (361, True)])
def test_a_long_silence_is_a_hole(silence: int, *, is_hole: bool) -> None:
    ticks = list(backfill(posts(0.5, 1 + silence)))
    whole = [("covered", 0, 2 + silence)]
    holed = [("covered", 0, 1), ("nothing recorded", 1, 1 + silence), ("covered", 1 + silence, 2 + silence)]
    assert spans(ticks) == (holed if is_hole else whole)


def test_what_a_hole_is_can_be_said() -> None:
    assert len(spans(list(backfill(posts(0, 10), hole=5 * MINUTE)))) == 3
    assert len(spans(list(backfill(posts(0, 6), hole=5 * MINUTE)))) == 1


def test_sources_begin_and_end_in_their_own_time() -> None:
    ticks = list(backfill(in_order(posts(0, 50, 100), posts(30, 60, source="reddit"), posts(99.5, source="hn"))))
    assert spans(ticks) == [("covered", 0, 101)]
    assert spans(ticks, "reddit") == [
        ("nothing recorded", 0, 30),
        ("covered", 30, 61),
        ("the recording ends", 61, 101),
    ]
    assert spans(ticks, "hn") == [("nothing recorded", 0, 99), ("covered", 99, 100), ("the recording ends", 100, 101)]


def test_time_is_that_of_the_posts_and_increases() -> None:
    made = world(4)
    times = [tick.now for tick in backfill(made.posts)]
    assert all(before < after for before, after in pairwise(times))
    assert times[0] == minute_of(made.posts[0].at) + MINUTE
    assert times[-1] - made.posts[-1].at <= MINUTE + timedelta(microseconds=1)


def decide(made: World, ticks: Iterable[Tick]) -> Decisions:
    decisions = Decisions()
    run(pipeline(made), ticks, decisions)
    return decisions


def cut_by_hand(made: World, *, hole: timedelta) -> World:
    """Say in the words of a world what a backfill takes for granted: see its docstring."""
    start, end = minute_of(made.posts[0].at), minute_of(made.posts[-1].at) + MINUTE
    gaps = []
    for source in made.collectors:
        minutes = [minute_of(post.at) for post in made.posts if post.source == source]
        gaps += [
            Gap(source, source, before + MINUTE, after, "")
            for before, after in pairwise(minutes)
            if after - before - MINUTE > hole
        ]
        gaps += [Gap(source, source, start, minutes[0], ""), Gap(source, source, minutes[-1] + MINUTE, end, "")]
    return replace(made, start=start, end=end, gaps=tuple(gap for gap in gaps if gap.start < gap.end))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from([("x",), ("reddit", "x")]),
    st.integers(0, 100),
    st.integers(0, 100),
    st.sampled_from([3 * MINUTE, 20 * MINUTE, FOR_EVER]),
)
def test_it_decides_like_any_other_cut(
    seed: int, sources: tuple[str, ...], late: int, early: int, hole: timedelta
) -> None:
    made = world(seed, minutes=240, sources=sources)
    kept = tuple(
        post
        for post in made.posts
        if post.source != "x" or START + late * MINUTE <= post.at < START + (240 - early) * MINUTE
    )
    made = replace(made, posts=kept)
    by_hand = cut_by_hand(made, hole=hole)
    decided = decide(made, backfill(kept, hole=hole))
    assert decided == decide(by_hand, cut(by_hand, seed, ticks=40))
    settled = [bucket.at for bucket in decided.buckets]
    assert (settled[0], settled[-1]) == (by_hand.start, by_hand.end - MINUTE)
