from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktokwatch.records import MINUTE, REMEMBERED, Bucket
from tiktokwatch.trend.baseline import SeasonalBaseline, hour_of
from tiktokwatch.trend.tail import surprise

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)

Rate = Callable[[datetime], int]


def every(step: timedelta, *, start: datetime, length: timedelta, rate: Rate, source: str = "x") -> list[Bucket]:
    """Make a bucket at each step; a day of every 20 minutes tells an hour as well as one of every minute."""
    moments = (start + number * step for number in range(length // step))
    return [Bucket(source, at, covered=True, complaints=rate(at)) for at in moments]


def learned(*parts: Iterable[Bucket]) -> SeasonalBaseline:
    baseline = SeasonalBaseline()
    for part in parts:
        for bucket in part:
            baseline.learn(bucket)
    return baseline


def window(end: datetime, complaints: int, *, length: int = 15, source: str = "x") -> list[Bucket]:
    start = end - length * MINUTE
    return [
        Bucket(source, start + number * MINUTE, covered=True, complaints=complaints if number == 0 else 0)
        for number in range(length)
    ]


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 0, 59, 59, 999_999, tzinfo=UTC), 0),
        (datetime(1970, 1, 2, 1, tzinfo=UTC), 25),
    ],
)
def test_hours_are_counted_from_the_epoch(at: datetime, hours: int) -> None:
    assert hour_of(at) == hours


def test_before_anything_is_learned_the_prior_speaks() -> None:
    baseline = SeasonalBaseline()
    assert baseline.expected("x", MONDAY) == pytest.approx(0.2)
    assert baseline.score("x", window(MONDAY, 3)).expected == pytest.approx(15 * 0.2)


@pytest.mark.parametrize("rate", [0, 1, 4])
def test_a_steady_rate_is_learned_within_a_day(rate: int) -> None:
    baseline = learned(every(MINUTE, start=MONDAY, length=DAY, rate=lambda _: rate))
    assert baseline.expected("x", MONDAY + DAY + 6 * HOUR) == pytest.approx(rate, rel=0.02, abs=0.001)


def test_the_hour_of_the_day_is_learned_within_two_weeks() -> None:
    baseline = learned(every(MINUTE, start=MONDAY, length=10 * DAY, rate=lambda at: 6 if 18 <= at.hour < 22 else 1))
    thursday = MONDAY + 10 * DAY
    assert baseline.expected("x", thursday + 20 * HOUR) == pytest.approx(6, rel=0.1)
    assert baseline.expected("x", thursday + 6 * HOUR) == pytest.approx(1, rel=0.1)


def test_the_hour_of_the_week_is_learned_within_five() -> None:
    baseline = learned(
        every(MINUTE, start=MONDAY, length=4 * WEEK, rate=lambda at: 8 if at.weekday() == 5 else 2),
        every(MINUTE, start=MONDAY + 4 * WEEK, length=5 * DAY - HOUR, rate=lambda _: 2),
    )
    saturday = MONDAY + 4 * WEEK + 5 * DAY + 12 * HOUR
    assert baseline.expected("x", saturday) == pytest.approx(8, rel=0.2)
    assert baseline.expected("x", saturday - DAY) == pytest.approx(2, rel=0.15)


def test_the_day_before_yesterday_is_worth_more_than_the_mean_of_all() -> None:
    # A day on which a source doubled for good is believed sooner at the same hour than at others.
    baseline = learned(
        every(MINUTE, start=MONDAY, length=14 * DAY, rate=lambda _: 2),
        every(MINUTE, start=MONDAY + 14 * DAY, length=DAY, rate=lambda at: 6 if at.hour == 12 else 2),
    )
    noon = baseline.expected("x", MONDAY + 15 * DAY + 12 * HOUR)
    assert noon > baseline.expected("x", MONDAY + 15 * DAY + 4 * HOUR) > 1.9


@pytest.mark.parametrize(("beside", "is_like"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
@pytest.mark.parametrize("back", [DAY, 14 * DAY, 35 * DAY])
def test_neighbours_of_the_same_hour_are_like_it(beside: int, back: timedelta, *, is_like: bool) -> None:
    hour = MONDAY + 35 * DAY + 12 * HOUR
    alike = learned(every(MINUTE, start=hour - back + beside * HOUR, length=HOUR, rate=lambda _: 4))
    apart = learned(every(MINUTE, start=hour - back + 6 * HOUR, length=HOUR, rate=lambda _: 4))
    # Both know as much in all; what lies at the same hour pulls further.
    assert (alike.expected("x", hour) > apart.expected("x", hour)) is is_like


@pytest.mark.parametrize("days", [15, 20, 27])
def test_the_hour_of_the_day_reaches_back_two_weeks(days: int) -> None:
    hour = MONDAY + 35 * DAY + 12 * HOUR
    alike, apart = (
        learned(every(MINUTE, start=hour - days * DAY + shift, length=HOUR, rate=lambda _: 4))
        for shift in (timedelta(0), 6 * HOUR)
    )
    assert alike.expected("x", hour) == apart.expected("x", hour)


def test_sources_do_not_know_of_each_other() -> None:
    reddit = every(MINUTE, start=MONDAY, length=DAY, rate=lambda _: 9, source="reddit")
    baseline = learned(reddit)
    assert baseline.expected("x", MONDAY + DAY) == SeasonalBaseline().expected("x", MONDAY + DAY)


def wave(at: datetime) -> int:
    return (hour_of(at) * 7 + at.minute) % 5


def test_memory_is_finite() -> None:
    now = MONDAY + 8 * WEEK
    whole = every(20 * MINUTE, start=MONDAY, length=8 * WEEK, rate=wave)
    recent = [bucket for bucket in whole if bucket.at >= now - REMEMBERED]
    assert len(recent) < 0.7 * len(whole)
    long, short = learned(whole), learned(recent)
    for hour in range(24):
        at = now + hour * HOUR
        assert long.expected("x", at) == short.expected("x", at)
        assert long.score("x", window(at, 9)) == short.score("x", window(at, 9))
    assert len(long._hours["x"]) <= 5 * 7 * 24 + 1  # and the memory that it takes


def test_loud_weeks_are_forgotten_after_five() -> None:
    loud = every(20 * MINUTE, start=MONDAY, length=3 * WEEK, rate=lambda _: 50)
    calm = every(20 * MINUTE, start=MONDAY + 3 * WEEK, length=5 * WEEK, rate=lambda _: 1)
    assert learned(loud, calm).expected("x", MONDAY + 8 * WEEK) < 2
    assert learned(loud, calm[: 3 * len(calm) // 5]).expected("x", MONDAY + 6 * WEEK) > 5


@pytest.mark.parametrize("silence", [0, 1, 3, 12, 100, 700, 1000])
def test_reloading_what_is_remembered_is_exact_however_long_nothing_was_learned(silence: int) -> None:
    # During an outage, and while nobody looks, nothing is learned, but time passes.
    told = every(20 * MINUTE, start=MONDAY, length=6 * WEEK, rate=wave)
    settled = MONDAY + 6 * WEEK + silence * HOUR + 17 * MINUTE
    unbroken = learned(bucket for bucket in told if bucket.at < settled - 2 * HOUR)
    reloaded = learned(bucket for bucket in told if settled - REMEMBERED <= bucket.at < settled - 2 * HOUR)
    for ends in (settled - 10 * MINUTE, settled, settled + 50 * MINUTE):
        assert reloaded.expected("x", ends) == unbroken.expected("x", ends)
        assert reloaded.score("x", window(ends, 9, length=60)) == unbroken.score("x", window(ends, 9, length=60))


def test_looking_teaches_nothing() -> None:
    baseline = learned(every(MINUTE, start=MONDAY, length=DAY, rate=wave))
    before = baseline.expected("x", MONDAY + DAY)
    for hours in (5000, 100, 0):
        baseline.expected("x", MONDAY + hours * HOUR)
        baseline.score("x", window(MONDAY + hours * HOUR, 500))
    assert baseline.expected("x", MONDAY + DAY) == before


def test_a_score_is_the_tail_of_the_sum_of_its_minutes() -> None:
    baseline = learned(every(MINUTE, start=MONDAY, length=3 * DAY, rate=lambda at: 5 if at.hour < 12 else 1))
    over_noon = window(MONDAY + 3 * DAY + 12 * HOUR + 5 * MINUTE, 40)
    score = baseline.score("x", over_noon)
    assert (score.source, score.window, score.observed) == ("x", 15, 40)
    assert score.expected == pytest.approx(sum(baseline.expected("x", bucket.at) for bucket in over_noon))
    assert score.surprise > 0
    assert baseline.score("x", over_noon[:5]).window == 5


def test_a_young_watch_is_harder_to_surprise() -> None:
    # The same rate is expected of all three; what differs is how well it is known.
    told = []
    for length in (30 * MINUTE, 6 * HOUR, 14 * DAY):
        baseline = learned(every(5 * MINUTE, start=MONDAY, length=length, rate=lambda _: 1))
        at = MONDAY + 14 * DAY
        usual = baseline.expected("x", at)
        told.append(baseline.score("x", window(at, round(15 * usual * 4))).surprise)
    assert told[0] < told[1] < told[2]
    assert told[2] > 1.5 * told[0]


def test_an_hour_of_the_day_that_was_never_seen_is_harder_to_surprise() -> None:
    # Twelve hours of one day say how many complain, but not yet when.
    baseline = learned(every(MINUTE, start=MONDAY, length=12 * HOUR, rate=lambda _: 1))
    known, unknown = MONDAY + DAY + 6 * HOUR, MONDAY + DAY + 18 * HOUR
    assert baseline.expected("x", known) == pytest.approx(baseline.expected("x", unknown), rel=0.01)
    assert baseline.score("x", window(known, 60)).surprise > 1.4 * baseline.score("x", window(unknown, 60)).surprise


def test_even_a_well_known_hour_varies_more_than_chance() -> None:
    baseline = learned(every(20 * MINUTE, start=MONDAY, length=5 * WEEK, rate=lambda _: 4))
    score = baseline.score("x", window(MONDAY + 5 * WEEK, 120))
    almost_poisson = surprise(120, mean=score.expected, size=1e4)
    assert score.surprise < 0.3 * almost_poisson


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 30)), max_size=40), st.integers(0, 1800))
def test_the_usual_is_a_rate_whatever_was_learned(cells: list[tuple[int, int]], hour: int) -> None:
    buckets = [
        Bucket("x", MONDAY + hours * HOUR, covered=True, complaints=complaints) for hours, complaints in sorted(cells)
    ]
    baseline = learned(buckets)
    at = MONDAY + hour * HOUR
    highest = max([1.0, *(float(bucket.complaints) for bucket in buckets)])
    assert 0 < baseline.expected("x", at) <= highest
    observed = [baseline.score("x", window(at, complaints)).surprise for complaints in (0, 1, 10, 100)]
    assert observed == sorted(observed)
    assert observed[0] == 0.0


def test_a_wave_of_chatter_is_expected_to_bring_some_mistaken_complaints() -> None:
    baseline = learned(every(MINUTE, start=MONDAY, length=3 * DAY, rate=lambda _: 1))
    quiet = window(MONDAY + 3 * DAY, 30)
    wave = [replace(bucket, chatter=40) for bucket in quiet]
    politics = [replace(bucket, chatter=40, policy=40) for bucket in quiet]
    plain = baseline.score("x", quiet)
    assert baseline.score("x", wave).expected == plain.expected
    assert baseline.score("x", wave).mistaken == pytest.approx(0.1 * 40 * len(quiet))
    assert baseline.score("x", wave).surprise < plain.surprise
    assert baseline.score("x", politics) == plain


def test_chatter_that_is_usual_brings_none() -> None:
    baseline = SeasonalBaseline()
    for bucket in every(MINUTE, start=MONDAY, length=3 * DAY, rate=lambda _: 1):
        baseline.learn(replace(bucket, chatter=40))
    busy = [replace(bucket, chatter=40) for bucket in window(MONDAY + 3 * DAY, 30)]
    assert baseline.score("x", busy).mistaken == pytest.approx(0.0, abs=0.5)
