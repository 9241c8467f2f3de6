"""How well the watcher watches: what each source last gave, what is wrong, and what happens next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tiktokwatch.records import Gap, Mark
from tiktokwatch.report import words
from tiktokwatch.report.phrases import source_words
from tiktokwatch.report.printable import printable


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How one collector is: `age` is how old its last data are (None before the first), `next_step` what follows."""

    collector: str
    source: str
    ok: bool
    through: datetime | None
    age: timedelta | None
    fault: str
    retry_at: datetime | None
    next_step: str

    @property
    def name(self) -> str:
        """Return the source, with the collector where that says more."""
        source = source_words(self.source)
        return source if self.collector == self.source else f"{source} ({printable(self.collector)})"

    def __str__(self) -> str:
        age = "no data yet" if self.age is None else words.ago(self.age)
        state = f"{self.name} ok, {age}" if self.ok else f"{self.name} not ok, last data {age}"
        if self.age is None:
            state = f"{self.name}: {age}"
        said = ": ".join(part for part in (self.fault, self.next_step) if part)
        return f"{state} ({said})" if said else state


@dataclass(frozen=True, slots=True)
class Hole:
    """A span that one collector missed for good."""

    collector: str
    source: str
    start: datetime
    end: datetime
    reason: str


def sources(
    marks: Sequence[Mark], *, now: datetime, zone: ZoneInfo, stale_after: timedelta
) -> tuple[SourceHealth, ...]:
    """Say how each collector is, in order of their names."""
    return tuple(
        _source(mark, now=now, zone=zone, stale_after=stale_after)
        for mark in sorted(marks, key=lambda mark: (mark.source, mark.collector))
    )


def _source(mark: Mark, *, now: datetime, zone: ZoneInfo, stale_after: timedelta) -> SourceHealth:
    age = None if mark.through is None else max(timedelta(0), now - mark.through)
    fresh = age is not None and age <= stale_after
    step = ""
    if mark.fault and mark.retry_at is None:
        step = "given up; put it right, then start tiktokwatch run again"
    elif mark.fault and mark.retry_at is not None and mark.retry_at >= now - stale_after:
        step = f"tries again at {words.moment(mark.retry_at, zone, now=now)}"
    elif not fresh:
        step = "is the watcher running?"
    return SourceHealth(
        collector=mark.collector,
        source=mark.source,
        ok=fresh and not mark.fault,
        through=mark.through,
        age=age,
        fault=printable(mark.fault),
        retry_at=mark.retry_at,
        next_step=step,
    )


def holes(gaps: Sequence[Gap], *, start: datetime, end: datetime) -> tuple[Hole, ...]:
    """Cut gaps to a span and join those of one collector that touch, longest first."""
    joined: list[Hole] = []
    for gap in sorted(gaps, key=lambda gap: (gap.collector, gap.start)):
        since, until = max(start, gap.start), min(end, gap.end)
        if since >= until:
            continue
        last = joined[-1] if joined else None
        if last is not None and last.collector == gap.collector and last.end >= since:
            joined[-1] = Hole(last.collector, last.source, last.start, max(last.end, until), last.reason)
        else:
            joined.append(Hole(gap.collector, gap.source, since, until, printable(gap.reason)))
    return tuple(sorted(joined, key=lambda hole: (hole.start - hole.end, hole.start, hole.collector)))
