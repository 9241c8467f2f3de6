"""When did it begin: the estimate, made backwards once a signal is raised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from math import log

RECENT = 5
LEAST_USUAL = 0.01


def onset(minutes: Sequence[tuple[datetime, float, float]]) -> datetime:
    """Return the start of the minute in which complaints most likely began to run high.

    `minutes` are (start, observed, usual) in order of time, the last one that of the signal. The estimate is the
    change point of a Poisson CUSUM: the minute after the lowest point of the sum of observed less a reference, which
    lies between the usual rate and the present one (Page 1954; reference by Lucas 1985).
    """
    recent = minutes[-RECENT:]
    usual = max(LEAST_USUAL, sum(expected for _, _, expected in minutes) / len(minutes))
    present = max(2.0 * usual, sum(observed for _, observed, _ in recent) / len(recent))
    reference = (present - usual) / log(present / usual)
    began, total, lowest = minutes[0][0], 0.0, 0.0
    for (_, observed, _), (following, _, _) in pairwise(minutes):
        total += observed - reference
        if total <= lowest:
            began, lowest = following, total
    return began
