"""No sequence of requests, kills and hours passes a limit, and none takes from calm what it needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.expenses import Ledger
from tiktokwatch.collect.budget import Budget, Limits

START = datetime(2026, 11, 28, 22, 10, tzinfo=UTC)
DAY = timedelta(days=1)
PRICES = {"post": 0.005, "request": 0.007}

limits = st.builds(
    Limits,
    dollars_per_day=st.floats(0, 3),
    dollars_per_month=st.floats(0, 6),
    posts_per_day=st.integers(0, 300),
    posts_per_month=st.integers(0, 900),
)
# How long after the one before, of what, how many, how many of them come back (None: killed before), essential or not.
use = st.tuples(
    st.timedeltas(timedelta(0), timedelta(hours=8)),
    st.sampled_from(["post", "request"]),
    st.integers(1, 150),
    st.none() | st.integers(0, 150),
    st.booleans(),
)


@settings(deadline=None)
@given(limits, st.integers(0, 200), st.lists(use, max_size=60))
def test_no_limit_is_ever_passed(limits: Limits, calm: int, uses: list[tuple]) -> None:
    ledger, now, paid = Ledger(), START, []
    for pause, kind, units, unused, essential in uses:
        now += pause
        # A new one each time, as after a kill.
        budget = Budget(
            source="x", limits=limits, prices=PRICES, essential={"post": calm, "request": calm}, expenses=ledger
        )
        granted = budget.grant(kind, units, now=now, essential=essential)
        assert 0 <= granted <= units
        returned = 0 if unused is None else min(unused, granted)
        budget.give_back(kind, returned, now=now)
        paid.append((now, kind, granted - returned))

    for period, dollars, posts in (
        ("%Y-%m-%d", limits.dollars_per_day, limits.posts_per_day),
        ("%Y-%m", limits.dollars_per_month, limits.posts_per_month),
    ):
        for name in {at.strftime(period) for at, _, _ in paid}:
            here = [(kind, units) for at, kind, units in paid if at.strftime(period) == name]
            assert sum(units for kind, units in here if kind == "post") <= posts
            assert sum(PRICES[kind] * units for kind, units in here) <= dollars + 1e-6
    assert ledger.booked("post") == sum(units for _, kind, units in paid if kind == "post")


@settings(deadline=None, max_examples=60)
@given(
    every=st.integers(5, 60),
    spare=st.floats(0, 2),
    demands=st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 500)), max_size=40),
)
def test_calm_gets_what_it_needs_all_day_whatever_else_is_asked_for(
    every: int, spare: float, demands: list[tuple[int, int]]
) -> None:
    essential = {"request": -(-1440 // every), "post": 40}
    calm_day = essential["request"] * PRICES["request"] + essential["post"] * PRICES["post"]
    limits = Limits(
        dollars_per_day=calm_day + spare, dollars_per_month=3 * calm_day, posts_per_day=10**4, posts_per_month=10**4
    )
    ledger = Ledger()
    budget = Budget(source="x", limits=limits, prices=PRICES, essential=essential, expenses=ledger)
    midnight = datetime(2026, 11, 28, tzinfo=UTC)
    for minute in range(3 * 1440):
        now = midnight + timedelta(minutes=minute)
        for at, units in demands:
            if at == minute % 1440:
                budget.grant("post", units, now=now)
        if minute % 1440 % every == 0:
            assert budget.grant("request", 1, now=now, essential=True) == 1
        if minute % 360 == 0:
            assert budget.grant("post", 10, now=now, essential=True) == 10


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 22), st.integers(1, 10**5)), max_size=30), st.integers(0, 200))
def test_the_end_of_the_day_is_left_something(demands: list[tuple[int, int]], calm: int) -> None:
    # One post for each time that an hour may halve what is left, and some to spare.
    limits = Limits(dollars_per_day=10**6, dollars_per_month=10**8, posts_per_day=calm + 2**24, posts_per_month=10**12)
    budget = Budget(source="x", limits=limits, prices=PRICES, essential={"post": calm}, expenses=Ledger())
    midnight = datetime(2026, 11, 28, tzinfo=UTC)
    for hour, units in sorted(demands):
        budget.grant("post", units * 10**4, now=midnight + timedelta(hours=hour))

    assert budget.grant("post", 1, now=midnight + timedelta(hours=23, minutes=59)) == 1
