"""Complaints over time as reports show them: cells of some minutes, with what is usual, and holes where nobody saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tiktokwatch.outage.account import span_of
from tiktokwatch.records import MINUTE, Bucket, Outage
from tiktokwatch.report.reading import Reading
from tiktokwatch.report.sampled import EVERYTHING_READ, Sample, Sampling
from tiktokwatch.trend.sample import SPAN

QUARTER = timedelta(minutes=15)
CELLS = 96
LEAST_KNOWN = 0.2
WIDTHS = tuple(MINUTE * minutes for minutes in (1, 2, 5, 15, 30, 60, 180, 360, 1440))


@dataclass(frozen=True, slots=True)
class Cell:
    """A span of time: `complaints` and `usual` are sums over those `minutes` of it that somebody vouches for.

    `complaints` is None where nobody vouches for any, `usual` where it is not known. Complaints are those that were
    read; `sample` says of how many posts they speak.
    """

    start: datetime
    end: datetime
    complaints: int | None
    usual: float | None
    minutes: int
    sample: Sample = EVERYTHING_READ

    @property
    def likely(self) -> float | None:
        """Return the complaints with those that posts which nobody read likely hold."""
        return None if self.complaints is None else self.complaints + self.sample.carried

    @property
    def level(self) -> float | None:
        """Return the likely complaints as if all of it were known, None where too little of it is to tell."""
        return self._stretched(self.likely)

    @property
    def usual_level(self) -> float | None:
        """Return what is usual as if all of it were known, None where too little of it is to tell."""
        return self._stretched(self.usual)

    def _stretched(self, value: float | None) -> float | None:
        known = self.minutes * MINUTE / (self.end - self.start)
        return None if value is None or known < LEAST_KNOWN else value / known


@dataclass(frozen=True, slots=True)
class Peak:
    """The minute with the most complaints, likely ones included."""

    at: datetime
    complaints: int
    sample: Sample = EVERYTHING_READ

    @property
    def likely(self) -> int:
        """Return the complaints with those that posts which nobody read likely hold."""
        return round(self.complaints + self.sample.carried)


@dataclass(frozen=True, slots=True)
class Series:
    """Complaints and what is usual, by the start of each minute that somebody vouches for.

    `by_source` has the same complaints source by source, `aspects` and `places` what they name. `samples` has the
    posts of each minute, `by_source_sample` those of each source.
    """

    since: datetime
    until: datetime
    complaints: Mapping[datetime, int]
    usual: Mapping[datetime, float]
    by_source: Mapping[str, Mapping[datetime, int]]
    aspects: Mapping[str, int]
    places: Mapping[str, int]
    samples: Mapping[datetime, Sample]
    by_source_sample: Mapping[str, Sample]

    def covered(self, start: datetime, end: datetime) -> int:
        """Return how many minutes of a span somebody vouches for."""
        return sum(minute in self.complaints for minute in _minutes(start, end))

    def cell(self, start: datetime, end: datetime) -> Cell:
        """Return a span as one cell."""
        known = [minute for minute in _minutes(start, end) if minute in self.complaints]
        if not known:
            return Cell(start, end, None, None, 0)
        usual = [self.usual[minute] for minute in known if minute in self.usual]
        mean = sum(usual) / len(usual) if usual else None
        total = sum(self.complaints[minute] for minute in known)
        sample = sum((self.samples[minute] for minute in known if minute in self.samples), EVERYTHING_READ)
        return Cell(start, end, total, None if mean is None else mean * len(known), len(known), sample)

    def cells(self, start: datetime, end: datetime, *, width: timedelta = QUARTER) -> tuple[Cell, ...]:
        """Cut a span into cells of equal width; the last one may reach beyond its end."""
        count = -((start - end) // width)
        return tuple(self.cell(start + n * width, start + (n + 1) * width) for n in range(count))

    def peak(self, start: datetime, end: datetime) -> Peak | None:
        """Return the first of the busiest minutes of a span, None where nobody complained."""
        known = [minute for minute in _minutes(start, end) if self._likely(minute)]
        if not known:
            return None
        busiest = max(known, key=lambda minute: (self._likely(minute), -minute.timestamp()))
        return Peak(busiest, self.complaints[busiest], self.samples.get(busiest, EVERYTHING_READ))

    def _likely(self, minute: datetime) -> int:
        return round(self.complaints.get(minute, 0) + self.samples.get(minute, EVERYTHING_READ).carried)

    def blanks(self, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """Return the spans within a span for which nobody vouches, in order."""
        found: list[tuple[datetime, datetime]] = []
        for minute in _minutes(start, end):
            if minute in self.complaints:
                continue
            if found and found[-1][1] == minute:
                found[-1] = (found[-1][0], minute + MINUTE)
            else:
                found.append((minute, minute + MINUTE))
        return tuple(found)


def read(reading: Reading, *, since: datetime, until: datetime, outages: Sequence[Outage] = ()) -> Series:
    """Read the minutes of a span from a store.

    A minute is known where a covered bucket or evidence speaks for it; what a source said that cannot vouch for the
    minute is left out, as it is out of the usual. Where evidence is missing, an outage's own usual stands in.
    """
    total: Counter[datetime] = Counter()
    by_source: dict[str, Counter[datetime]] = {}
    aspects: Counter[str] = Counter()
    places: Counter[str] = Counter()
    samples: dict[datetime, Sample] = {}
    by_source_sample: dict[str, Sample] = {}
    for bucket, sample in _sampled(reading.buckets(since=since - SPAN * MINUTE, until=until), outages):
        if bucket.covered and since <= bucket.at < until:
            total[bucket.at] += bucket.complaints
            by_source.setdefault(bucket.source, Counter())[bucket.at] += bucket.complaints
            aspects.update(bucket.aspects)
            places.update(bucket.places)
            samples[bucket.at] = samples.get(bucket.at, EVERYTHING_READ) + sample
            by_source_sample[bucket.source] = by_source_sample.get(bucket.source, EVERYTHING_READ) + sample
    usual: dict[datetime, float] = {}
    for row in reading.evidence(since=since, until=until + MINUTE):
        minute = row.at - MINUTE
        if row.signal != "blind" and since <= minute < until:
            usual[minute] = row.usual
            total.setdefault(minute, 0)
    for outage in outages:
        for minute in _minutes(max(since, outage.onset), min(until, outage.ended_at or until)):
            if minute in total:
                usual.setdefault(minute, outage.usual_per_minute)
    return Series(since, until, total, usual, by_source, aspects, places, samples, by_source_sample)


def _sampled(buckets: Sequence[Bucket], outages: Sequence[Outage]) -> Iterator[tuple[Bucket, Sample]]:
    spans = [span_of(outage) for outage in outages]
    sampling = Sampling()
    for bucket in buckets:
        if not any(start <= bucket.at and (end is None or bucket.at < end) for start, end in spans):
            sampling.note(bucket)
    return ((bucket, sampling.sample(bucket)) for bucket in buckets)


def fitting_width(span: timedelta) -> timedelta:
    """Return how wide the cells of a span should be: a quarter of an hour for a day, about as many for any other."""
    return next((width for width in WIDTHS if span / width <= CELLS), WIDTHS[-1])


def _minutes(start: datetime, end: datetime) -> list[datetime]:
    return [start + n * MINUTE for n in range(max(0, -((start - end) // MINUTE)))]
