from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tiktokwatch.outage.evidence import AGREEMENT_CAP, Fused, Sensitivity, fuse, signal_of
from tiktokwatch.records import Score, Signal


def score(surprise: float, *, source: str = "x", observed: int = 10, expected: float = 1.0, window: int = 5) -> Score:
    return Score(source, window, observed, expected, surprise)


def test_the_longest_surprise_wins() -> None:
    best = fuse({5: [score(3)], 15: [score(7)], 60: [score(5)]})
    assert (best.window, best.surprise, best.scores) == (15, 7.0, (score(7),))


def test_the_shorter_window_wins_where_two_surprise_alike() -> None:
    assert fuse({60: [score(3)], 15: [score(3)], 5: [score(2)]}).window == 15
    assert fuse({60: [score(0)], 15: [score(0)], 5: [score(0)]}).window == 5


@pytest.mark.parametrize(
    ("surprises", "total"),
    [
        ((4.0,), 4.0),
        # Fisher: P(chi-squared with 4 degrees of freedom > 2 S ln 10) = 10**-S * (1 + S ln 10).
        ((4.0, 1.5), 4.3644),
        ((1.5, 4.0), 4.3644),
        ((4.0, 3.0), 4.8293),
        # Three sources of which one surprises are no more than that one.
        ((4.0, 1.2, 1.3), 4.0),
        ((9.0, 9.0), 9.5796),
    ],
)
def test_what_other_sources_add_is_capped(surprises: tuple[float, ...], total: float) -> None:
    assert AGREEMENT_CAP == 2.0
    best = fuse({5: [score(surprise, source=f"s{number}") for number, surprise in enumerate(surprises)]})
    assert best.surprise == pytest.approx(total, abs=1e-4)


def test_a_quiet_source_takes_nothing_away() -> None:
    loud = score(6)
    assert fuse({5: [loud, score(0, source="reddit", observed=0)]}).surprise == 6


def test_counts_are_sums_over_sources() -> None:
    best = fuse({5: [score(1, observed=4, expected=0.5), score(2, source="reddit", observed=3, expected=1.25)]})
    assert (best.observed, best.expected) == (7, 1.75)


def test_nobody_covered_is_blind() -> None:
    blind = fuse({5: [], 15: []})
    assert (blind.surprise, blind.scores, blind.observed, blind.expected) == (0.0, (), 0, 0)
    assert signal_of(blind, Sensitivity()) == "blind"


@pytest.mark.parametrize(
    ("every", "threshold"),
    [(timedelta(days=1), 3.0969), (timedelta(days=30), 4.5740), (timedelta(days=300), 5.5740)],
)
def test_the_threshold_is_what_chance_reaches_once_in_that_time(every: timedelta, threshold: float) -> None:
    # 1250 independent looks a day; ten times as long is one more.
    assert Sensitivity(false_alarm_every=every).threshold == pytest.approx(threshold, abs=1e-4)


HIGH = Sensitivity().threshold


@pytest.mark.parametrize(
    ("surprise", "observed", "expected", "signal"),
    [
        (HIGH, 10, 1.0, "high"),
        (HIGH - 1e-9, 10, 1.0, "low"),
        (HIGH / 2, 10, 1.0, "low"),
        (HIGH / 2 - 1e-9, 10, 1.0, "quiet"),
        (0.0, 0, 1.0, "quiet"),
        (HIGH, 5, 1.0, "high"),
        (HIGH, 4, 1.0, "low"),  # four people are an anecdote
        (50.0, 4, 0.0, "low"),
        (HIGH, 25, 10.0, "high"),
        (HIGH, 24, 10.0, "low"),  # a busy evening is less than that
    ],
)
def test_a_signal_needs_surprise_and_people_and_a_ratio(
    surprise: float, observed: int, expected: float, signal: Signal
) -> None:
    fused = Fused(5, surprise, (score(surprise, observed=observed, expected=expected),))
    assert signal_of(fused, Sensitivity()) == signal


def test_people_and_ratio_are_the_user_s_to_set() -> None:
    fused = fuse({5: [score(9, observed=6, expected=2.0)]})
    assert signal_of(fused, Sensitivity(minimum_people=6, minimum_ratio=3.0)) == "high"
    assert signal_of(fused, Sensitivity(minimum_people=7)) == "low"
    assert signal_of(fused, Sensitivity(minimum_ratio=3.1)) == "low"
    assert signal_of(fused, Sensitivity(false_alarm_every=timedelta(days=10**7))) == "low"


@pytest.mark.parametrize(("recovered", "signal"), [(0, "high"), (5, "high"), (11, "high"), (12, "low"), (40, "low")])
def test_as_many_who_say_that_it_is_back_as_complain_end_it(recovered: int, signal: str) -> None:
    fused = fuse({5: [score(9, observed=12, expected=1.0)]})
    assert signal_of(fused, Sensitivity(), recovered=recovered) == signal


def test_what_may_be_mistaken_counts_for_nobody() -> None:
    loud = score(9, observed=12, expected=1.0)
    assert signal_of(fuse({5: [replace(loud, mistaken=7.0)]}), Sensitivity()) == "high"
    assert signal_of(fuse({5: [replace(loud, mistaken=7.1)]}), Sensitivity()) == "low"
