"""When did it begin: the estimate, made backwards once a signal is raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import log

RECENT = 5
LEAST_USUAL = 0.01
PLAUSIBLE = 2.5  # of log likelihood: so simulated onsets lie within nineteen times in twenty


@dataclass(frozen=True, slots=True)
class Onset:
    """The likeliest minute of the onset, and the earliest and latest that are nearly as likely."""

    at: datetime
    earliest: datetime
    latest: datetime


def onset(minutes: Sequence[tuple[datetime, float, float]]) -> Onset:
    """Return the start of the minute in which complaints most likely began to run high.

    `minutes` are (start, observed, usual) in order of time, the last one that of the signal. The estimate is the
    change point of a Poisson CUSUM: the minute after the lowest point of the sum of observed less a reference, which
    lies between the usual rate and the present one (Page 1954; reference by Lucas 1985). That sum, times the logarithm
    of the ratio of the rates, is the log likelihood ratio; the interval holds what lies less than PLAUSIBLE from it.
    """
    recent = minutes[-RECENT:]
    usual = max(LEAST_USUAL, sum(expected for _, _, expected in minutes) / len(minutes))
    present = max(2.0 * usual, sum(observed for _, observed, _ in recent) / len(recent))
    weight = log(present / usual)
    reference = (present - usual) / weight
    total, sums = 0.0, [(0.0, minutes[0][0])]
    for (_, observed, _), (following, _, _) in pairwise(minutes):
        total += observed - reference
        sums.append((total, following))
    lowest = min(total for total, _ in sums)
    plausible = [start for total, start in sums if weight * (total - lowest) <= PLAUSIBLE]
    return Onset(max(start for total, start in sums if total == lowest), plausible[0], plausible[-1])
