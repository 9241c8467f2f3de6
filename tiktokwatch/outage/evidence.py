"""The scores of one minute, fused over windows and sources into one figure and one signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import factorial, log, log10

from tiktokwatch.records import Score, Signal

# What a second source may add: one event that two networks echo is not two events.
AGREEMENT_CAP = 2.0
# Overlapping windows, looked at every minute: how many independent looks a day they are worth. Quiet days by simulation
# (benchmarks/false_alarms.py) would do with 300; with so many, ordinary days of real complaints are silent as well.
LOOKS_A_DAY = 1250.0
LOW_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What it takes to speak of an outage.

    `false_alarm_every` is the mean time between false alarms that the user accepts; `minimum_people` and
    `minimum_ratio` (observed over expected) keep mere statistics from raising a signal that no person would.
    """

    false_alarm_every: timedelta = timedelta(days=30)
    minimum_people: int = 5
    minimum_ratio: float = 2.5

    @property
    def threshold(self) -> float:
        """Return the surprise that chance reaches once in `false_alarm_every`."""
        return log10(LOOKS_A_DAY * (self.false_alarm_every / timedelta(days=1)))


@dataclass(frozen=True, slots=True)
class Fused:
    """The window that surprised most: its scores, a row a source, and what they amount to together."""

    window: int
    surprise: float
    scores: tuple[Score, ...]

    @property
    def observed(self) -> int:
        """Return the complaints of the window, over sources."""
        return sum(score.observed for score in self.scores)

    @property
    def expected(self) -> float:
        """Return the usual complaints of as many calm minutes, over sources."""
        return sum(score.expected for score in self.scores)

    @property
    def mistaken(self) -> float:
        """Return how many of the complaints may be other talk that was mistaken for one, over sources."""
        return sum(score.mistaken for score in self.scores)


def fuse(windows: Mapping[int, Sequence[Score]]) -> Fused:
    """Return the window whose sources together surprise most; the shorter one where two are equal."""
    best = Fused(0, 0.0, ())
    for window in sorted(windows):
        scores = tuple(windows[window])
        total = together([score.surprise for score in scores])
        if not best.scores or total > best.surprise:
            best = Fused(window, total, scores)
    return best


def together(surprises: Sequence[float]) -> float:
    """Return what sources amount to: the most surprised one, or all of them by the method of Fisher (1932).

    The sum of `k` surprises is no surprise: chance reaches it more often, as a chi-squared law with 2k degrees of
    freedom says.
    """
    ranked = sorted(surprises, reverse=True)
    if len(ranked) < 2:  # noqa: PLR2004 - nothing to combine
        return sum(ranked)
    total = ranked[0] + min(AGREEMENT_CAP, sum(ranked[1:]))
    return max(ranked[0], total - log10(sum((total * log(10)) ** j / factorial(j) for j in range(len(ranked)))))


def signal_of(fused: Fused, sensitivity: Sensitivity, *, recovered: int = 0) -> Signal:
    """Return what the minute says; "blind" where no source is covered.

    Where at least as many say that it is back (`recovered`) as complain, complaints are no more than "low".
    """
    if not fused.scores:
        return "blind"
    people = fused.observed - fused.mistaken
    enough = people >= sensitivity.minimum_people and people >= sensitivity.minimum_ratio * fused.expected
    is_back = recovered >= max(people, sensitivity.minimum_people)
    if enough and fused.surprise >= sensitivity.threshold and not is_back:
        return "high"
    return "low" if fused.surprise >= LOW_SHARE * sensitivity.threshold else "quiet"
