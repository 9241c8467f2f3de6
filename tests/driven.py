"""Scripted sources, driven by `Live` through a pipeline."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.worlds import START, Decisions, ScriptedClassifier
from tiktokwatch.errors import CollectError
from tiktokwatch.pipeline import Pipeline, run
from tiktokwatch.records import MINUTE, Batch, Fault, Post, Step, Tick
from tiktokwatch.ticks import Live, Pace
from tiktokwatch.trend.baseline import SeasonalBaseline


def at(minutes: float) -> datetime:
    return START + minutes * MINUTE


class FakeClock:
    """Jumps over every wait, up to an end."""

    def __init__(self, *, end: datetime, start: datetime = START) -> None:
        self.moment = start
        self.waits: list[float] = []
        self._end = end

    def now(self) -> datetime:
        return self.moment

    def wait(self, seconds: float) -> bool:
        if seconds:
            self.waits.append(seconds)
        self.moment += timedelta(seconds=seconds)
        return self.moment >= self._end


@dataclass
class Source:
    """A network that never forgets, and a way to it that is blocked from time to time."""

    name: str = "x"
    posts: Sequence[Post] = ()
    down: Sequence[tuple[datetime, datetime, CollectError]] = ()
    lag: timedelta = timedelta(0)
    horizon: timedelta | None = None  # how far back it can be read
    asked: list[tuple[datetime, datetime, str]] = field(default_factory=list)

    @property
    def source(self) -> str:
        return self.name

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        self.asked.append((now, since, cursor))
        for start, end, error in self.down:
            if start <= now < end:
                raise error
        begin = since if self.horizon is None else max(since, now - self.horizon)
        through = max(begin, now - self.lag)
        first, last = (bisect_left(self.posts, moment, key=lambda post: post.at) for moment in (begin, through))
        note = "" if begin == since else "no more than that is kept"
        return Batch(self.name, self.name, begin, through, tuple(self.posts[first:last]), f"c{len(self.asked)}", note)

    def polled(self) -> list[float]:
        return [(now - START) / MINUTE for now, _, _ in self.asked]

    def close(self) -> None:
        pass


@dataclass
class Driven:
    """Collectors, driven by `Live` through a pipeline until some minutes have passed."""

    sources: Mapping[str, tuple[Source, Pace]]
    minutes: float = 60
    ticks: list[Tick] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    decisions: Decisions = field(default_factory=Decisions)

    def __post_init__(self) -> None:
        self.clock = FakeClock(end=at(self.minutes))
        self.pipeline = fresh(self.sources)
        live = Live(list(self.sources.values()), clock=self.clock, marks=lambda: self.pipeline.coverage.marks)
        run(self.pipeline, live, self.steps.append, self.decisions)
        self.ticks = [step.tick for step in self.steps]

    @property
    def gaps(self) -> list[tuple[str, float, float, str]]:
        return [
            (gap.collector, (gap.start - START) / MINUTE, (gap.end - START) / MINUTE, gap.reason)
            for tick in self.ticks
            for gap in tick.gaps
        ]

    @property
    def faults(self) -> list[Fault]:
        return [fault for tick in self.ticks for fault in tick.faults]

    def settled(self) -> dict[float, float]:
        """Return how far everything was settled at each tick, in minutes."""
        return {
            (step.tick.now - START) / MINUTE: (step.settled - START) / MINUTE
            for step in self.steps
            if step.settled is not None
        }


def fresh(sources: Mapping[str, object]) -> Pipeline:
    return Pipeline(
        classifier=ScriptedClassifier(), detector=SeasonalBaseline(), collectors={name: name for name in sources}
    )


def alone(source: Source, pace: Pace | None = None, *, minutes: float = 60) -> Driven:
    return Driven({source.name: (source, pace or Pace())}, minutes)


def failing(start: float, end: float, error: CollectError | None = None) -> Source:
    return Source(down=[(at(start), at(end), error or CollectError("x: 503, down"))])
