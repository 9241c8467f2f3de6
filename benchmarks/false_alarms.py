"""How often do quiet days raise a signal? Counts without posts, through the real baseline, evidence and life cycle.

usage: false_alarms.py [DAYS] [SEEDS]

Each run is DAYS of calm at one volume, after four weeks to learn from. The true rate follows the hours of the day and
the days of the week; each hour strays from it by a gamma factor whose squared coefficient of variation is `SPREAD`,
and counts are Poisson around that. Prints signals per period asked for: 1.0 is what was asked for.
"""

from __future__ import annotations

import math
import random
import sys
from collections import deque
from datetime import UTC, datetime, timedelta

from tiktokwatch.outage.evidence import Sensitivity, fuse, signal_of
from tiktokwatch.outage.life import Life
from tiktokwatch.pipeline import WINDOWS
from tiktokwatch.records import MINUTE, Bucket
from tiktokwatch.trend.baseline import SeasonalBaseline

START = datetime(2026, 1, 5, tzinfo=UTC)
LEARN_DAYS = 28
SPREAD = 0.1


def poisson(dice: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, dice.random()
    while product > limit:
        count += 1
        product *= dice.random()
    return count


def rate(volume: float, at: datetime) -> float:
    rhythm = 1.0 + 0.7 * math.sin(2 * math.pi * (at.hour - 15) / 24)
    return volume * rhythm * (1.2 if at.weekday() >= 5 else 1.0)


def signals(volume: float, days: int, seed: int, sensitivities: dict[str, Sensitivity]) -> dict[str, int]:
    """Count the signals of some quiet days for several sensitivities at once."""
    dice = random.Random(seed)
    baseline, lives = SeasonalBaseline(), {name: Life() for name in sensitivities}
    raised = dict.fromkeys(sensitivities, 0)
    window: deque[Bucket] = deque(maxlen=max(WINDOWS))
    lessons: deque[Bucket] = deque()
    stray = 1.0
    for number in range((LEARN_DAYS + days) * 24 * 60):
        at = START + number * MINUTE
        if at.minute == 0:
            stray = dice.gammavariate(1 / SPREAD, SPREAD)
        bucket = Bucket("x", at, covered=True, complaints=poisson(dice, stray * rate(volume, at)))
        window.append(bucket)
        lessons.append(bucket)
        if len(lessons) > 120:
            baseline.learn(lessons.popleft())
        if number < LEARN_DAYS * 24 * 60:
            continue
        minutes = list(window)
        fused = fuse({length: [baseline.score("x", minutes[-length:])] for length in WINDOWS})
        for name, sensitivity in sensitivities.items():
            before = lives[name].state
            if lives[name].advance(signal_of(fused, sensitivity)) == "outage" and before == "pending":
                raised[name] += 1
    return raised


def main() -> None:
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    asked = {f"{every}d": Sensitivity(false_alarm_every=timedelta(days=every)) for every in (7, 30, 90)}
    print(f"{'complaints/min':>14} " + " ".join(f"{name:>6}" for name in asked))
    for volume in (0.03, 0.2, 1.0, 5.0):
        total = dict.fromkeys(asked, 0)
        for seed in range(seeds):
            for name, count in signals(volume, days, seed, asked).items():
                total[name] += count
        periods = {name: days * seeds / (each.false_alarm_every / timedelta(days=1)) for name, each in asked.items()}
        print(f"{volume:14} " + " ".join(f"{total[name] / periods[name]:6.2f}" for name in asked), flush=True)


if __name__ == "__main__":
    main()
