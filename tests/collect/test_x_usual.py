from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tiktokwatch.collect.x_usual import HOURS, UNKNOWN, as_json, is_odd, learned, usual_in
from tiktokwatch.records import MINUTE

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)


def steady(rate: int, *, minutes: int = 1440, through: datetime = NOON) -> dict[datetime, int]:
    return {through - MINUTE * back: rate for back in range(1, minutes + 1)}


@pytest.mark.parametrize(
    ("usual", "recent", "odd"),
    [(4, 4, False), (4, 6, False), (4, 9, True), (0, 0, False), (0, 1, True), (100, 190, False), (100, 210, True)],
)
def test_far_more_than_usual_is_odd(usual: int, recent: int, *, odd: bool) -> None:
    assert is_odd(learned(UNKNOWN, steady(usual)), steady(recent, minutes=5), through=NOON) is odd


def test_without_a_past_nothing_is_odd() -> None:
    assert not is_odd(UNKNOWN, steady(10**6), through=NOON)


def test_an_hour_never_seen_is_like_the_others() -> None:
    usual = learned(UNKNOWN, steady(4, minutes=60))

    early = NOON - timedelta(hours=5)
    assert not is_odd(usual, steady(5, minutes=5, through=early), through=early)
    assert is_odd(usual, steady(9, minutes=5, through=early), through=early)


def test_a_few_quiet_minutes_do_not_make_an_hour_quiet() -> None:
    usual = learned(learned(UNKNOWN, steady(4, minutes=120)), {NOON: 0, NOON + MINUTE: 0})

    assert usual[10:13] == (4.0, 4.0, pytest.approx(4 * (1 - 2 / 300)))
    assert learned(UNKNOWN, {NOON: 2, NOON + MINUTE: 4})[12] == 3.0


def test_what_seldom_happens_is_not_usual_never() -> None:
    week = {at: int(at.minute % 5 == 0) for at in steady(0, minutes=7 * 1440)}

    assert learned(UNKNOWN, week) == (pytest.approx(0.2),) * HOURS


def test_each_hour_has_its_own_usual() -> None:
    week = steady(2, minutes=7 * 1440)
    week = {at: 20 if at.hour == 11 else rate for at, rate in week.items()}
    usual = learned(UNKNOWN, week)

    assert not is_odd(usual, steady(20, minutes=5), through=NOON)
    assert is_odd(usual, steady(20, minutes=5, through=NOON + timedelta(hours=3)), through=NOON + timedelta(hours=3))


def test_an_outage_in_the_first_week_is_not_taken_for_usual() -> None:
    week = steady(2, minutes=7 * 1440)
    week = {at: 500 if at > NOON - timedelta(hours=6) else rate for at, rate in week.items()}

    assert is_odd(learned(UNKNOWN, week), steady(20, minutes=5), through=NOON)


def test_an_outage_is_hardly_learned_and_a_new_normal_within_days() -> None:
    usual = learned(UNKNOWN, steady(10))
    for minute in range(180, 0, -1):
        usual = learned(usual, {NOON - MINUTE * minute: 5000})
    assert is_odd(usual, steady(30, minutes=5), through=NOON)

    usual = learned(UNKNOWN, steady(10))
    for day in range(8):
        for minute in range(1440, 0, -6):
            usual = learned(usual, steady(30, minutes=6, through=NOON + timedelta(days=day) - MINUTE * (minute - 6)))
    assert not is_odd(usual, steady(30, minutes=5), through=NOON)


def test_chance_alone_is_odd_less_than_once_a_day() -> None:
    noise = np.random.default_rng(7)
    usual = learned(UNKNOWN, steady(6))
    days, odd = 10, 0
    for _ in range(days * 1440):
        counts = noise.poisson(6, 5)
        odd += is_odd(
            usual, {NOON - MINUTE * (back + 1): int(count) for back, count in enumerate(counts)}, through=NOON
        )

    assert odd <= days


def test_what_is_usual_survives_being_written_down() -> None:
    usual = learned(UNKNOWN, steady(7, minutes=300))

    assert usual_in(json.loads(json.dumps(as_json(usual)))) == usual


@pytest.mark.parametrize("value", [None, [], {}, "4", [1] * 23, 7])
def test_what_is_no_usual_is_unknown(value: object) -> None:
    assert usual_in(value) == UNKNOWN


def test_what_is_no_rate_is_unknown() -> None:
    assert usual_in([-1, float("inf"), float("nan"), "3", None, 4, *[2.5] * 18]) == (*[None] * 5, 4.0, *[2.5] * 18)
    assert len(UNKNOWN) == HOURS
