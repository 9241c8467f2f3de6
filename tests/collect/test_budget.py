from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.expenses import Ledger
from tiktokwatch.collect.budget import Budget, Limits
from tiktokwatch.records import Expense

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MIDNIGHT = NOON.replace(hour=0)
PRICES = {"post": 0.005, "request": 0.005}
AMPLE = Limits(dollars_per_day=1000, dollars_per_month=30000, posts_per_day=10**6, posts_per_month=10**7)


def budget(ledger: Ledger, **options: object) -> Budget:
    limits = {field: getattr(AMPLE, field) for field in AMPLE.__slots__}
    limits |= {name: options.pop(name) for name in tuple(options) if name in limits}
    common = {"source": "x", "limits": Limits(**limits), "prices": PRICES, "essential": {}, "expenses": ledger}
    return Budget(**{**common, **options})


def spend(ledger: Ledger, units: int, at: datetime, *, kind: str = "post", price: float = 0.005) -> None:
    ledger.book(Expense("x", at.replace(minute=0, second=0), kind, units, units * price))


def test_what_is_granted_is_booked_at_once_for_its_hour() -> None:
    ledger = Ledger()

    granted = budget(ledger).grant("post", 100, now=NOON + timedelta(minutes=7))

    assert granted == 100
    assert ledger.expenses(source="x", since=NOON) == [Expense("x", NOON, "post", 100, 0.5)]


def test_what_was_not_used_can_be_had_again() -> None:
    ledger = Ledger()
    purse = budget(ledger, posts_per_day=100)
    purse.grant("post", 100, now=NOON, essential=True)
    purse.give_back("post", 60, now=NOON)

    assert purse.grant("post", 100, now=NOON, essential=True) == 60
    assert purse.grant("post", 1, now=NOON, essential=True) == 0


def test_what_is_given_back_comes_off_the_newest_hours_of_the_day() -> None:
    ledger = Ledger()
    purse = budget(ledger)
    for hours in (0, 1):
        purse.grant("post", 10, now=NOON + timedelta(hours=hours))
    purse.grant("request", 10, now=NOON)

    purse.give_back("post", 15, now=NOON + timedelta(hours=2))

    assert [(e.at.hour, e.kind, e.units) for e in ledger.expenses(source="x", since=NOON)] == [
        (12, "post", 5),
        (12, "request", 10),
        (13, "post", 0),
    ]


def test_no_more_is_taken_back_than_was_granted_on_that_day() -> None:
    ledger = Ledger()
    purse = budget(ledger)
    purse.grant("post", 10, now=NOON)

    purse.give_back("post", 50, now=NOON + timedelta(days=1))
    assert ledger.booked("post") == 10
    purse.give_back("post", 50, now=NOON)
    assert ledger.booked("post") == 0


def test_fewer_than_the_least_are_not_granted_and_not_booked() -> None:
    ledger = Ledger()
    purse = budget(ledger, posts_per_day=9)

    assert purse.grant("post", 100, now=NOON, least=10, essential=True) == 0
    assert ledger.booked("post") == 0
    assert purse.grant("post", 100, now=NOON, essential=True) == 9


@pytest.mark.parametrize(
    ("limit", "at", "granted"),
    [
        ({"dollars_per_day": 0.1}, NOON, 20),
        ({"dollars_per_month": 0.3}, NOON, 60),
        ({"posts_per_day": 7}, NOON, 7),
        ({"posts_per_month": 77}, NOON, 77),
    ],
)
def test_each_limit_holds_and_comes_back(limit: dict[str, float], at: datetime, granted: int) -> None:
    ledger = Ledger()
    purse = budget(ledger, **limit)

    assert purse.grant("post", 1000, now=at, essential=True) == granted
    assert purse.grant("post", 1000, now=at, essential=True) == 0
    later = NOON.replace(day=26, hour=0) if "day" in next(iter(limit)) else datetime(2026, 12, 1, tzinfo=UTC)
    assert purse.grant("post", 1000, now=later - timedelta(microseconds=1), essential=True) == 0
    assert purse.grant("post", 1000, now=later, essential=True) == granted


def test_requests_do_not_count_against_caps_on_posts() -> None:
    assert budget(Ledger(), posts_per_day=0, posts_per_month=0).grant("request", 5, now=NOON) == 5


def test_what_costs_nothing_and_has_no_cap_is_granted() -> None:
    assert budget(Ledger(), prices={"request": 0.0}, dollars_per_day=0).grant("request", 5, now=NOON) == 5


def test_a_price_that_rose_does_not_change_what_was_paid() -> None:
    ledger = Ledger()
    spend(ledger, 100, NOON, price=0.005)

    state = budget(ledger, prices={"post": 0.01, "request": 0.01}).state(NOON)

    assert (state.dollars_today, state.posts_today) == (0.5, 100)


def test_the_state_tells_days_and_months_apart() -> None:
    ledger = Ledger()
    spend(ledger, 5, datetime(2026, 10, 31, 23, tzinfo=UTC))
    spend(ledger, 7, datetime(2026, 11, 1, tzinfo=UTC))
    spend(ledger, 11, MIDNIGHT)
    spend(ledger, 13, NOON, kind="request")

    state = budget(ledger).state(NOON)

    assert (state.posts_today, state.posts_this_month) == (11, 18)
    assert (state.dollars_today, state.dollars_this_month) == (24 * 0.005, 31 * 0.005)
    assert state.limits == AMPLE


def test_what_calm_needs_of_the_rest_of_the_day_is_kept_from_all_else() -> None:
    # Half of the day needs 48 of 96 requests; of the two that are left over, an hour may use one.
    ledger = Ledger()
    spend(ledger, 46, MIDNIGHT, kind="request")
    purse = budget(ledger, dollars_per_day=96 * 0.005, essential={"request": 96})

    assert [purse.grant("post", 100, now=NOON), purse.grant("post", 100, now=NOON)] == [1, 0]
    assert [purse.grant("request", 100, now=NOON), purse.grant("request", 100, now=NOON, essential=True)] == [0, 49]


def test_what_calm_did_not_need_of_the_hour_is_free_for_all_else() -> None:
    purse = budget(Ledger(), dollars_per_day=24 * 0.005, essential={"request": 24})

    assert [purse.grant("post", 9, now=MIDNIGHT + timedelta(minutes=minute)) for minute in (0, 59)] == [0, 0]
    assert purse.grant("post", 9, now=MIDNIGHT + timedelta(minutes=60)) == 0
    assert purse.grant("post", 9, now=NOON) == 6


def test_an_hour_may_use_half_of_what_is_left_and_the_last_one_all() -> None:
    ledger = Ledger()
    purse = budget(ledger, posts_per_day=800)

    granted = [purse.grant("post", 1000, now=MIDNIGHT + timedelta(hours=hour)) for hour in (0, 0, 1, 2, 20, 23)]

    assert granted == [400, 0, 200, 100, 50, 50]


def test_a_day_may_use_half_of_what_is_left_of_the_month_and_the_last_one_all() -> None:
    ledger = Ledger()
    purse = budget(ledger, posts_per_month=800)
    days = [datetime(2026, 11, day, 23, 30, tzinfo=UTC) for day in (1, 1, 2, 28, 30)]

    assert [purse.grant("post", 1000, now=day) for day in days] == [400, 0, 200, 100, 100]


def test_today_leaves_the_days_to_come_what_they_need() -> None:
    # Seven days of ten requests each, and two more of which a day may use one; today needed nine so far, and used none.
    ledger = Ledger()
    now = datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)
    purse = budget(ledger, dollars_per_month=0.005 * 72, essential={"request": 10})

    assert purse.grant("post", 100, now=now) == 1 + 9


@pytest.mark.parametrize(
    ("limit", "kind", "sentence", "hours"),
    [
        ({"dollars_per_day": 1.5}, "request", "x: the budget of the day ($1.50) is spent, back at 00:00 UTC", 12),
        (
            {"dollars_per_month": 40},
            "post",
            "x: the budget of the month ($40) is spent, back on 1 Dec",
            12 + 5 * 24,
        ),
        ({"posts_per_day": 100}, "post", "x: the cap of 100 posts a day is reached, back at 00:00 UTC", 12),
        (
            {"posts_per_month": 10_000},
            "post",
            "x: the cap of 10,000 posts a month is reached, back on 1 Dec",
            12 + 5 * 24,
        ),
        ({"posts_per_day": 10**6 + 1}, "post", "x: what is left of the budget is kept for the hours to come", 1),
    ],
)
def test_a_refusal_says_which_limit_it_was_and_when_it_is_over(
    limit: dict[str, float], kind: str, sentence: str, hours: int
) -> None:
    ledger = Ledger()
    purse = budget(ledger, **limit)
    purse.grant(kind, 10**6, now=NOON, essential=hours > 1)

    error = purse.why_not(NOON, kind=kind)

    assert ledger.booked(kind) > 0
    assert (error.reason, error.retry_after, error.permanent) == (sentence, hours * 3600, False)
    assert purse.grant(kind, 1, now=NOON) == 0
    assert purse.grant(kind, 1, now=NOON + timedelta(seconds=error.retry_after)) == 1
