"""When things happen: moments drawn from rates.

Only additions, multiplications and divisions stand between the seed and a moment, so that every machine draws the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import TypeAlias

START = datetime(2026, 3, 2, tzinfo=UTC)
END = START + timedelta(days=3)

# Points of (minutes from the start, rate a minute); between them the rate goes straight.
Curve: TypeAlias = Sequence[tuple[float, float]]

# How much is written in each hour of the day in UTC, 1 on average; most in the evenings of the United States.
_HOURS = (
    *(1.65, 1.70, 1.60, 1.40, 1.15, 0.90, 0.65, 0.50, 0.40, 0.36, 0.40, 0.50),
    *(0.62, 0.75, 0.85, 0.92, 0.98, 1.02, 1.05, 1.10, 1.18, 1.30, 1.45, 1.57),
)


def daily(*, least: float, rhythm: float) -> Curve:
    """Return the curve of three days: `least` a minute at all times, and `rhythm` times what the hour of day says."""
    hours = int((END - START) / timedelta(hours=1))
    return [(60.0 * hour, least + rhythm * _HOURS[hour % 24]) for hour in range(hours + 1)]


def drawn(rng: Random, curve: Curve, *, start: datetime = START) -> Iterator[datetime]:
    """Yield moments at the curve's rate, as independent of each other as people are."""
    for (left, before), (right, after) in pairwise(curve):
        for second in range(round(60 * left), round(60 * right)):
            rate = before + (after - before) * (second / 60 - left) / (right - left)
            if rng.random() * 60 < rate:
                yield start + timedelta(seconds=second, milliseconds=rng.randrange(1000))


def exactly(rng: Random, number: int, curve: Curve, *, start: datetime) -> Iterator[datetime]:
    """Yield `number` moments in no order, more of them where the curve is higher."""
    highest = max(rate for _, rate in curve)
    while number:
        minute = curve[-1][0] * rng.random()
        if highest * rng.random() < _rate(curve, minute):
            number -= 1
            yield start + timedelta(milliseconds=int(60_000 * minute))


def _rate(curve: Curve, minute: float) -> float:
    for (left, before), (right, after) in pairwise(curve):
        if left <= minute < right:
            return before + (after - before) * (minute - left) / (right - left)
    return 0.0
