from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tiktokwatch.outage.board import Board, Expected, hold, sum_up
from tiktokwatch.records import Outage

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def signal(
    after: float,
    *,
    onset: float | None = None,
    end: float | None = None,
    verdict: str = "technical",
    aspect: str = "app",
) -> Outage:
    began = at(after if onset is None else onset)
    ended = None if end is None else at(end)
    return Outage(1, aspect, "calm", verdict, began, at(after), ended_at=ended, reason="7 people")


def held(*found: Outage, expected: tuple[Expected, ...] = (), days: float = 1.0) -> Board:
    return hold(found, expected, start=START, end=START + days * DAY)


OUTAGE = Expected(at(600), at(720))


def test_a_signal_during_the_outage_is_a_hit_with_its_delay_and_onset_error() -> None:
    board = held(signal(607, onset=598, end=740), expected=(OUTAGE,))
    [met] = board.met
    assert (met.delay, met.onset_error) == (minutes(7), minutes(2))
    assert (board.false, board.faults) == ((), [])


@pytest.mark.parametrize(
    ("after", "belongs"), [(584, False), (585, True), (600, True), (719, True), (749, True), (750, False)]
)
def test_what_belongs_to_an_outage_begins_shortly_before_it_and_ends_shortly_after(after: float, belongs: bool) -> None:  # noqa: FBT001
    board = held(signal(after), expected=(OUTAGE,))
    assert bool(board.met[0].signals) is belongs
    assert len(board.false) == (not belongs)


def test_between_two_outages_a_signal_belongs_to_the_later_one() -> None:
    second = Expected(at(740), at(800))
    board = held(signal(742), expected=(OUTAGE, second))
    assert [len(met.signals) for met in board.met] == [0, 1]


def test_more_signals_of_one_outage_are_repeats_not_false_alarms() -> None:
    figures = sum_up([held(signal(650), signal(605), signal(700), expected=(OUTAGE,))])
    assert (figures.detected, figures.repeats, figures.false, figures.precision) == (1, 2, 0, 1.0)
    assert figures.delay_median == minutes(5)


def test_precision_recall_and_f_are_over_all_boards() -> None:
    boards = [
        held(signal(605), expected=(OUTAGE,)),
        held(expected=(OUTAGE,)),
        held(signal(100), signal(200)),
    ]
    figures = sum_up(boards)
    assert (figures.expected, figures.detected, figures.false) == (2, 1, 2)
    assert figures.precision == pytest.approx(1 / 3)
    assert figures.recall == pytest.approx(1 / 2)
    assert figures.f05 == pytest.approx(1.25 * (1 / 3) * (1 / 2) / (0.25 / 3 + 1 / 2))


def test_coverage_counts_overlapping_alarms_once_and_one_that_never_ends_until_the_end() -> None:
    board = held(signal(60, end=180), signal(120, end=240), signal(1380))
    assert board.alarmed == minutes(180 + 60)
    figures = sum_up([board])
    assert figures.coverage == pytest.approx(240 / 1440)


def test_false_alarms_are_counted_per_thirty_days_without_the_outages() -> None:
    board = held(signal(10), signal(605), expected=(OUTAGE,), days=2)
    assert board.calm == 2 * DAY - minutes(15 + 120 + 30)
    assert sum_up([board]).false_per_30_days == pytest.approx(30 * DAY / board.calm)


def test_an_adjusted_score_takes_the_coverage_off() -> None:
    figures = sum_up([held(signal(600, end=1320), expected=(OUTAGE,))])
    assert figures.f05 == 1.0
    assert figures.adjusted == pytest.approx(0.5)


def test_percentiles_are_delays_that_occurred() -> None:
    boards = [held(signal(600 + delay), expected=(OUTAGE,)) for delay in (9, 1, 2, 3, 4, 5, 6, 7, 8, 100)]
    figures = sum_up(boards)
    assert (figures.delay_median, figures.delay_p90) == (minutes(5), minutes(9))


def test_verdict_and_aspect_are_judged_where_named_and_a_missed_outage_has_the_wrong_ones() -> None:
    named = Expected(at(600), at(720), verdict="partial", aspect="login")
    boards = [
        held(signal(605, verdict="partial", aspect="app"), expected=(named,)),
        held(expected=(named,)),
        held(signal(605, verdict="policy", aspect="feed"), expected=(OUTAGE,)),
    ]
    figures = sum_up(boards)
    assert (figures.verdicts, figures.aspects) == (0.5, 0.0)


def test_every_broken_expectation_is_a_sentence() -> None:
    strict = Expected(at(600), at(720), "partial", "login", by=minutes(10), onset=(minutes(-5), minutes(5)))
    board = held(signal(611, onset=606), signal(100, verdict="both"), expected=(strict,))
    assert board.faults == [
        "The signal came after 11 min, not within 10 min.",
        "The onset is off by 6 min.",
        "The verdict is technical, not partial.",
        "The aspect is app, not login.",
        "A false both signal at 01 Mar 01:40: 7 people.",
    ]
    assert held(signal(610, onset=595, verdict="partial", aspect="login"), expected=(strict,)).faults == []
    assert held(expected=(strict,)).faults == ["No signal of the outage of 01 Mar 10:00."]


def test_nothing_to_sum_up_gives_no_figures() -> None:
    figures = sum_up([held()])
    assert (figures.precision, figures.recall, figures.f05, figures.delay_median, figures.verdicts) == (None,) * 5
    assert (figures.coverage, figures.false_per_30_days) == (0.0, 0.0)
    assert sum_up([]).coverage is None
