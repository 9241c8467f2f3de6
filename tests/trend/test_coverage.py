from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.worlds import START
from tiktokwatch.records import MINUTE, Batch, Fault, Gap, Mark, Tick
from tiktokwatch.trend.coverage import Coverage, next_minute

SECOND = timedelta(seconds=1)


def at(minutes: float) -> datetime:
    return START + minutes * MINUTE


def batch(since: float, through: float, *, collector: str = "x", note: str = "", cursor: str = "") -> Batch:
    return Batch(collector, collector[0], at(since), at(through), note=note, cursor=cursor)


def gap(start: float, end: float, *, collector: str = "x") -> Gap:
    return Gap(collector, collector[0], at(start), at(end), "down")


def tick(*parts: Batch | Gap | Fault) -> Tick:
    return Tick(
        START,
        tuple(part for part in parts if isinstance(part, Batch)),
        tuple(part for part in parts if isinstance(part, Gap)),
        tuple(part for part in parts if isinstance(part, Fault)),
    )


def coverage(*ticks: Tick, collectors: str = "x") -> Coverage:
    """Make the coverage of collectors whose source is their first letter: "x x2 r"."""
    made = Coverage({name: name[0] for name in collectors.split()})
    for each in ticks:
        made.take(each)
    return made


def minutes(made: Coverage, source: str = "x", *, until: int = 12) -> list[int]:
    return [minute for minute in range(until) if source in made.covered(at(minute))]


@pytest.mark.parametrize(
    ("moment", "start"), [(at(0), at(0)), (at(0) + timedelta(microseconds=1), at(1)), (at(0) + 59 * SECOND, at(1))]
)
def test_the_next_minute_is_a_whole_one(moment: datetime, start: datetime) -> None:
    assert next_minute(moment) == start


def test_a_batch_covers_the_whole_minutes_that_it_vouches_for() -> None:
    assert minutes(coverage(tick(batch(2, 5)))) == [2, 3, 4]


def test_half_a_minute_is_not_covered() -> None:
    assert minutes(coverage(tick(batch(1.5, 4.5)))) == [2, 3]


def test_two_batches_share_a_minute() -> None:
    assert minutes(coverage(tick(batch(0, 2.5)), tick(batch(2.5, 4)))) == [0, 1, 2, 3]


def test_batches_of_one_tick_need_no_order() -> None:
    made = coverage(tick(batch(0, 3), batch(3, 5), batch(3, 4)))
    assert minutes(made) == [0, 1, 2, 3, 4]
    assert made.passed == at(5)


def test_a_gap_in_the_middle_of_a_minute_uncovers_it() -> None:
    made = coverage(tick(batch(0, 3.2)), tick(gap(3.2, 3.8)), tick(batch(3.8, 8)))
    assert minutes(made) == [0, 1, 2, 4, 5, 6, 7]


@pytest.mark.parametrize(("start", "end", "lost"), [(3, 5, [3, 4]), (2.9, 5.1, [2, 3, 4, 5]), (3, 3, []), (5, 3, [])])
def test_a_gap_uncovers_every_minute_that_it_touches(start: float, end: float, lost: list[int]) -> None:
    made = coverage(tick(batch(0, 8)), tick(gap(start, end)))
    assert minutes(made, until=8) == [minute for minute in range(8) if minute not in lost]


def test_a_gap_is_final_whatever_arrives_later() -> None:
    made = coverage(tick(batch(0, 3)), tick(gap(3, 5)), tick(batch(2, 8)))
    assert minutes(made) == [0, 1, 2, 5, 6, 7]


def test_gaps_and_batches_of_one_tick_stand_side_by_side() -> None:
    made = coverage(tick(batch(0, 3), gap(3, 5), batch(5, 8)))
    assert minutes(made) == [0, 1, 2, 5, 6, 7]
    assert made.passed == at(8)


@pytest.mark.parametrize(("since", "lost"), [(5.5, [3, 4, 5]), (4, [3]), (3.01, [3]), (3, []), (1, [])])
def test_a_batch_that_begins_after_what_had_passed_leaves_a_hole(since: float, lost: list[int]) -> None:
    made = coverage(tick(batch(0, 3)), tick(batch(since, 8)))
    assert minutes(made, until=8) == [minute for minute in range(8) if minute not in lost]
    assert made.passed == at(8)


def test_what_follows_a_first_gap_must_join_on() -> None:
    made = coverage(tick(gap(0, 2)), tick(batch(4, 6)))
    assert minutes(made) == [4, 5]


def test_nothing_is_covered_beyond_the_last_batch() -> None:
    made = coverage(tick(batch(0, 2)))
    assert minutes(made, until=2000) == [0, 1]


@pytest.mark.parametrize(("through", "passed"), [(1, 3), (5, 5)])
def test_a_batch_that_vouches_for_less_takes_nothing_back(through: float, passed: float) -> None:
    made = coverage(tick(batch(0, 3)), tick(batch(0, through)))
    assert (made.marks["x"].through, made.passed) == (at(passed), at(passed))


class TestTwoCollectorsOfOneSource:
    def test_one_of_them_is_enough(self) -> None:
        made = coverage(tick(batch(0, 6), gap(2, 4), batch(0, 6, collector="x2")), collectors="x x2")
        assert minutes(made) == [0, 1, 2, 3, 4, 5]

    def test_halves_of_a_minute_do_not_add_up(self) -> None:
        made = coverage(tick(batch(0, 3.5), gap(3.5, 6)), tick(batch(3.5, 6, collector="x2")), collectors="x x2")
        assert minutes(made) == [0, 1, 2, 4, 5]

    def test_a_minute_waits_for_the_slower_one(self) -> None:
        made = coverage(tick(batch(0, 6), batch(0, 4, collector="x2")), collectors="x x2")
        assert made.passed == at(4)

    def test_both_down_is_a_hole(self) -> None:
        parts = (batch(0, 9), gap(2, 5), batch(0, 9, collector="x2"), gap(4, 7, collector="x2"))
        assert minutes(coverage(tick(*parts), collectors="x x2")) == [0, 1, 2, 3, 5, 6, 7, 8]

    def test_they_are_one_source(self) -> None:
        assert coverage(collectors="x2 r x").sources == ("r", "x")


class TestALateBeginner:
    made = coverage(tick(batch(1, 9), batch(4.5, 9, collector="r")), collectors="x r")

    def test_the_earlier_one_is_covered_alone(self) -> None:
        assert minutes(self.made, "x") == [1, 2, 3, 4, 5, 6, 7, 8]
        assert minutes(self.made, "r") == [5, 6, 7, 8]

    def test_the_watch_begins_with_the_earlier_one(self) -> None:
        assert self.made.begins == at(1)


def test_nothing_has_passed_until_everybody_was_heard() -> None:
    made = coverage(tick(batch(0, 5)), collectors="x r")
    assert made.passed is None
    made.take(tick(Fault("r", "r", START, "down")))
    assert made.passed is None
    made.take(tick(gap(0, 3, collector="r")))
    assert made.passed == at(3)


def test_without_collectors_nothing_passes() -> None:
    made = Coverage({})
    assert (made.passed, made.begins, made.covered(START)) == (None, None, frozenset())


def test_a_watch_begins_at_the_first_whole_minute_that_anybody_speaks_of() -> None:
    assert coverage().begins is None
    assert coverage(tick(batch(1.5, 5))).begins == at(2)
    assert coverage(tick(gap(0.5, 2), batch(2, 5))).begins == at(1)


class TestTheNextCoveredMinute:
    def test_it_follows_the_gap(self) -> None:
        assert coverage(tick(batch(0, 9), gap(2, 4.5))).next_covered(at(2)) == at(5)

    def test_it_follows_the_gap_of_whoever_is_back_first(self) -> None:
        parts = (batch(0, 9), gap(2, 6), batch(0, 9, collector="r"), gap(1, 4, collector="r"))
        made = coverage(tick(*parts), collectors="x r")
        assert made.next_covered(at(2)) == at(4)

    def test_it_follows_the_last_of_gaps_that_overlap(self) -> None:
        assert coverage(tick(batch(0, 9), gap(2, 4), gap(3, 6))).next_covered(at(2)) == at(6)

    def test_it_may_lie_between_two_gaps(self) -> None:
        assert coverage(tick(batch(0, 9), gap(2, 4), gap(5, 6))).next_covered(at(2)) == at(4)
        assert coverage(tick(batch(0, 9), gap(2, 4.5), gap(4.7, 6))).next_covered(at(2)) == at(6)

    def test_it_may_be_where_a_late_beginner_begins(self) -> None:
        made = coverage(tick(gap(0, 9), batch(3.5, 9, collector="r")), collectors="x r")
        assert made.next_covered(at(0)) == at(4)

    def test_none_is_known_while_everybody_is_down(self) -> None:
        assert coverage(tick(batch(0, 2), gap(2, 9))).next_covered(at(2)) is None

    def test_half_a_minute_after_a_gap_is_none(self) -> None:
        made = coverage(tick(batch(0, 2), gap(2, 9), batch(9, 9.5)))
        assert made.next_covered(at(2)) is None


def test_the_marks_that_changed_are_told() -> None:
    made = coverage(collectors="x r")
    assert made.take(tick(batch(0, 5, cursor="c1"))) == (
        Mark("x", "x", since=at(0), through=at(5), passed=at(5), cursor="c1"),
    )
    assert made.take(tick()) == ()
    retry = at(9)
    assert made.take(tick(Fault("r", "r", START, "no way in", retry))) == (
        Mark("r", "r", fault="no way in", retry_at=retry),
    )


def test_a_fault_stands_until_the_next_batch() -> None:
    made = coverage(tick(batch(0, 3, cursor="c1")), tick(Fault("x", "x", START, "down", at(9)), gap(3, 5)))
    assert made.marks["x"] == Mark(
        "x", "x", since=at(0), through=at(3), passed=at(5), cursor="c1", fault="down", retry_at=at(9)
    )
    made.take(tick(batch(5, 6, cursor="c2")))
    assert made.marks["x"] == Mark("x", "x", since=at(0), through=at(6), passed=at(6), cursor="c2")


def test_strangers_are_not_listened_to() -> None:
    made = coverage(tick(batch(0, 3, collector="q"), gap(0, 3, collector="q"), Fault("q", "q", START, "down")))
    assert made.marks == {"x": Mark("x", "x")}


def test_marks_and_gaps_are_taken_up_again() -> None:
    first = coverage(tick(batch(0, 9), gap(2, 4)), tick(batch(9, 9.5)))
    again = Coverage({"x": "x"}, marks=first.marks.values(), gaps=[gap(2, 4), gap(0, 9, collector="gone")])
    assert minutes(again) == minutes(first) == [0, 1, 4, 5, 6, 7, 8]
    assert again.passed == first.passed


def test_a_new_collector_holds_up_nobody_s_past() -> None:
    first = coverage(tick(batch(0, 9)))
    again = Coverage({"x": "x", "r": "r"}, marks=first.marks.values())
    assert again.passed is None
    again.take(tick(batch(7, 10, collector="r")))
    assert again.passed == at(9)
    assert minutes(again, "r") == [7, 8, 9]


def test_gaps_of_settled_minutes_are_forgotten_and_others_kept() -> None:
    made = coverage(tick(batch(0, 12), gap(1, 3), gap(4, 6.5)))
    made.forget_before(at(6))
    assert made._gaps["x"] == [gap(4, 6.5)]
    assert 6 not in minutes(made)
