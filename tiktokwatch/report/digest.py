"""The digest: one local day as one record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tiktokwatch.collect.budget import Limits
from tiktokwatch.records import MINUTE, Outage, minute_of
from tiktokwatch.report import health, official, phrases, quotes, series, spending, verdict_of_day, words
from tiktokwatch.report.official import NOTHING, Official
from tiktokwatch.report.printable import printable
from tiktokwatch.report.quotes import Quote
from tiktokwatch.report.reading import Reading
from tiktokwatch.report.sampled import EVERYTHING_READ, Sample
from tiktokwatch.report.series import Cell, Peak, Series
from tiktokwatch.report.shares import Share, shares
from tiktokwatch.report.spending import Spending
from tiktokwatch.report.summary import STALE_AFTER

DAYS = 7
LOOK_BACK = timedelta(days=35)
FIRST_HEARD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OutageOfDay:
    """An outage that touches the day: when it was at its worst, who was first to speak of it, what people said.

    `number` counts the outages of the day from 1, `until` is its end, or as far as is known where it has none yet.
    """

    number: int
    outage: Outage
    until: datetime
    peak: Peak | None
    first_heard_on: tuple[str, ...]
    aspects: tuple[Share, ...]
    places: tuple[Share, ...]
    quotes: tuple[Quote, ...]
    official: Official = NOTHING
    sample: Sample = EVERYTHING_READ

    @property
    def duration(self) -> timedelta:
        """Return how long it lasted, or has so far."""
        return self.until - self.outage.onset


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the seven-day strip: `down` is the time within outages, `coverage` the share that was watched."""

    day: date
    outages: int
    down: timedelta
    complaints: int | None
    coverage: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which share of a source's minutes somebody vouched for, and how many of its posts were read."""

    source: str
    share: float
    sample: Sample = EVERYTHING_READ


@dataclass(frozen=True, slots=True)
class Digest:
    """One local day, `start` to `end` in UTC (23 to 25 hours), as far as it is known (`through`).

    `over` is False while the day has not ended. `coverage` is the share of the minutes up to `through`
    (of the whole day once it is over) that somebody vouches for; `complaints` and `usual` are sums over those, and
    `sample` says of how many posts the complaints speak. `spending` is of the UTC day of the same date.
    """

    day: date
    zone: ZoneInfo
    now: datetime
    start: datetime
    end: datetime
    through: datetime
    over: bool
    subject: str
    sentence: str
    cells: tuple[Cell, ...]
    blanks: tuple[tuple[datetime, datetime], ...]
    complaints: int | None
    usual: float | None
    people: int
    peak: Peak | None
    outages: tuple[OutageOfDay, ...]
    aspects: tuple[Share, ...]
    places: tuple[Share, ...]
    week: tuple[DayCell, ...]
    tallies: Mapping[str, int]
    coverage: float
    source_coverage: tuple[Coverage, ...]
    holes: tuple[health.Hole, ...]
    sources: tuple[health.SourceHealth, ...]
    sample: Sample
    spending: tuple[Spending, ...]

    @property
    def likely(self) -> float | None:
        """Return the complaints with those that posts which nobody read likely hold."""
        return None if self.complaints is None else self.complaints + self.sample.carried


def digest(
    reading: Reading, *, day: date, zone: ZoneInfo, now: datetime, limits: Mapping[str, Limits] | None = None
) -> Digest:
    """Sum up one local day; one that is not over is summed up so far. `limits` says what sources may cost."""
    start, end = words.day_span(day, zone)
    settled = reading.settled()
    through = _through(settled, start=start, end=end, now=now)
    outages = [outage for outage in reading.outages(since=start - LOOK_BACK) if outage.onset < through]
    touching = [outage for outage in outages if outage.ended_at is None or outage.ended_at > start]
    seen = series.read(reading, since=start, until=through, outages=touching)
    whole = seen.cell(start, through) if through > start else Cell(start, through, None, None, 0)
    coverage = whole.minutes * MINUTE / (through - start) if through > start else 0.0
    known = min(through, settled or through)
    said = official.of_outages(reading, touching)
    found = tuple(
        _outage(reading, outage, number=n, known=known, counts=seen, said=said[outage.id])
        for n, outage in enumerate(touching, start=1)
    )
    facts = verdict_of_day.Facts(
        day=day,
        zone=zone,
        over=now >= end,
        begun=now >= start,
        outages=tuple((found_one.outage, found_one.duration) for found_one in found),
        whole=whole,
        coverage=coverage,
    )
    return Digest(
        day=day,
        zone=zone,
        now=now,
        start=start,
        end=end,
        through=through,
        over=facts.over,
        subject=verdict_of_day.subject(facts),
        sentence=verdict_of_day.sentence(facts),
        cells=seen.cells(start, through),
        blanks=seen.blanks(start, through),
        complaints=whole.complaints,
        usual=whole.usual,
        people=reading.people(since=start, until=through),
        peak=seen.peak(start, through),
        outages=found,
        aspects=shares(seen.aspects, complaints=whole.complaints or 0, name=phrases.aspect_words),
        places=shares(seen.places, complaints=whole.complaints or 0, name=printable),
        week=_week(reading, outages, day=day, zone=zone, through=through),
        tallies=dict(reading.tallies(since=start, until=through)),
        coverage=coverage,
        source_coverage=_by_source(seen, start, through),
        holes=health.holes(reading.gaps(since=start, until=through), start=start, end=through),
        sources=health.sources(reading.marks(), now=now, zone=zone, stale_after=STALE_AFTER),
        sample=whole.sample,
        spending=spending.spending(reading, day=day, limits=limits),
    )


def _through(settled: datetime | None, *, start: datetime, end: datetime, now: datetime) -> datetime:
    """Return how far the day can be spoken of: the last minutes are only waited for, unless the watch has stopped."""
    waiting = settled is not None and now - settled <= STALE_AFTER
    reached = settled if waiting and settled is not None and now < end else minute_of(now)
    return min(end, max(start, reached))


def _outage(
    reading: Reading, outage: Outage, *, number: int, known: datetime, counts: Series, said: Official
) -> OutageOfDay:
    until = outage.ended_at or max(known, outage.signalled_at)
    opening = series.read(reading, since=outage.onset, until=outage.onset + FIRST_HEARD)
    return OutageOfDay(
        number=number,
        outage=outage,
        until=until,
        peak=counts.peak(outage.onset, until),
        first_heard_on=_first(opening),
        aspects=shares(outage.aspects, complaints=outage.complaints, name=phrases.aspect_words),
        places=shares(outage.places, complaints=outage.complaints, name=printable),
        quotes=quotes.over(reading, since=outage.onset, until=until),
        official=said,
        sample=counts.cell(outage.onset, until).sample,
    )


def _first(opening: Series) -> tuple[str, ...]:
    """Return the sources that heard of it in the first minute in which any did."""
    heard = {
        source: min(minute for minute, count in minutes.items() if count)
        for source, minutes in opening.by_source.items()
        if any(minutes.values())
    }
    first = min(heard.values(), default=None)
    return tuple(sorted(source for source, minute in heard.items() if minute == first))


def _week(
    reading: Reading, outages: Sequence[Outage], *, day: date, zone: ZoneInfo, through: datetime
) -> tuple[DayCell, ...]:
    since, _ = words.day_span(day - timedelta(days=DAYS - 1), zone)
    seen = series.read(reading, since=since, until=through)
    return tuple(
        _day_cell(seen, outages, day=day - timedelta(days=back), zone=zone, through=through)
        for back in reversed(range(DAYS))
    )


def _day_cell(seen: Series, outages: Sequence[Outage], *, day: date, zone: ZoneInfo, through: datetime) -> DayCell:
    start, end = words.day_span(day, zone)
    end = min(end, through)
    if end <= start:
        return DayCell(day, 0, timedelta(0), None, 0.0)
    spans = [(max(start, outage.onset), min(end, outage.ended_at or end)) for outage in outages]
    spans = [(since, until) for since, until in spans if since < until]
    cell = seen.cell(start, end)
    coverage = cell.minutes * MINUTE / (end - start)
    down = sum((until - since for since, until in spans), timedelta(0))
    return DayCell(day, len(spans), down, cell.complaints, coverage)


def _by_source(seen: Series, start: datetime, through: datetime) -> tuple[Coverage, ...]:
    whole = (through - start) / MINUTE
    return tuple(
        Coverage(source, len(minutes) / whole, seen.by_source_sample[source])
        for source, minutes in sorted(seen.by_source.items())
        if whole
    )
