"""How many posts a minute are usual for the hour, and when the last minutes are odd.

It decides how closely X is looked at, nothing else; whether there is an outage is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from math import sqrt
from statistics import fmean, median
from typing import Any, TypeAlias

from tiktokwatch.records import MINUTE

# For each hour of the day (UTC) the usual posts a minute, None where it was never seen.
Usual: TypeAlias = tuple[float | None, ...]

HOURS = 24
UNKNOWN: Usual = (None,) * HOURS
RECENT = 5  # minutes
FACTOR = 2.0
DEVIATIONS = 4.0
ENOUGH = 30  # minutes of an hour that speak for it
WORTH = 300  # minutes of an hour of the day, five days of it, until which the new weighs more than the old
MOST_TIMES = 2.0


def usual_in(value: Any) -> Usual:
    """Return what `as_json` wrote down, UNKNOWN where it is none of that."""
    if not isinstance(value, list) or len(value) != HOURS:
        return UNKNOWN
    return tuple(float(item) if isinstance(item, int | float) and 0 <= item < float("inf") else None for item in value)


def as_json(usual: Usual) -> list[float | None]:
    """Return a list of short numbers."""
    return [None if rate is None else round(rate, 3) for rate in usual]


def learned(usual: Usual, minutes: Mapping[datetime, int]) -> Usual:
    """Return what is usual with `minutes` taken in.

    An hour of the day that was never seen takes the median over the days of which there are ENOUGH minutes, so that
    an outage on one of them does not count. Else each minute weighs 1 / WORTH, and none counts for more than
    MOST_TIMES one above the usual: an outage moves it little, and a new normal is learned within days.
    """
    days: dict[int, dict[date, list[int]]] = {}
    for at, count in minutes.items():
        days.setdefault(at.hour, {}).setdefault(at.date(), []).append(count)
    rates = list(usual)
    for hour, by_day in days.items():
        means = [fmean(counts) for counts in by_day.values() if len(counts) >= ENOUGH]
        if rates[hour] is None and means:
            rates[hour] = median(means)
    start = _average(rates, otherwise=minutes.values())
    for hour, by_day in days.items():
        rate = rates[hour]
        if rate is None or rate == usual[hour]:
            rate = start if rate is None else rate
            most = MOST_TIMES * (rate + 1)
            counts = [min(count, most) for counts in by_day.values() for count in counts]
            rates[hour] = rate + (fmean(counts) - rate) * min(1.0, len(counts) / WORTH)
    return tuple(rates)


def is_odd(usual: Usual, minutes: Mapping[datetime, int], *, through: datetime) -> bool:
    """Say whether the RECENT minutes before `through` hold more than chance allows.

    They do with more than FACTOR times the usual, and more than it by DEVIATIONS standard deviations of a Poisson
    distribution. Without a past, nothing is odd.
    """
    if all(rate is None for rate in usual):
        return False
    last = [through - MINUTE * back for back in range(1, RECENT + 1)]
    average = _average(usual)
    rates = [usual[at.hour] for at in last]
    observed = sum(minutes.get(at, 0) for at in last)
    expected = sum(average if rate is None else rate for rate in rates)
    return observed > FACTOR * expected and observed - expected > DEVIATIONS * sqrt(expected + 1)


def _average(rates: Sequence[float | None], *, otherwise: Iterable[int] = ()) -> float:
    """Return what is usual in an hour that was never seen."""
    known = [rate for rate in rates if rate is not None] or list(otherwise)
    return fmean(known) if known else 0.0
