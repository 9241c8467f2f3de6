"""Detectors to hold ours against, as others have them: the same windows before them, the same life cycle behind them.

None knows the rhythm of day and week. What each calls a threshold is put on the scale of `Score.surprise` by the law
that it assumes, so that the user's false-alarm rate is asked of all of them alike.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import e, erfc, log10, pi, sqrt

from tiktokwatch.protocols import Detector
from tiktokwatch.records import Bucket, Score
from tiktokwatch.trend.baseline import SeasonalBaseline
from tiktokwatch.trend.tail import surprise

DAY_MINUTES = 1440


class PoissonEwma:
    """An exponentially weighted mean of calm minutes with Poisson counts around it, as Motoyama et al. (2010) did.

    The mean forgets half in a day. A source that was heard for less than an hour surprises nobody.
    """

    FORGETS = 1.0 - 0.5 ** (1.0 / DAY_MINUTES)
    LEAST_MINUTES = 60
    LEAST_MEAN = 1e-3
    NO_SPREAD = 1e7  # the size of a negative binomial that is as good as Poisson

    def __init__(self) -> None:
        self._means: dict[str, float] = {}
        self._seen: dict[str, int] = {}

    def learn(self, bucket: Bucket) -> None:
        """Take a calm minute into the mean; the first day weighs all its minutes alike."""
        seen = self._seen[bucket.source] = self._seen.get(bucket.source, 0) + 1
        mean = self._means.get(bucket.source, 0.0)
        self._means[bucket.source] = mean + max(self.FORGETS, 1.0 / seen) * (bucket.complaints - mean)

    def expected(self, source: str, at: datetime) -> float:  # noqa: ARG002  # this one knows no rhythm
        """Return the present mean."""
        return self._means.get(source, 0.0)

    def score(self, source: str, minutes: Sequence[Bucket]) -> Score:
        """Score a window by the Poisson tail."""
        observed = sum(bucket.complaints for bucket in minutes)
        mean = len(minutes) * max(self.LEAST_MEAN, self._means.get(source, 0.0))
        is_young = self._seen.get(source, 0) < self.LEAST_MINUTES
        found = 0.0 if is_young else surprise(observed, mean=mean, size=self.NO_SPREAD)
        return Score(source, len(minutes), observed, mean, found)


@dataclass(slots=True)
class _Sums:
    """The calm minutes of two weeks, their sum and their sum of squares."""

    minutes: deque[tuple[datetime, int]] = field(default_factory=deque)
    total: int = 0
    squares: int = 0

    def change(self, count: int, sign: int) -> None:
        self.total += sign * count
        self.squares += sign * count * count


class MeanDeviation:
    """Mean and standard deviation of the last 14 days, as Huginn's peak detector has them; a normal law around them.

    A source that was heard for less than a day surprises nobody.
    """

    REMEMBERS = timedelta(days=14)
    LEAST_MINUTES = DAY_MINUTES
    LEAST_VARIANCE = 1e-3  # two weeks without any complaint have no deviation at all

    def __init__(self) -> None:
        self._sums: dict[str, _Sums] = {}

    def learn(self, bucket: Bucket) -> None:
        """Take a calm minute, and let go of those older than two weeks."""
        sums = self._sums.setdefault(bucket.source, _Sums())
        sums.minutes.append((bucket.at, bucket.complaints))
        sums.change(bucket.complaints, 1)
        while sums.minutes[0][0] <= bucket.at - self.REMEMBERS:
            sums.change(sums.minutes.popleft()[1], -1)

    def expected(self, source: str, at: datetime) -> float:  # noqa: ARG002  # this one knows no rhythm
        """Return the mean of two weeks."""
        sums = self._sums.get(source)
        return sums.total / len(sums.minutes) if sums else 0.0

    def score(self, source: str, minutes: Sequence[Bucket]) -> Score:
        """Score a window by how many deviations of as many independent minutes it lies above the mean."""
        observed = sum(bucket.complaints for bucket in minutes)
        sums = self._sums.get(source)
        if sums is None or len(sums.minutes) < self.LEAST_MINUTES or not minutes:
            return Score(source, len(minutes), observed, 0.0, 0.0)
        mean = sums.total / len(sums.minutes)
        variance = max(self.LEAST_VARIANCE, sums.squares / len(sums.minutes) - mean * mean)
        deviations = (observed - len(minutes) * mean) / sqrt(len(minutes) * variance)
        return Score(source, len(minutes), observed, len(minutes) * mean, normal_surprise(deviations))


class FixedThreshold:
    """So many people within half an hour, whatever is usual: what most monitors of chatter do."""

    PEOPLE = 12
    LONGEST = 30
    CERTAIN = 99.0

    def learn(self, bucket: Bucket) -> None:
        """Learn nothing."""

    def expected(self, source: str, at: datetime) -> float:  # noqa: ARG002  # nothing is usual
        """Return 0: it knows of nothing usual."""
        return 0.0

    def score(self, source: str, minutes: Sequence[Bucket]) -> Score:
        """Be certain from `PEOPLE` on, and not surprised below."""
        observed = sum(bucket.complaints for bucket in minutes)
        is_reached = observed >= self.PEOPLE and len(minutes) <= self.LONGEST
        return Score(source, len(minutes), observed, 0.0, self.CERTAIN if is_reached else 0.0)


DETECTORS: Mapping[str, Callable[[], Detector]] = {
    "seasonal": SeasonalBaseline,
    "ewma": PoissonEwma,
    "mean-sd": MeanDeviation,
    "fixed": FixedThreshold,
}


def normal_surprise(deviations: float) -> float:
    """Return -log10 of the chance that a normal value lies at least so many deviations above its mean."""
    if deviations > 30.0:  # noqa: PLR2004  # from about here on erfc is zero in a double: take its asymptote
        return (deviations * deviations / 2.0) * log10(e) + log10(deviations * sqrt(2.0 * pi))
    return max(0.0, -log10(0.5 * erfc(deviations / sqrt(2.0))))
