"""How time passes: live, from collectors that are polled in turn, or in event time, from posts that were kept.

Ticks that were recorded need no driver: they are an iterable already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from tiktokwatch.errors import CollectError
from tiktokwatch.protocols import Clock, Collector
from tiktokwatch.records import MINUTE, Batch, Fault, Gap, Mark, Post, Tick, minute_of

LONGEST_BACK_OFF = timedelta(minutes=15)
HEARTBEAT = timedelta(minutes=1)  # even with nothing to poll, a gap grows and the supervisor wants to hear of us
ASKED_AGAIN = timedelta(minutes=3)  # more than any source lags behind
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a source is polled: how often, how far back at the first start, and how long a failure may be made up for.

    A poll that fails is tried again; what nobody could read within `patience` becomes a gap.
    """

    every: timedelta = timedelta(minutes=1)
    look_back: timedelta = timedelta(hours=1)
    patience: timedelta = timedelta(minutes=5)


class Live:
    """Polls collectors when they are due, and yields what came in."""

    def __init__(
        self,
        collectors: Sequence[tuple[Collector, Pace]],
        *,
        clock: Clock,
        marks: Callable[[], Mapping[str, Mark]],
    ) -> None:
        self._collectors = collectors
        self._clock = clock
        self._marks = marks
        self._started = clock.now()
        self._last = self._started - INSTANT
        self._due = {collector.name: self._started for collector, _ in collectors}
        self._failures = {collector.name: 0 for collector, _ in collectors}

    def __iter__(self) -> Iterator[Tick]:
        """Yield a tick after each round of polls, until the clock says that it is over."""
        while True:
            tick = self._turn()
            if self._clock.wait(0):
                # A poll that was broken off by the end is no fault of its source.
                answered = {batch.collector for batch in tick.batches}
                yield replace(tick, gaps=tuple(gap for gap in tick.gaps if gap.collector in answered), faults=())
                return
            yield tick
            if self._clock.wait(self._until_due()):
                return

    def _turn(self) -> Tick:
        batches, gaps, faults = [], [], []
        for collector, pace in self._collectors:
            now = self._clock.now()
            if self._due[collector.name] <= now:
                answer = self._poll(collector, pace, now)
                if isinstance(answer, Batch):
                    batches.append(answer)
                    gaps.extend(self._skipped(answer, pace))
                    continue
                faults.append(answer)
            gaps.extend(self._given_up(collector, pace, now, faults))
        return Tick(self._next_now(), tuple(batches), tuple(gaps), tuple(faults))

    def _poll(self, collector: Collector, pace: Pace, now: datetime) -> Batch | Fault:
        mark = self._marks()[collector.name]
        since = asked = mark.passed or self._begin(pace)
        vouched = mark.through or self._begin(pace)
        if self._failures[collector.name]:
            # Its time was given up until just now, of which it may know nothing yet: it would not even try.
            since = max(min(asked, now - ASKED_AGAIN), vouched)
        try:
            batch = collector.collect(since=since, cursor=mark.cursor, now=now)
        except CollectError as error:
            self._failures[collector.name] += 1
            retry_at = now + self._back_off(collector.name, pace, error)
            self._due[collector.name] = retry_at
            return Fault(collector.name, collector.source, now, error.reason, retry_at)
        self._failures[collector.name] = 0
        self._due[collector.name] = now + pace.every
        return batch if since == asked else _after_gap(batch, start=vouched, end=asked)

    def _back_off(self, name: str, pace: Pace, error: CollectError) -> timedelta:
        if error.permanent:
            return LONGEST_BACK_OFF
        doubled: int = 2 ** min(self._failures[name] - 1, 10)
        waited = min(LONGEST_BACK_OFF, pace.every * doubled)
        return max(waited, timedelta(seconds=error.retry_after or 0))

    def _skipped(self, batch: Batch, pace: Pace) -> list[Gap]:
        """Return the gap that a collector leaves behind it when it vouches only from a later moment on."""
        asked = self._marks()[batch.collector].passed or self._begin(pace)
        if batch.since <= asked:
            return []
        return [Gap(batch.collector, batch.source, asked, batch.since, batch.note or "not read")]

    def _given_up(self, collector: Collector, pace: Pace, now: datetime, faults: Sequence[Fault]) -> list[Gap]:
        """Give up the time of a failing collector as it passes, once patience is over, so that others go on."""
        if not self._failures[collector.name]:
            return []
        mark = self._marks()[collector.name]
        passed = mark.passed or self._begin(pace)
        is_down = mark.passed is not None and (mark.through is None or mark.through < mark.passed)
        if not is_down and now - passed <= pace.patience:
            return []
        reason = next((fault.reason for fault in faults if fault.collector == collector.name), mark.fault)
        return [Gap(collector.name, collector.source, passed, now, reason)] if passed < now else []

    def _begin(self, pace: Pace) -> datetime:
        return self._started - pace.look_back

    def _next_now(self) -> datetime:
        self._last = max(self._clock.now(), self._last + INSTANT)
        return self._last

    def _until_due(self) -> float:
        now = self._clock.now()
        return max(0.0, (min([*self._due.values(), now + HEARTBEAT]) - now).total_seconds())


def _after_gap(batch: Batch, *, start: datetime, end: datetime) -> Batch:
    """Return a batch without what lies in a gap: that is final, whatever is read of it later."""
    return replace(
        batch,
        since=max(batch.since, end),
        through=max(batch.through, end),
        posts=tuple(post for post in batch.posts if not start <= post.at < end),
        counts=tuple(count for count in batch.counts if not start - MINUTE < count.at < end),
    )


def backfill(posts: Iterable[Post], *, hole: timedelta = timedelta(hours=6)) -> Iterator[Tick]:
    """Yield ticks in event time from bare posts, which must be in order of time; each source is its own collector.

    A recording does not say when nobody recorded: a source is taken to be covered from its first to its last post,
    but for silences longer than `hole`, which are gaps.
    """
    posts = list(posts)
    if not posts:
        return
    first, end = minute_of(posts[0].at), minute_of(posts[-1].at) + MINUTE
    reached = dict.fromkeys(sorted({post.source for post in posts}), first)
    started: set[str] = set()
    for start, group in groupby(posts, key=lambda post: minute_of(post.at)):
        batches, gaps = [], []
        for source, here in _by_source(group).items():
            since = reached[source]
            if source not in started or start - since > hole:
                gaps.append(Gap(source, source, since, start, "nothing recorded"))
                since = start
            started.add(source)
            batches.append(Batch(source, source, since=since, through=start + MINUTE, posts=tuple(here)))
            reached[source] = start + MINUTE
        yield Tick(start + MINUTE, tuple(batches), tuple(gap for gap in gaps if gap.start < gap.end))
    ends = (Gap(source, source, since, end, "the recording ends") for source, since in reached.items() if since < end)
    yield Tick(end + INSTANT, gaps=tuple(ends))


def _by_source(posts: Iterable[Post]) -> dict[str, list[Post]]:
    grouped: dict[str, list[Post]] = {}
    for post in posts:
        grouped.setdefault(post.source, []).append(post)
    return grouped
