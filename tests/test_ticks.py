from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from tests.driven import Driven, FakeClock, Source, alone, at, failing
from tests.worlds import START
from tiktokwatch.errors import CollectError
from tiktokwatch.records import MINUTE, Batch, Fault, Gap, Mark
from tiktokwatch.ticks import HEARTBEAT, INSTANT, LONGEST_BACK_OFF, Live, Pace

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


class TestWhenToPoll:
    def test_a_source_is_polled_as_often_as_its_pace_says(self) -> None:
        fast, slow = Source("fast"), Source("slow")
        Driven({"fast": (fast, Pace(every=30 * SECOND)), "slow": (slow, Pace(every=2 * MINUTE))}, minutes=6)
        assert fast.polled() == [number / 2 for number in range(12)]
        assert slow.polled() == [0, 2, 4]

    def test_the_first_poll_looks_back(self) -> None:
        source = Source()
        alone(source, Pace(look_back=3 * HOUR), minutes=1)
        assert source.asked == [(START, START - 3 * HOUR, "")]

    def test_every_other_one_goes_on_where_the_last_one_ended(self) -> None:
        source = Source(lag=30 * SECOND)
        alone(source, minutes=3)
        assert source.asked[1:] == [(at(1), at(-0.5), "c1"), (at(2), at(0.5), "c2")]

    def test_sources_that_are_not_due_are_left_alone(self) -> None:
        source = Source()
        driven = alone(source, Pace(every=10 * MINUTE), minutes=30)
        assert source.polled() == [0, 10, 20]
        assert len(driven.ticks) == 30
        assert [len(tick.batches) for tick in driven.ticks[:11]] == [1, *[0] * 9, 1]

    def test_after_a_standstill_a_source_is_polled_once_and_not_for_every_turn_that_was_missed(self) -> None:
        class SleepyClock(FakeClock):
            def wait(self, seconds: float) -> bool:
                return super().wait(seconds if self.moment != at(2) or not seconds else 600)

        source = Source()
        live = Live([(source, Pace())], clock=SleepyClock(end=at(15)), marks=lambda: {"x": Mark("x", "x")})
        assert len(list(live)) == 6
        assert source.polled() == [0, 1, 2, 12, 13, 14]

    def test_the_heart_beats_even_with_nothing_to_poll(self) -> None:
        driven = alone(Source(), Pace(every=HOUR), minutes=5)
        assert driven.clock.waits == [HEARTBEAT.total_seconds()] * 5

    def test_the_heart_beats_even_without_collectors(self) -> None:
        assert len(Driven({}, minutes=3).ticks) == 3

    def test_stop_ends_the_loop_after_the_tick(self) -> None:
        assert len(alone(Source(), minutes=0).ticks) == 1

    def test_a_poll_that_the_end_breaks_off_is_no_fault_and_no_gap(self) -> None:
        good, late = Source("good"), Source("late", horizon=MINUTE)
        (tick,) = Driven(
            {"x": (failing(0, 1), Pace()), "good": (good, Pace()), "late": (late, Pace())}, minutes=0
        ).ticks
        assert tick.faults == ()
        assert [batch.collector for batch in tick.batches] == ["good", "late"]
        # What a batch that did come does not vouch for is one all the same.
        assert tick.gaps == (Gap("late", "late", at(-60), at(-1), "no more than that is kept"),)


class TestTickTimes:
    def test_they_increase_even_if_the_clock_stands_still(self) -> None:
        class StoppedClock(FakeClock):
            def wait(self, seconds: float) -> bool:
                self.waits.append(seconds)
                return False

        clock = StoppedClock(end=START)
        live = Live([(Source(), Pace())], clock=clock, marks=lambda: {"x": Mark("x", "x")})
        times = [tick.now for tick in islice(live, 20)]
        assert times == [START + number * INSTANT for number in range(20)]
        clock.moment += MINUTE
        assert next(iter(live)).now == at(1)

    def test_a_tick_is_dated_when_its_polls_are_over(self) -> None:
        clock = FakeClock(end=START)

        class SlowSource(Source):
            def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
                clock.moment += 20 * SECOND
                return super().collect(since=since, cursor=cursor, now=now)

        sources = [SlowSource("a"), SlowSource("b")]
        live = Live(
            [(source, Pace()) for source in sources],
            clock=clock,
            marks=lambda: {source.name: Mark(source.name, source.name) for source in sources},
        )
        (tick,) = live
        assert tick.now == START + 40 * SECOND
        assert [batch.through for batch in tick.batches] == [START, START + 20 * SECOND]


class TestBackingOff:
    def test_it_doubles_up_to_a_limit(self) -> None:
        source = failing(0, 100)
        alone(source, minutes=80)
        assert source.polled() == [0, 1, 3, 7, 15, 30, 45, 60, 75]
        assert LONGEST_BACK_OFF == 15 * MINUTE

    def test_it_begins_with_the_pace(self) -> None:
        source = failing(0, 100)
        alone(source, Pace(every=4 * MINUTE), minutes=60)
        assert source.polled() == [0, 4, 12, 27, 42, 57]

    def test_a_success_ends_it(self) -> None:
        source = Source(down=[(at(start), at(end), CollectError("down")) for start, end in ((2, 6), (12, 14))])
        alone(source, minutes=17)
        assert source.polled() == [0, 1, 2, 3, 5, 9, 10, 11, 12, 13, 15, 16]

    def test_the_source_is_left_alone_as_long_as_it_asks(self) -> None:
        source = failing(0, 1, CollectError("slow down", retry_after=754.0))
        driven = alone(source, minutes=14)
        assert source.polled()[:2] == [0, 754 / 60]
        assert driven.faults[0].retry_at == START + 754 * SECOND

    def test_but_not_less_than_the_back_off(self) -> None:
        source = failing(0, 10, CollectError("slow down", retry_after=5.0))
        alone(source, minutes=8)
        assert source.polled() == [0, 1, 3, 7]

    def test_what_is_permanent_is_tried_seldom_from_the_start(self) -> None:
        source = failing(0, 1000, CollectError("401, a new token is needed", permanent=True))
        driven = alone(source, minutes=40)
        assert source.polled() == [0, 15, 30]
        assert driven.faults[0] == Fault("x", "x", START, "401, a new token is needed", at(15))

    def test_others_are_not_held_up_by_it(self) -> None:
        good = Source("good")
        Driven({"x": (failing(0, 100), Pace()), "good": (good, Pace())}, minutes=10)
        assert good.polled() == list(range(10))
