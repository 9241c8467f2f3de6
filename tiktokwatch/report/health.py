"""How well the watcher watches: what each source last gave, what is wrong, and what happens next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tiktokwatch.records import Gap, Mark
from tiktokwatch.report import words
from tiktokwatch.report.phrases import source_words
from tiktokwatch.report.printable import printable

FORGOTTEN = timedelta(days=7)

_SAYS_WHEN = re.compile(r"\bback (?:on|at)\b|\basking again after\b")


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
        fault = self.fault.removeprefix(f"{printable(self.collector)}: ")
        said = ": ".join(part for part in (fault, self.next_step) if part)
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
    """Say how each collector is, in order of their names; those that nobody uses any more are left out."""
    return tuple(
        _source(mark, now=now, zone=zone, stale_after=stale_after)
        for mark in sorted(in_use(marks), key=lambda mark: (mark.source, mark.collector))
    )


def in_use(marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks but those that stand still for a week while others move on: nobody polls these any more.

    A source that is polled in vain moves on by gaps.
    """
    reached = {mark.collector: max(filter(None, (mark.through, mark.passed)), default=None) for mark in marks}
    newest = max(filter(None, reached.values()), default=None)

    def is_used(at: datetime | None) -> bool:
        return at is None or newest is None or newest - at <= FORGOTTEN

    return [mark for mark in marks if is_used(reached[mark.collector])]


@dataclass(frozen=True, slots=True)
class Heard:
    """Which sources are heard at present, and since when the others are not (None: they never were)."""

    fresh: tuple[str, ...] = ()
    silent: tuple[tuple[str, datetime | None], ...] = ()


def heard(health: Sequence[SourceHealth], *, stale_after: timedelta) -> Heard:
    """Return which sources are heard, by any of their collectors."""
    reached: dict[str, datetime | None] = {}
    fresh: set[str] = set()
    for one in health:
        reached[one.source] = max(filter(None, (one.through, reached.get(one.source))), default=None)
        if one.age is not None and one.age <= stale_after:
            fresh.add(one.source)
    silent = tuple((source, at) for source, at in sorted(reached.items()) if source not in fresh)
    return Heard(tuple(sorted(fresh)), silent)


def _source(mark: Mark, *, now: datetime, zone: ZoneInfo, stale_after: timedelta) -> SourceHealth:
    age = None if mark.through is None else max(timedelta(0), now - mark.through)
    fresh = age is not None and age <= stale_after
    step = ""
    if mark.fault and mark.retry_at is None:
        step = "given up; put it right, then start tiktokwatch run again"
    elif mark.fault and mark.retry_at is not None and mark.retry_at >= now - stale_after:
        says_when = _SAYS_WHEN.search(mark.fault)
        step = "" if says_when else f"tries again at {words.moment(mark.retry_at, zone, now=now)}"
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
