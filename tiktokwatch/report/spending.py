"""What reading the sources cost: the day and the month so far, beside what they may cost.

Days and months are those of UTC, in which X bills and in which the limits are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import fsum
from typing import Any

from tiktokwatch.collect.budget import POST, REQUEST, Limits
from tiktokwatch.records import Expense
from tiktokwatch.report import words
from tiktokwatch.report.phrases import source_words
from tiktokwatch.report.reading import Reading

NEAR = 0.8
CENT = 0.01


@dataclass(frozen=True, slots=True)
class Spending:
    """What was booked of one source on the UTC day `day`, and in its month up to the end of that day.

    `limits` is None where it is not known what the source may cost.
    """

    source: str
    day: date
    dollars_today: float
    dollars_this_month: float
    posts_today: int
    posts_this_month: int
    requests_today: int
    requests_this_month: int
    limits: Limits | None

    @property
    def uses(self) -> tuple[tuple[str, float, float], ...]:
        """Return the limits by name ("dollars_per_day"), with what was used of each and how much it is."""
        limits = self.limits
        if limits is None:
            return ()
        return (
            ("dollars_per_day", self.dollars_today, limits.dollars_per_day),
            ("dollars_per_month", self.dollars_this_month, limits.dollars_per_month),
            ("posts_per_day", self.posts_today, limits.posts_per_day),
            ("posts_per_month", self.posts_this_month, limits.posts_per_month),
        )

    @property
    def near(self) -> tuple[str, ...]:
        """Return the names of the limits of which more than four fifths are used."""
        return tuple(name for name, used, limit in self.uses if used > NEAR * limit)


def spending(reading: Reading, *, day: date, limits: Mapping[str, Limits] | None = None) -> tuple[Spending, ...]:
    """Return what each source cost of which anything was booked in the month of `day`, up to the end of that day."""
    start = datetime.combine(day, time.min, UTC)
    expenses = [one for one in reading.expenses(since=start.replace(day=1)) if one.at < start + timedelta(days=1)]
    return tuple(
        _spending(source, day, [one for one in expenses if one.source == source], (limits or {}).get(source))
        for source in sorted({one.source for one in expenses if one.units})
    )


def _spending(source: str, day: date, booked: Sequence[Expense], limits: Limits | None) -> Spending:
    today = [one for one in booked if one.at.astimezone(UTC).date() == day]
    return Spending(
        source=source,
        day=day,
        dollars_today=_dollars(today),
        dollars_this_month=_dollars(booked),
        posts_today=_units(today, POST),
        posts_this_month=_units(booked, POST),
        requests_today=_units(today, REQUEST),
        requests_this_month=_units(booked, REQUEST),
        limits=limits,
    )


def _dollars(booked: Sequence[Expense]) -> float:
    return max(0.0, fsum(one.dollars for one in booked))


def _units(booked: Sequence[Expense], kind: str) -> int:
    return sum(one.units for one in booked if one.kind == kind)


def now_words(spent: Spending) -> str:
    """Return what a source costs at present, in a line."""
    bought = f"{words.plural(spent.posts_today, 'post')} and {words.plural(spent.requests_today, 'request')} today"
    return (
        f"{source_words(spent.source)} costs: {money(spent.dollars_today)} today,"
        f" {money(spent.dollars_this_month)} this month{_limits(spent)}; {bought} (days and months of UTC, as it bills)"
    )


def day_words(spent: Spending, *, now: datetime) -> str:
    """Return what a source cost on the day and in the month up to it, in a sentence."""
    over = now.astimezone(UTC).date() > spent.day
    day = words.short_day(spent.day)
    bought = f"{words.plural(spent.posts_today, 'post')} and {words.plural(spent.requests_today, 'request')}"
    month = f", and {money(spent.dollars_this_month)} from 1 to {day.split(' ', 1)[1]}" if spent.day.day > 1 else ""
    return (
        f"{source_words(spent.source)} cost {money(spent.dollars_today)} {'' if over else 'so far '}on {day} for"
        f" {bought}{month}{_limits(spent)}; days and months are those of UTC here, as it bills."
    )


def warnings(spent: Spending) -> tuple[str, ...]:
    """Return a sentence for each limit of which more than four fifths are used."""
    source = source_words(spent.source)
    return tuple(
        f"{_share(used, limit)} of {_NOUNS[name].format(source)} used: {_amount(name, used)} of {_amount(name, limit)}."
        for name, used, limit in spent.uses
        if name in spent.near
    )


_NOUNS: Mapping[str, str] = {
    "dollars_per_day": "the day's budget for {} is",
    "dollars_per_month": "the month's budget for {} is",
    "posts_per_day": "the day's posts from {} are",
    "posts_per_month": "the month's posts from {} are",
}


def _share(used: float, limit: float) -> str:
    return "All" if used >= limit else words.capital(words.percent(used / limit))


def _amount(name: str, value: float) -> str:
    return money(value) if name.startswith("dollars") else words.number(round(value))


def _limits(spent: Spending) -> str:
    if spent.limits is None:
        return ""
    return f" (limits {money(spent.limits.dollars_per_day)} and {money(spent.limits.dollars_per_month)})"


def money(dollars: float) -> str:
    """Return dollars with cents; less than half a cent is not nothing."""
    return "under $0.01" if 0 < dollars < CENT / 2 else f"${dollars:,.2f}"


def spending_json(spent: Spending) -> dict[str, Any]:
    """Return the same for machines; `limits` is null where they are not known, `near` names those nearly used up."""
    limits = spent.limits
    return {
        "source": spent.source,
        "day": spent.day.isoformat(),
        "zone": "UTC",
        "dollars_today": round(spent.dollars_today, 6),
        "dollars_this_month": round(spent.dollars_this_month, 6),
        "posts_today": spent.posts_today,
        "posts_this_month": spent.posts_this_month,
        "requests_today": spent.requests_today,
        "requests_this_month": spent.requests_this_month,
        "limits": None if limits is None else {name: limit for name, _, limit in spent.uses},
        "near": list(spent.near),
    }
