"""How much of a source's API may be bought now, so that no limit is ever passed and every hour gets its part.

There are four limits: dollars and posts, a UTC day and a calendar month. Within each of them
- what a calm rest of the period needs is held back from everything beyond it;
- of what is left above that, one hour (of a day) or one day (of a month) may use half, and the last one all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor, fsum

from tiktokwatch.errors import CollectError
from tiktokwatch.protocols import Expenses
from tiktokwatch.records import Expense

POST = "post"
REQUEST = "request"

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HALF = 0.5
# Floats would let the last cent of a day be spent twice, or never.
_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent at most: dollars and posts, per UTC day and per calendar month in UTC."""

    dollars_per_day: float
    dollars_per_month: float
    posts_per_day: int
    posts_per_month: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What was booked so far, beside what may be."""

    dollars_today: float
    dollars_this_month: float
    posts_today: int
    posts_this_month: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class _Span:
    """A period, and the part of it in which we are; both are half-open."""

    start: datetime
    part_start: datetime
    part_end: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class _Purse:
    """One of the four limits, in nanodollars or posts, with what was spent of it.

    `cost` is what a unit of the kind that is asked for takes of it, `calm` how many units of each kind a calm day
    needs, and what each takes.
    """

    limit: int
    before: int
    within: int
    cost: int
    calm: Sequence[tuple[int, int]]
    span: _Span
    sentence: str

    @property
    def left(self) -> int:
        return self.limit - self.before - self.within

    def spare(self, now: datetime) -> int:
        """Return how much may be used now beyond what calm needs."""
        span = self.span
        above = self.limit - self.before - self._calm(span.end - span.part_start)
        parts = ceil((span.end - span.part_start) / (span.part_end - span.part_start))
        share = floor(max(above, 0) * max(HALF, 1 / parts))
        # What calm needed of this part so far is not taken from the share, whoever used it.
        calm = self._calm(span.part_end - span.part_start) - self._calm(span.part_end - now)
        return min(share + calm - self.within, self.left - self._calm(span.end - now))

    def _calm(self, span: timedelta) -> int:
        """Return what calm needs in a span; a unit is never needed in part."""
        return sum(-(-units * span // DAY) * cost for units, cost in self.calm)


class Budget:
    """Grants what may be bought of one source; for one thread.

    `prices` are dollars a unit by kind ("post", "request"), `essential` the units of each kind that a calm day needs.
    All there is to remember is in `expenses`, so a restart goes on where a kill came between.
    """

    def __init__(
        self,
        *,
        source: str,
        limits: Limits,
        prices: Mapping[str, float],
        essential: Mapping[str, int],
        expenses: Expenses,
    ) -> None:
        self._source = source
        self._limits = limits
        self._prices = prices
        self._essential = essential
        self._expenses = expenses

    def grant(self, kind: str, units: int, *, now: datetime, least: int = 1, essential: bool = False) -> int:
        """Book up to `units` at once, and return how many; 0 where fewer than `least` may be had.

        Whoever is killed before he pays has paid too much, never too little. Essential use is bounded by the limits
        alone, all other use by what the hours and days to come need as well.
        """
        allowed = self._allowed(kind, now=now, essential=essential)
        granted = units if allowed is None else min(units, allowed)
        if granted < max(least, 1):
            return 0
        self._book(kind, granted, now)
        return granted

    def give_back(self, kind: str, units: int, *, now: datetime) -> None:
        """Take back what was granted on the UTC day of `now` and not used; the newest hours first.

        What was granted on a day that is over stays spent: who holds grants for long gives them back before midnight.
        """
        left = units
        booked = self._expenses.expenses(source=self._source, since=_day_of(now))
        hours: Counter[datetime] = Counter()
        for expense in booked:
            if expense.kind == kind:
                hours[expense.at] += expense.units
        for hour in sorted(hours, reverse=True):
            # Never more than there is: an hour that is worth less than nothing would let others overspend.
            returned = min(left, hours[hour])
            if returned > 0:
                self._book(kind, -returned, hour)
                left -= returned

    def why_not(self, now: datetime, *, kind: str = POST, least: int = 1) -> CollectError:
        """Return why no `least` units of a kind are granted, and when they are again."""
        for purse in self._purses(kind, now):
            if purse.left < least * purse.cost:
                wait = (purse.span.end - now).total_seconds()
                return CollectError(f"{self._source}: {purse.sentence}", retry_after=wait)
        reason = f"{self._source}: what is left of the budget is kept for the hours to come"
        return CollectError(reason, retry_after=(_hour_of(now) + HOUR - now).total_seconds())

    def state(self, now: datetime) -> Spending:
        """Return what was spent of each limit."""
        booked = self._expenses.expenses(source=self._source, since=_month_of(now))
        today = [expense for expense in booked if expense.at >= _day_of(now)]
        return Spending(
            dollars_today=_dollars(today) / _NANO,
            dollars_this_month=_dollars(booked) / _NANO,
            posts_today=_posts(today),
            posts_this_month=_posts(booked),
            limits=self._limits,
        )

    def _allowed(self, kind: str, *, now: datetime, essential: bool) -> int | None:
        """Return how many units may be bought now, None for any number."""
        rooms = (
            (purse.left if essential else min(purse.spare(now), purse.left)) // purse.cost
            for purse in self._purses(kind, now)
        )
        return min(rooms, default=None)

    def _purses(self, kind: str, now: datetime) -> Iterator[_Purse]:
        """Yield the limits that a unit of `kind` counts against, those of the month first."""
        limits = self._limits
        booked = self._expenses.expenses(source=self._source, since=_month_of(now))
        tomorrow, next_month = _day_of(now) + DAY, _month_after(now)
        month = _Span(_month_of(now), _day_of(now), tomorrow, next_month)
        day = _Span(_day_of(now), _hour_of(now), _hour_of(now) + HOUR, tomorrow)
        for span, name, back, dollars, posts in (
            (month, "month", f"back on {_date(next_month)}", limits.dollars_per_month, limits.posts_per_month),
            (day, "day", "back at 00:00 UTC", limits.dollars_per_day, limits.posts_per_day),
        ):
            price = _nano(self._prices[kind])
            if price:
                calm = [(units, _nano(self._prices[kind])) for kind, units in self._essential.items()]
                sentence = f"the budget of the {name} ({_money(dollars)}) is spent, {back}"
                yield _Purse(_nano(dollars), *_spent(booked, span, _dollars), price, calm, span, sentence)
            if kind == POST:
                calm = [(self._essential.get(POST, 0), 1)]
                sentence = f"the cap of {posts:,} posts a {name} is reached, {back}"
                yield _Purse(posts, *_spent(booked, span, _posts), 1, calm, span, sentence)

    def _book(self, kind: str, units: int, now: datetime) -> None:
        dollars = units * _nano(self._prices[kind]) / _NANO
        self._expenses.book(Expense(self._source, _hour_of(now), kind, units, dollars))


def _spent(booked: Sequence[Expense], span: _Span, amount: Callable[[Sequence[Expense]], int]) -> tuple[int, int]:
    """Return what was booked of a span before the part in which we are, and in it."""
    before = [expense for expense in booked if span.start <= expense.at < span.part_start]
    return amount(before), amount([expense for expense in booked if expense.at >= span.part_start])


def _dollars(expenses: Sequence[Expense]) -> int:
    return _nano(fsum(expense.dollars for expense in expenses))


def _posts(expenses: Sequence[Expense]) -> int:
    return sum(expense.units for expense in expenses if expense.kind == POST)


def _nano(dollars: float) -> int:
    return round(dollars * _NANO)


def _money(dollars: float) -> str:
    return f"${dollars:,.2f}".removesuffix(".00")


def _date(at: datetime) -> str:
    return f"{at.day} {at:%b}"


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _day_of(at: datetime) -> datetime:
    return _hour_of(at).replace(hour=0)


def _month_of(at: datetime) -> datetime:
    return _day_of(at).replace(day=1)


def _month_after(at: datetime) -> datetime:
    return _month_of(_month_of(at) + timedelta(days=32))
