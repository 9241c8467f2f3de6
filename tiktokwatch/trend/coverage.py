"""How far the collectors vouch, and which minutes of a source are covered.

A minute of a source is decided once every collector of the source has passed it, by vouching for it or by a gap; it
is covered if one of them vouches for the whole of it. Nothing here looks at a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from tiktokwatch.records import MINUTE, Batch, Gap, Mark, Tick, minute_of


def next_minute(at: datetime) -> datetime:
    """Return the start of the first whole minute at or after `at`."""
    start = minute_of(at)
    return start if start == at else start + MINUTE


class Coverage:
    """The marks of all collectors (name: source), and the gaps that still matter."""

    def __init__(
        self,
        collectors: Mapping[str, str],
        *,
        marks: Iterable[Mark] = (),
        gaps: Iterable[Gap] = (),
    ) -> None:
        known = {mark.collector: mark for mark in marks}
        self.marks = {
            name: known.get(name, Mark(collector=name, source=source)) for name, source in sorted(collectors.items())
        }
        self.sources = tuple(sorted(set(collectors.values())))
        self._gaps: dict[str, list[Gap]] = {name: [] for name in self.marks}
        for gap in gaps:
            if gap.collector in self._gaps:
                self._gaps[gap.collector].append(gap)

    def take(self, tick: Tick) -> tuple[Mark, ...]:
        """Take what a tick says of its collectors, and return the marks that changed."""
        before = dict(self.marks)
        for fault in tick.faults:
            if fault.collector in self.marks:
                self._change(fault.collector, fault=fault.reason, retry_at=fault.retry_at)
        for gap in tick.gaps:
            if gap.collector in self.marks:
                self._lose(gap)
        for batch in tick.batches:
            if batch.collector in self.marks:
                self._vouch(batch)
        return tuple(mark for name, mark in self.marks.items() if mark != before[name])

    @property
    def passed(self) -> datetime | None:
        """Return the moment before which every collector has decided; None while one was never heard of."""
        passed = [mark.passed for mark in self.marks.values()]
        return None if not passed or None in passed else min(at for at in passed if at is not None)

    @property
    def begins(self) -> datetime | None:
        """Return the first whole minute that any collector speaks of."""
        starts = [mark.since for mark in self.marks.values() if mark.since is not None]
        starts += [gap.start for gaps in self._gaps.values() for gap in gaps]
        return next_minute(min(starts)) if starts else None

    def since(self, source: str) -> datetime | None:
        """Return the moment from which anybody vouched for a source; None before the first batch."""
        return min((mark.since for mark in self.marks.values() if mark.since and mark.source == source), default=None)

    def covered(self, start: datetime) -> frozenset[str]:
        """Return the sources for which somebody vouches for the whole minute that begins at `start`."""
        return frozenset(mark.source for mark in self.marks.values() if self._vouches(mark, start))

    def next_covered(self, after: datetime) -> datetime | None:
        """Return the first covered minute after the blind one at `after`, None if none is known yet."""
        edges = [mark.since for mark in self.marks.values() if mark.since is not None]
        edges += [gap.end for gaps in self._gaps.values() for gap in gaps]
        starts = sorted({next_minute(edge) for edge in edges if edge > after})
        return next((start for start in starts if self.covered(start)), None)

    def forget_before(self, settled: datetime) -> None:
        """Drop the gaps that end before `settled`."""
        for name, gaps in self._gaps.items():
            self._gaps[name] = [gap for gap in gaps if gap.end > settled]

    def _vouches(self, mark: Mark, start: datetime) -> bool:
        end = start + MINUTE
        if mark.since is None or mark.since > start or mark.passed is None or mark.passed < end:
            return False
        return not any(gap.start < end and start < gap.end for gap in self._gaps[mark.collector])

    def _vouch(self, batch: Batch) -> None:
        mark = self.marks[batch.collector]
        if mark.passed is not None and batch.since > mark.passed:
            self._lose(Gap(batch.collector, batch.source, mark.passed, batch.since, batch.note))
        self._change(
            batch.collector,
            since=mark.since or batch.since,
            through=max(batch.through, mark.through or batch.through),
            passed=max(batch.through, mark.passed or batch.through),
            cursor=batch.cursor,
            fault="",
            retry_at=None,
        )

    def _lose(self, gap: Gap) -> None:
        if gap.end <= gap.start:
            return
        self._gaps[gap.collector].append(gap)
        mark = self.marks[gap.collector]
        self._change(gap.collector, passed=max(gap.end, mark.passed or gap.end))

    def _change(self, name: str, **changes: object) -> None:
        self.marks[name] = replace(self.marks[name], **changes)  # type: ignore[arg-type]  # fields of Mark
