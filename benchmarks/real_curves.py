"""Real curves through the real pipeline: `python -m benchmarks.real_curves SERIES_DIR`.

The first minutes of the blackout of Manhattan (2019) are laid over the ordinary day of a company's support, whole and
thinned; every company's own dense days must stay silent. Counts become posts of distinct people who all complain.
"""

from __future__ import annotations

import csv
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tiktokwatch.pipeline import Pipeline, run
from tiktokwatch.records import MINUTE, Batch, Bucket, Gap, Mark, Memory, Outage, Post, Step, Tick, Verdict
from tiktokwatch.trend.baseline import SeasonalBaseline

BLACKOUT = "nyc_blackout_2019_minute.csv"
COMPANIES = "twcs_inbound_by_company_10min.csv"
BASES = ("SpotifyCares", "AdobeCare")
DENSE = tuple(datetime(2017, 11, day, tzinfo=UTC) for day in (1, 23, 30))
ORDINARY = DENSE[0]
DAY = timedelta(days=1)
SLOT = 10
LEARN = 28
LONG_ENOUGH = timedelta(hours=2)

Counts = Mapping[datetime, int]


class Complaining:
    """Takes every text for a complaint that is nobody's copy."""

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """Return a complaint for each text."""
        return [Verdict(1.0, 0.0, 0.0, 0.0, about_tiktok=True, labels=("complaint",), aspects=("app",))] * len(texts)


def blackout(folder: Path) -> dict[datetime, int]:
    """Return the posts about the blackout, by minute."""
    with (folder / BLACKOUT).open(encoding="utf-8") as file:
        return {datetime.fromisoformat(row["bin_utc"]): int(row["count"]) for row in csv.DictReader(file)}


def companies(folder: Path) -> dict[str, dict[datetime, int]]:
    """Return the posts to each company, by ten minutes."""
    found: dict[str, dict[datetime, int]] = defaultdict(dict)
    with (folder / COMPANIES).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["company"]][datetime.fromisoformat(row["bin_utc"])] = int(row["count"])
    return dict(found)


def blackout_delay(folder: Path, *, base: str, part: int, seed: int) -> timedelta | None:
    """Return how long after its first post the blackout is signalled over a company's calm, None if it is not.

    `part` keeps each post with a chance of one in that many. Four weeks of the company's ordinary day are taught, drawn
    anew from the means of its hours.
    """
    dice = random.Random(f"{base}/{part}/{seed}")
    means = Counter[int]()
    for slot, count in companies(folder)[base].items():
        if ORDINARY <= slot < ORDINARY + DAY:
            means[slot.hour] += count
    wave = blackout(folder)
    begin = min(wave)
    start = begin - LONG_ENOUGH
    minutes = {}
    for number in range(2 * LONG_ENOUGH // MINUTE):
        at = start + number * MINUTE
        kept = sum(dice.random() * part < 1 for _ in range(wave.get(at, 0)))
        minutes[at] = kept + _poisson(dice, means[at.hour] / 60)
    found = signals(minutes, memory=taught(dice, means, before=start))
    return found[0].signalled_at - begin if found else None


def dense_day(counts: Counts, day: datetime, *, known: bool, seed: int) -> list[Outage]:
    """Return what is signalled on one dense day of a company.

    If its rhythm is `known`, four weeks drawn from the means of the day's own hours were taught before; otherwise the
    watch begins with the day and knows nothing.
    """
    dice = random.Random(seed)
    minutes = {day + number * MINUTE: 0 for number in range(1440)}
    means = Counter[int]()
    for slot, count in counts.items():
        for _ in range(count if slot in minutes else 0):
            minutes[slot + dice.randrange(SLOT) * MINUTE] += 1
            means[slot.hour] += 1
    return signals(minutes, memory=taught(dice, means, before=day) if known else None)


def taught(dice: random.Random, means: Mapping[int, int], *, before: datetime) -> Memory:
    """Return the memory of four calm weeks, drawn from the means of the hours of a day."""
    begin = before - LEARN * DAY
    calm = ((at, _poisson(dice, means[at.hour] / 60)) for at in (begin + n * MINUTE for n in range(LEARN * 1440)))
    buckets = tuple(Bucket("x", at, covered=True, posts=count, complaints=count) for at, count in calm)
    return Memory(settled=before, marks=(Mark("x", "x", begin, before, before),), buckets=buckets)


def signals(minutes: Counts, *, memory: Memory | None = None) -> list[Outage]:
    """Return the outages that are signalled in these minutes; minutes that are not there are a gap."""
    found: dict[int, Outage] = {}

    def note(step: Step) -> None:
        found.update((outage.id, outage) for outage in step.outages)

    pipeline = Pipeline(
        classifier=Complaining(), detector=SeasonalBaseline(), collectors={"x": "x"}, memory=memory or Memory()
    )
    run(pipeline, _ticks(minutes), note)
    return list(found.values())


def _ticks(minutes: Counts) -> Iterator[Tick]:
    reached = min(minutes)
    for number, (at, count) in enumerate(sorted(minutes.items())):
        names = (f"{number}-{one}" for one in range(count))
        posts = tuple(
            Post(f"x:{name}", "x", at + one * MINUTE / (count + 1), name, "x") for one, name in enumerate(names)
        )
        gaps = (Gap("x", "x", reached, at, "not recorded"),) if reached < at else ()
        reached = at + MINUTE
        yield Tick(reached, (Batch("x", "x", at, reached, posts),), gaps)


def _poisson(dice: random.Random, mean: float) -> int:
    count, reached = 0, dice.expovariate(1.0)
    while reached < mean:
        count += 1
        reached += dice.expovariate(1.0)
    return count


def main() -> None:
    folder = Path(sys.argv[1])
    for base in BASES:
        for part in (1, 10, 50):
            delays = [blackout_delay(folder, base=base, part=part, seed=seed) for seed in range(5)]
            said = ", ".join("none" if delay is None else f"{delay / MINUTE:.0f}" for delay in delays)
            print(f"blackout, one post in {part:2}, over {base:14} signalled after {said} min", flush=True)
    every = companies(folder)
    for known in (True, False):
        wrong = days = 0
        for company, counts in sorted(every.items()):
            for day in DENSE:
                days += 1
                for outage in dense_day(counts, day, known=known, seed=0):
                    wrong += 1
                    print(f"    {company}: {outage.signalled_at:%d %b %H:%M}: {outage.reason}", flush=True)
        print(f"{wrong} signals on {days} days of companies, rhythm {'known' if known else 'unknown'}", flush=True)


if __name__ == "__main__":
    main()
