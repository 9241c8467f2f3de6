"""Where everything is put together: the only file that knows every room."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from tiktokwatch import config as configuration
from tiktokwatch import daemon, sources, ticks
from tiktokwatch.collect.recordings import BadLine, read
from tiktokwatch.errors import ConfigError, UserError
from tiktokwatch.notify.outbox import LogNotifier, Outbox
from tiktokwatch.outage.evidence import Sensitivity
from tiktokwatch.pipeline import Pipeline, Sink, run
from tiktokwatch.protocols import Classifier, Detector
from tiktokwatch.rechecks import TERMS, Rechecks
from tiktokwatch.records import Memory, Outage, Post, Step, Tick
from tiktokwatch.settings import Config
from tiktokwatch.store.reader import Reader
from tiktokwatch.trend.baseline import SeasonalBaseline

log = logging.getLogger(__name__)

TICKS_KEPT = timedelta(days=30)
EVIDENCE_KEPT = timedelta(days=400)
PRUNE_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class Replayed:
    """What a replay read and found. `read` counts posts, `kept` those that were new, `bad` the unusable lines."""

    read: int = 0
    kept: int = 0
    duplicate: int = 0
    bad: list[tuple[Path, BadLine]] = field(default_factory=list)
    start: datetime | None = None
    end: datetime | None = None
    found: dict[int, Outage] = field(default_factory=dict)

    def __call__(self, step: Step) -> None:
        """Take what one tick changed."""
        self.kept += len(step.judged)
        self.duplicate += step.duplicates
        self.read = self.kept + self.duplicate
        self.found.update((outage.id, outage) for outage in step.outages)
        times = [judged.post.at for judged in step.judged]
        if times:
            self.start = min([*times, *([self.start] if self.start else [])])
            self.end = max([*times, *([self.end] if self.end else [])])

    @property
    def posts(self) -> dict[str, int]:
        """Return how many posts were read, kept and duplicate, and how many lines were bad."""
        return {"read": self.read, "kept": self.kept, "duplicate": self.duplicate, "bad": len(self.bad)}

    @property
    def outages(self) -> list[Outage]:
        """Return the outages, oldest first."""
        return [self.found[number] for number in sorted(self.found)]


@dataclass(frozen=True, slots=True)
class App:
    """A configuration and a database, and all that can be done with them."""

    config: Config
    database: Path

    @classmethod
    def load(cls, *, file: Path | None = None, database: Path | None = None) -> App:
        """Read the configuration; `database` takes the place of the configured one. Raises ConfigError."""
        if file is not None and not file.is_file():
            raise ConfigError(f"{file}: there is no such file; `tiktokwatch init` writes one.")
        config = configuration.load(file).config
        return cls(config, database or config.database_path)

    def reader(self) -> Reader:
        """Open the database for reading. Raises StoreError."""
        return Reader.open(self.database)

    def now(self) -> datetime:
        """Return the present moment."""
        return datetime.now(UTC)

    def watch(self, *, once: bool = False, clock: daemon.StoppableClock | None = None) -> None:
        """Watch until a signal ends it, or for one round of polls. Raises ConfigError where there is no source."""
        from tiktokwatch.store.writer import Store  # noqa: PLC0415 - takes a while to import

        clock = clock or daemon.SystemClock()
        if all(sources.configured(self.config).values()):
            raise ConfigError(sources.NONE)
        with ExitStack() as stack:
            stack.enter_context(daemon.single_writer(self.database))
            store = stack.enter_context(Store.open(self.database))
            watched: list[Pipeline] = []
            around = sources.Surroundings(
                attention=lambda: max((pipeline.attention for pipeline in watched), default=0.0),
                is_known=lambda names: store.known(names, source="bluesky"),
                expenses=store,
            )
            collectors = sources.collectors(self.config, around)
            checkers = sources.checkers(self.config, store)
            closes = [*(collector.close for collector, _ in collectors), *(checker.close for checker in checkers)]
            for close in closes:
                stack.callback(close)
            stack.enter_context(daemon.ended_by_signals(clock.stop, *closes))
            names = {collector.name: collector.source for collector, _ in collectors}
            memory = store.memory(collectors=names)
            pipeline = self.pipeline(names, memory=memory)
            watched.append(pipeline)
            live = ticks.Live(collectors, clock=clock, marks=lambda: pipeline.coverage.marks)
            outbox = Outbox([LogNotifier()], ledger=store, outages=memory.outages)
            retention = _Hourly(lambda now: store.prune(**self._horizons(now)))
            log.info("watching %s into %s", ", ".join(names), self.database)
            rounds = islice(live, 1) if once else live
            run(pipeline, rounds, store.save, outbox, Rechecks(checkers, store), retention, daemon.Heartbeat())

    def replay(
        self,
        files: Sequence[Path],
        *,
        sinks: Sequence[Sink] = (),
        database: Path | None = None,
    ) -> Replayed:
        """Run recorded posts through the pipeline in event time, into a database if one is named.

        Raises UserError where a file cannot be read at all; bad lines are part of what is returned.
        """
        replayed = Replayed()
        recorded = recorded_ticks(files, bad=replayed.bad)
        names = {batch.collector: batch.source for tick in recorded for batch in tick.batches}
        names |= {gap.collector: gap.source for tick in recorded for gap in tick.gaps}
        with ExitStack() as stack:
            memory = None
            if database is not None:
                from tiktokwatch.store.writer import Store  # noqa: PLC0415 - takes a while to import

                stack.enter_context(daemon.single_writer(database))
                store = stack.enter_context(Store.open(database))
                memory = store.memory(collectors=names)
                sinks = (store.save, *sinks)
            run(self.pipeline(names, memory=memory), recorded, replayed, *sinks)
        return replayed

    def pipeline(
        self,
        collectors: Mapping[str, str],
        *,
        memory: Memory | None = None,
        detector: Detector | None = None,
        classifier: Classifier | None = None,
    ) -> Pipeline:
        """Put a pipeline together for some collectors (name: source); detector and classifier are ours by default."""
        detection = self.config.detection
        return Pipeline(
            classifier=classifier or self.classifier(),
            detector=detector or SeasonalBaseline(),
            collectors=collectors,
            sensitivity=Sensitivity(
                false_alarm_every=detection.false_alarm_every,
                minimum_people=detection.minimum_people,
                minimum_ratio=detection.minimum_ratio,
            ),
            policy_days=self.config.detection.policy_days,
            memory=memory,
        )

    def classifier(self) -> Classifier:
        """Load the model that is shipped. Raises UserError where it is damaged."""
        from tiktokwatch.classify.linear import load  # noqa: PLC0415 - numpy takes a while to import

        return load()

    def _horizons(self, now: datetime) -> dict[str, Any]:
        return {
            "before_unchecked": {source: now - terms.within for source, terms in TERMS.items()},
            "before_text": now - self.config.retention.text,
            "before_posts": now - self.config.retention.posts,
            "before_ticks": now - TICKS_KEPT,
            "before_evidence": now - EVIDENCE_KEPT,
        }


@dataclass(slots=True)
class _Hourly:
    """A sink that does something once an hour."""

    act: Callable[[datetime], object]
    last: datetime | None = None

    def __call__(self, step: Step) -> None:
        if self.last is None or step.tick.now - self.last >= PRUNE_EVERY:
            self.last = step.tick.now
            self.act(step.tick.now)


def recorded_ticks(files: Iterable[Path], *, bad: list[tuple[Path, BadLine]]) -> list[Tick]:
    """Read recordings as ticks: those of our own export as they were, bare posts in event time.

    Unusable lines are appended to `bad`. Raises UserError where a file cannot be read, or kinds are mixed.
    """
    posts: list[Post] = []
    recorded: list[Tick] = []
    for file, item in _items(files):
        if isinstance(item, BadLine):
            bad.append((file, item))
        elif isinstance(item, Tick):
            recorded.append(item)
        else:
            posts.append(item)
    if posts and recorded:
        raise UserError("Recorded ticks and bare posts cannot be replayed together; name files of one kind.")
    if recorded:
        return sorted(recorded, key=lambda tick: tick.now)
    return list(ticks.backfill(sorted(posts, key=lambda post: (post.at, post.id))))


def _items(files: Iterable[Path]) -> Iterator[tuple[Path, Post | Tick | BadLine]]:
    for file in files:
        for item in read(file):
            yield file, item
