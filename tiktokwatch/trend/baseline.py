"""What is usual: complaints a minute in calm, by hour of the week, with finite memory.

The rate of an hour is a gamma posterior, built from coarse to fine: all that is remembered, the same hour of the day
in the last two weeks, the same hour of the week in the last five. Each level is the prior of the next, worth as many
minutes as the constants say. Counts around such a rate are negative binomial; what the posterior does not know yet
makes the tail heavier, so a young watch is harder to surprise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tiktokwatch.records import EPOCH, Bucket, Score
from tiktokwatch.trend.tail import surprise

HOUR = timedelta(hours=1)
DAY_HOURS = 24
WEEK_HOURS = 7 * 24
WEEKS = 5
DAYS = 14

PRIOR_COMPLAINTS = 1.0
PRIOR_MINUTES = 5.0
DAY_PRIOR_MINUTES = 120.0
WEEK_PRIOR_MINUTES = 240.0
LEAST_LEARNED = 30  # minutes of a source before anything in it can surprise: nobody knows yet what is usual
SPREAD = 0.15  # squared coefficient of variation of the true rate among like hours
SPREAD_UNKNOWN_HOUR = 0.3  # the same while no like hour was ever seen: the day's rhythm is still unknown


def hour_of(at: datetime) -> int:
    """Return the hours since the epoch."""
    return (at - EPOCH) // HOUR


class SeasonalBaseline:
    """The detector of this project; it remembers an hour as (covered minutes, complaints)."""

    def __init__(self) -> None:
        self._hours: dict[str, dict[int, tuple[int, int]]] = {}
        self._all: dict[str, tuple[int, int]] = {}
        self._rates: dict[tuple[str, int], tuple[float, float]] = {}

    def learn(self, bucket: Bucket) -> None:
        """Take a calm, covered minute as an example."""
        self._rates.clear()
        hours = self._hours.setdefault(bucket.source, {})
        hour = hour_of(bucket.at)
        if hour not in hours:
            self._forget_before(bucket.source, hour - WEEKS * WEEK_HOURS)
        minutes, complaints = hours.get(hour, (0, 0))
        hours[hour] = (minutes + 1, complaints + bucket.complaints)
        minutes, complaints = self._all.get(bucket.source, (0, 0))
        self._all[bucket.source] = (minutes + 1, complaints + bucket.complaints)

    def expected(self, source: str, at: datetime) -> float:
        """Return the usual complaints of the minute that starts at `at`."""
        return self._rate(source, hour_of(at))[0]

    def score(self, source: str, minutes: Sequence[Bucket]) -> Score:
        """Score the covered minutes of one window of one source, oldest first."""
        observed, expected, size, hour = 0, 0.0, 1.0, 0
        for bucket in minutes:
            hour = hour_of(bucket.at)
            rate, size = self._rate(source, hour)
            observed += bucket.complaints
            expected += rate
        if self._remembered(source, hour)[0] < LEAST_LEARNED:
            return Score(source, len(minutes), observed, expected, 0.0)
        return Score(source, len(minutes), observed, expected, surprise(observed, mean=expected, size=size))

    def _rate(self, source: str, hour: int) -> tuple[float, float]:
        """Return the mean rate a minute, and the size of the negative binomial around it."""
        known = self._rates.get((source, hour))
        if known is None:
            known = self._rates[source, hour] = self._estimate(source, hour)
        return known

    def _estimate(self, source: str, hour: int) -> tuple[float, float]:
        all_minutes, all_complaints = self._remembered(source, hour)
        seen = PRIOR_COMPLAINTS + all_complaints
        anywhere = seen / (PRIOR_MINUTES + all_minutes)
        day_minutes, day_complaints = self._like(source, hour, step=DAY_HOURS, steps=DAYS)
        of_day = (DAY_PRIOR_MINUTES * anywhere + day_complaints) / (DAY_PRIOR_MINUTES + day_minutes)
        week_minutes, week_complaints = self._like(source, hour, step=WEEK_HOURS, steps=WEEKS)
        known = WEEK_PRIOR_MINUTES * of_day + week_complaints
        rate = known / (WEEK_PRIOR_MINUTES + week_minutes)
        spread = SPREAD if day_minutes else SPREAD_UNKNOWN_HOUR
        return rate, 1.0 / (spread + 1.0 / min(seen, known))

    def _remembered(self, source: str, hour: int) -> tuple[int, int]:
        """Sum everything of the weeks before `hour`: time passes and makes old, even while nothing is learned."""
        minutes, complaints = self._all.get(source, (0, 0))
        for old, cell in self._hours.get(source, {}).items():
            if old >= hour - WEEKS * WEEK_HOURS - 1:
                break
            minutes -= cell[0]
            complaints -= cell[1]
        return minutes, complaints

    def _like(self, source: str, hour: int, *, step: int, steps: int) -> tuple[int, int]:
        """Sum the hours that lie whole steps back, with their neighbours."""
        hours = self._hours.get(source, {})
        minutes = complaints = 0
        for back in range(1, steps + 1):
            for beside in (-1, 0, 1):
                cell = hours.get(hour - back * step + beside)
                if cell is not None:
                    minutes += cell[0]
                    complaints += cell[1]
        return minutes, complaints

    def _forget_before(self, source: str, hour: int) -> None:
        hours = self._hours[source]
        while hours and (oldest := next(iter(hours))) < hour:
            minutes, complaints = hours.pop(oldest)
            all_minutes, all_complaints = self._all[source]
            self._all[source] = (all_minutes - minutes, all_complaints - complaints)
