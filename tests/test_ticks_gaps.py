from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.driven import Driven, FakeClock, Source, alone, at, failing, fresh
from tests.worlds import START, Decisions, world
from tiktokwatch.errors import CollectError
from tiktokwatch.pipeline import run
from tiktokwatch.records import MINUTE, Batch, Gap, Mark, Post, Tick
from tiktokwatch.ticks import Live, Pace

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


class TestGaps:
    def test_a_short_failure_is_made_up_for(self) -> None:
        posts = [Post(f"x:{minute}", "x", at(minute), "", "complaint") for minute in range(10)]
        source = failing(3, 4)
        source.posts = posts
        driven = alone(source, minutes=10)
        assert len(driven.faults) == 1
        assert driven.gaps == []
        assert [bucket.complaints for bucket in driven.decisions.buckets if bucket.at >= START] == [1] * 9
        assert all(bucket.covered for bucket in driven.decisions.buckets)

    def test_what_could_not_be_read_in_time_is_given_up(self) -> None:
        driven = alone(failing(3, 60), Pace(patience=5 * MINUTE), minutes=12)
        assert driven.gaps == [
            ("x", 2, 8, "x: 503, down"),
            *(("x", minute, minute + 1, "x: 503, down") for minute in range(8, 11)),
        ]

    @pytest.mark.parametrize(("patience", "first"), [(2, 5), (4, 7), (30, 33)])
    def test_patience_is_the_user_s(self, patience: int, first: int) -> None:
        driven = alone(failing(3, 60), Pace(patience=patience * MINUTE), minutes=40)
        assert driven.gaps[0][1:3] == (2, first)

    def test_it_ends_where_the_source_is_back(self) -> None:
        source = failing(3, 17)
        driven = alone(source, minutes=30)
        assert source.polled()[3:9] == [3, 4, 6, 10, 18, 19]
        assert (driven.gaps[0][1], driven.gaps[-1][2]) == (2, 17)
        assert all(end == start for (_, _, end, _), (_, start, _, _) in pairwise(driven.gaps))
        # It is asked for the last minutes again: of those alone that were just given up it might know nothing yet.
        assert (at(18), at(15)) in [(now, since) for now, since, _ in source.asked]

    def test_it_grows_while_the_source_is_down_so_that_others_settle(self) -> None:
        driven = Driven({"x": (failing(3, 60), Pace()), "good": (Source("good"), Pace())}, minutes=30)
        settled = driven.settled()
        assert settled[7] == 2
        assert [settled[minute] for minute in range(8, 30)] == list(range(8, 30))

    def test_a_source_that_never_answered_is_given_up_from_its_look_back_on(self) -> None:
        driven = Driven(
            {"x": (failing(0, 60), Pace(look_back=HOUR)), "good": (Source("good"), Pace(look_back=HOUR))}, minutes=3
        )
        assert driven.gaps[0] == ("x", -60, 0, "x: 503, down")
        assert driven.settled() == {0: 0, 1: 1, 2: 2}

    def test_after_a_restart_a_gap_that_was_open_goes_on_at_once(self) -> None:
        mark = Mark("x", "x", since=at(-60), through=at(-30), passed=at(-1), cursor="c", fault="down")
        source = failing(0, 60)
        live = Live([(source, Pace())], clock=FakeClock(end=at(9)), marks=lambda: {"x": mark})
        tick = next(iter(live))
        assert tick.gaps == (Gap("x", "x", at(-1), at(0), "x: 503, down"),)
        assert source.asked == [(START, at(-1), "c")]

    def test_after_a_restart_a_failure_has_its_patience_anew(self) -> None:
        mark = Mark("x", "x", since=at(-60), through=at(-3), passed=at(-3))
        live = Live([(failing(0, 60), Pace())], clock=FakeClock(end=at(9)), marks=lambda: {"x": mark})
        tick = next(iter(live))
        assert tick.gaps == ()

    def test_what_a_batch_does_not_vouch_for_is_a_gap_with_its_note(self) -> None:
        source = failing(3, 5)
        source.horizon = 90 * SECOND
        driven = alone(source, Pace(look_back=HOUR), minutes=9)
        # Of the hour before, it keeps a minute and a half; so it does of the time in which it could not be reached.
        assert driven.gaps == [
            ("x", -60, -1.5, "no more than that is kept"),
            ("x", 2, 4.5, "no more than that is kept"),
        ]
        assert [(bucket.at - START) // MINUTE for bucket in driven.decisions.buckets] == [-1, 0, 1, 5, 6, 7]

    def test_a_gap_without_a_note_has_a_reason_all_the_same(self) -> None:
        class Mute(Source):
            def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
                return Batch(self.name, self.name, max(since, now - MINUTE), now, cursor=cursor)

        assert alone(Mute(), minutes=1).gaps == [("x", -60, -1, "not read")]


DOWN = st.lists(
    st.tuples(st.sampled_from(["x", "reddit"]), st.integers(0, 290), st.integers(1, 60), st.sampled_from([0, 90, -1])),
    max_size=4,
)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), DOWN, st.integers(0, 90))
def test_live_is_like_a_replay_and_like_one_big_cut(seed: int, down: list[tuple[str, int, int, int]], lag: int) -> None:
    made = world(seed)
    paces = {"x": Pace(every=2 * MINUTE, look_back=10 * MINUTE), "reddit": Pace(every=45 * SECOND, look_back=MINUTE)}
    sources = {
        name: (
            Source(
                name,
                [post for post in made.posts if post.source == name],
                [
                    (
                        at(start),
                        at(start + length),
                        CollectError("down", retry_after=float(max(wait, 0)) or None, permanent=wait < 0),
                    )
                    for source, start, length, wait in down
                    if source == name
                ],
                lag=lag * SECOND,
            ),
            pace,
        )
        for name, pace in paces.items()
    }
    live = Driven(sources, minutes=310)
    replayed = Decisions()
    run(fresh(sources), live.ticks, replayed)
    assert replayed == live.decisions
    whole = Tick(
        live.ticks[-1].now,
        tuple(batch for tick in live.ticks for batch in tick.batches),
        tuple(gap for tick in live.ticks for gap in tick.gaps),
    )
    at_once = Decisions()
    run(fresh(sources), [whole], at_once)
    assert at_once == live.decisions
    assert all(before.now < after.now for before, after in pairwise(live.ticks))
    settled = [step.settled for step in live.steps if step.settled is not None]
    assert settled == sorted(settled)
    # Nobody is ever waited for longer than patience, the wait between two turns, and the lag.
    assert live.ticks[-1].now - settled[-1] <= Pace().patience + 4 * MINUTE
