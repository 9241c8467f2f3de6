"""The summary: what people say about TikTok right now, as one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tiktokwatch.collect.budget import Limits
from tiktokwatch.records import Outage, State, Transition
from tiktokwatch.report import health, official, phrases, quotes, sampled, series, spending, words
from tiktokwatch.report.official import Official
from tiktokwatch.report.printable import printable
from tiktokwatch.report.quotes import Quote
from tiktokwatch.report.reading import Reading
from tiktokwatch.report.sampled import EVERYTHING_READ, Sample
from tiktokwatch.report.series import Cell, Peak, Series
from tiktokwatch.report.shares import Share, shares
from tiktokwatch.report.spending import Spending

RECENT = timedelta(minutes=15)
STALE_AFTER = timedelta(minutes=15)
LOOK_BACK = timedelta(days=30)
QUOTES = 4
TELLING_COUNT = 5
TELLING_RATIO = 1.5


@dataclass(frozen=True, slots=True)
class Recent:
    """The last settled quarter of an hour: complaints, how many people they come from, and what is usual then.

    `complaints` is None where nobody vouches for any of its minutes, `usual` and `ratio` where they are not known.
    Complaints and people are those that were read; `ratio` is of the likely ones among all posts of the `sample`.
    """

    start: datetime
    end: datetime
    complaints: int | None
    people: int
    usual: float | None
    ratio: float | None
    sample: Sample = EVERYTHING_READ

    @property
    def likely(self) -> float | None:
        """Return the complaints with those that posts which nobody read likely hold."""
        return None if self.complaints is None else self.complaints + self.sample.carried


@dataclass(frozen=True, slots=True)
class Summary:
    """What is said now and what follows from it; `cause` is the verdict of an outage, or why nothing is known.

    `since` and `until` bound the figures (`until` is the end of the last settled minute), `named_since` bounds
    `aspects` and `places`. `held` is the last state that was known, and `began` when the present one began.
    `official` is what TikTok itself said, by the number of the outage, `spending` what this month cost so far.
    """

    now: datetime
    since: datetime
    until: datetime
    zone: ZoneInfo
    state: State
    cause: str
    held: State
    began: datetime | None
    headline: str
    reason: str
    advice: str
    transition: Transition | None
    recent: Recent
    cells: tuple[Cell, ...]
    peak: Peak | None
    named_since: datetime
    aspects: tuple[Share, ...]
    places: tuple[Share, ...]
    sources: tuple[health.SourceHealth, ...]
    quotes: tuple[Quote, ...]
    tallies: Mapping[str, int]
    outage: Outage | None
    last_outage: Outage | None
    official: Mapping[int, Official]
    heard: health.Heard
    spending: tuple[Spending, ...]

    @property
    def settled(self) -> datetime | None:
        """Return the end of the last settled minute, None where nothing was watched yet."""
        return None if self.cause == "never" else self.until


@dataclass(frozen=True, slots=True)
class _Present:
    """What is known of the present before any figures are read."""

    state: State
    cause: str
    held: State
    transition: Transition | None
    settled: datetime | None
    until: datetime
    now: datetime
    zone: ZoneInfo

    def when(self, at: datetime) -> str:
        return words.moment(at, self.zone, now=self.now)


def summarise(
    reading: Reading,
    *,
    now: datetime,
    since: timedelta,
    zone: ZoneInfo,
    stale_after: timedelta = STALE_AFTER,
    limits: Mapping[str, Limits] | None = None,
) -> Summary:
    """Sum up the last `since`; the state is unknown once the last settled minute is older than `stale_after`.

    `limits` says what sources may cost.
    """
    settled = reading.settled()
    until = settled or now
    start = until - since
    outages = reading.outages(since=until - max(since, LOOK_BACK))
    open_outage = next((outage for outage in reversed(outages) if outage.ended_at is None), None)
    last_outage = next((outage for outage in reversed(outages) if outage.ended_at is not None), None)
    sources = health.sources(reading.marks(), now=now, zone=zone, stale_after=stale_after)
    present = _present(reading, open_outage, now=now, zone=zone, stale_after=stale_after)
    seen = series.read(reading, since=min(start, until - RECENT), until=until, outages=outages)
    recent = _recent(reading, seen, until)
    named = open_outage if present.state in {"outage", "recovering"} else None
    aspects, places, whole = _named(named, seen, start, until)
    return Summary(
        now=now,
        since=start,
        until=until,
        zone=zone,
        state=present.state,
        cause=present.cause,
        held=present.held,
        began=_began(present, named),
        headline=phrases.headline(present.state, present.cause, aspect=named.aspect if named else ""),
        reason=_reason(present, recent),
        advice=phrases.advice(present.state, present.cause),
        transition=present.transition,
        recent=recent,
        cells=seen.cells(start, until, width=series.fitting_width(since)),
        peak=seen.peak(start, until),
        named_since=named.onset if named else start,
        aspects=shares(aspects, complaints=whole, name=phrases.aspect_words),
        places=shares(places, complaints=whole, name=printable),
        sources=sources,
        quotes=quotes.latest(reading, since=start, until=until, limit=QUOTES),
        tallies=dict(reading.tallies(since=start, until=until)),
        outage=open_outage,
        last_outage=last_outage,
        official=official.of_outages(reading, [found for found in (open_outage, last_outage) if found is not None]),
        heard=health.heard(sources, stale_after=stale_after),
        spending=spending.spending(reading, day=now.astimezone(UTC).date(), limits=limits),
    )


def _present(
    reading: Reading, outage: Outage | None, *, now: datetime, zone: ZoneInfo, stale_after: timedelta
) -> _Present:
    settled = reading.settled()
    held, transition = reading.state()
    state, cause = held, ""
    if settled is None:
        state, cause = "unknown", "never"
    elif now - settled > stale_after:
        state, cause = "unknown", "stale"
    elif held == "unknown":
        cause = "blind"
    elif held == "outage" and outage is not None:
        cause = outage.verdict
    return _Present(state, cause, held, transition, settled, settled or now, now, zone)


def _began(present: _Present, outage: Outage | None) -> datetime | None:
    if outage is not None:
        return outage.recovering_at if present.state == "recovering" else outage.onset
    if present.transition is not None and present.transition.after == present.state:
        return present.transition.at
    return present.settled if present.state == "unknown" else None


def _recent(reading: Reading, seen: Series, until: datetime) -> Recent:
    start = until - RECENT
    cell = seen.cell(start, until)
    people = reading.people(since=start, until=until)
    over = cell.likely / cell.usual if cell.likely is not None and cell.usual else None
    return Recent(start, until, cell.complaints, people, cell.usual, over, cell.sample)


def _named(
    outage: Outage | None, seen: Series, start: datetime, until: datetime
) -> tuple[Mapping[str, int], Mapping[str, int], int]:
    if outage is not None:
        return outage.aspects, outage.places, outage.complaints
    return seen.aspects, seen.places, seen.cell(start, until).complaints or 0


def _reason(present: _Present, recent: Recent) -> str:
    if present.cause == "never":
        return "The database holds no minute yet."
    if present.cause == "stale":
        silence = f"No data for {words.duration(present.now - present.until)}"
        if present.held == "unknown":
            return f"{silence}, and nobody could vouch for what came before."
        last = phrases.SIGNBOARDS[present.held].word.lower()
        return f"{silence}; last known: {last} at {present.when(present.until)}."
    if present.cause == "blind":
        since = present.transition.at if present.transition is not None else present.until
        return f"Nobody can vouch for what is said since {present.when(since)}."
    return _count(recent, present.zone)


def _count(recent: Recent, zone: ZoneInfo) -> str:
    span = f"in the 15 min to {words.clock(recent.end, zone)}"
    if recent.complaints is None:
        return f"Nobody can vouch for what was said {span}."
    said = _counted(recent, span)
    if recent.usual is None:
        return f"{said}; what is usual at this hour is not known yet."
    day = words.DAYS[recent.end.astimezone(zone).weekday()]
    return f"{said}; usual on a {day} at this hour: {words.figure(recent.usual)}{_times_usual(recent)}."


def _counted(recent: Recent, span: str) -> str:
    complaints, sample = recent.complaints or 0, recent.sample
    if not sample.unread:
        people = f" by {words.plural(recent.people, 'person', 'people')}" if complaints and recent.people else ""
        return f"{words.plural(complaints, 'complaint')}{people} {span}"
    about = words.capital(sampled.counted(complaints, sample, "person", "people"))
    if sample.is_thin:
        unread = words.plural(sample.unread, "post")
        return f"{about} complained {span}, if the {unread} that nobody read are like earlier ones"
    return f"{about}, by a sample of {sample}, complained {span}"


def _times_usual(recent: Recent) -> str:
    likely = recent.likely or 0.0
    if recent.ratio is None or likely < TELLING_COUNT or recent.ratio < TELLING_RATIO or recent.sample.is_thin:
        return ""
    return f" ({words.ratio(recent.ratio)})"
