"""The whole watch as one machine without a clock: ticks in, steps out.

A minute is settled once every collector has passed it. What follows is dated by its end: who counts, how surprising
it is, what state it leads to. So it does not matter in which ticks the posts came, nor when anybody looked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tiktokwatch import resume
from tiktokwatch.outage.account import BEFORE, Account, Minute, raised, reason, span_of
from tiktokwatch.outage.evidence import Sensitivity, fuse, signal_of
from tiktokwatch.outage.talk import UsualTalk
from tiktokwatch.protocols import Classifier, Detector
from tiktokwatch.records import (
    MINUTE,
    Batch,
    Bucket,
    Evidence,
    Judged,
    Memory,
    Outage,
    Post,
    Standing,
    State,
    Step,
    Tick,
    Transition,
)
from tiktokwatch.trend.counting import Counted, Counting
from tiktokwatch.trend.coverage import Coverage
from tiktokwatch.trend.sample import SPAN, likely

WINDOWS = (1, 5, 15, 60)
WINDOWS_OF_OUTAGE = (1, 5, 15)  # the hour's window would still hold the outage long after its end
TEACH_AFTER = timedelta(hours=2)  # by then an outage that began in a minute has been signalled
YOUNG = timedelta(days=1)
TEACH_YOUNG_AFTER = timedelta(minutes=15)  # a watch that knows nothing yet has more to win than to lose
HOUSEKEEPING = timedelta(hours=1)
MOST_ACCOUNTS = 100_000
ATTENTIVE = 15  # minutes that wait

Sink = Callable[[Step], None]


def run(pipeline: Pipeline, ticks: Iterable[Tick], *sinks: Sink) -> None:
    """Drive the pipeline: the only loop of tiktokwatch. Sinks are called in order, after each tick."""
    for tick in ticks:
        step = pipeline.step(tick)
        for sink in sinks:
            sink(step)


@dataclass(slots=True)
class _Changes:
    """What the minutes of one tick bring about."""

    standings: dict[str, Standing] = field(default_factory=dict)
    buckets: list[Bucket] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    outages: dict[int, Outage] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)


class Pipeline:
    """Classifies, counts, scores and decides. Give it what a store remembers, and it goes on from there."""

    def __init__(
        self,
        *,
        classifier: Classifier,
        detector: Detector,
        collectors: Mapping[str, str],
        sensitivity: Sensitivity | None = None,
        policy_days: Collection[date] = (),
        memory: Memory | None = None,
    ) -> None:
        memory = memory or Memory()
        self._classifier = classifier
        self._detector = detector
        self._sensitivity = sensitivity or Sensitivity()
        self._threshold = self._sensitivity.threshold
        self._settled = memory.settled
        self._cleaned = memory.settled
        self.coverage = Coverage(collectors, marks=memory.marks, gaps=memory.gaps)
        self._counting = Counting(memory.recent, memory.counts)
        self._life = resume.life(memory)
        self._outages = {outage.id: outage for outage in memory.outages}
        self._account: Account | None = None
        self._usual_talk = UsualTalk(policy_days)
        self._history = resume.history(memory)
        self._latest = memory.evidence[-1] if memory.evidence else None
        self._windows: dict[str, deque[Bucket]] = {}
        self._lessons: deque[Bucket] = deque()
        for bucket in memory.buckets:
            self._remember(bucket)
        self._teach()
        self._account = resume.account(memory, self._usual_talk)

    @property
    def attention(self) -> float:
        """Return how near a signal things are, 1 at the threshold: what was settled last, or what waits to be.

        It decides nothing; whoever pays for posts may look more closely.
        """
        surprises = [0.0 if self._latest is None else self._latest.surprise]
        for source in self.coverage.sources:
            minutes = self._counting.preview(source, recent=ATTENTIVE)
            if minutes:
                surprises.append(self._detector.score(source, minutes).surprise)
        return max(surprises) / self._threshold

    def accounts_to_signal(self, source: str, at: datetime) -> int | None:
        """Return how many accounts, each in words of its own, would raise a signal if all complained in one minute.

        That is what an attacker needs: in `at` and the four minutes before it nobody else complains. None where no
        number would, since nothing is known of calm.
        """
        calm = [Bucket(source, at - back * MINUTE, covered=True) for back in (4, 3, 2, 1)]
        for accounts in range(1, MOST_ACCOUNTS):
            crowd = Bucket(source, at, covered=True, posts=accounts, complaints=accounts)
            fused = fuse({5: [self._detector.score(source, [*calm, crowd])]})
            if signal_of(fused, self._sensitivity) == "high":
                return accounts
        return None

    def step(self, tick: Tick) -> Step:
        """Take one tick, and return everything that it changed."""
        marks = self.coverage.take(tick)
        judged, duplicates = self._judge(tick.batches)
        self._counting.take(
            count for batch in tick.batches for count in batch.counts if count.at >= (self._settled or count.at)
        )
        changes = _Changes()
        self._settle(changes)
        return Step(
            tick=tick,
            settled=self._settled,
            judged=judged,
            standings=changes.standings,
            buckets=tuple(changes.buckets),
            evidence=tuple(changes.evidence),
            outages=tuple(changes.outages.values()),
            transitions=tuple(changes.transitions),
            marks=marks,
            duplicates=duplicates,
        )

    def _judge(self, batches: Iterable[Batch]) -> tuple[tuple[Judged, ...], int]:
        posts: dict[str, Post] = {}
        read = 0
        for batch in batches:
            read += len(batch.posts)
            posts.update((post.id, post) for post in batch.posts if not self._counting.is_known(post.id))
        verdicts = self._classifier.classify([post.text for post in posts.values()])
        judged = []
        for post, verdict in zip(posts.values(), verdicts, strict=True):
            standing = self._standing_at_once(post)
            if standing is not None:
                judged.append(Judged(post, verdict, standing))
                self._counting.note(judged[-1])
            else:
                judged.append(Judged(post, verdict))
                self._counting.add(judged[-1])
        return tuple(judged), read - len(posts)

    def _standing_at_once(self, post: Post) -> Standing | None:
        """Return how a post stands that does not wait for its minute, None for one that does."""
        if post.kind == "official":
            return "official"
        return "late" if self._settled is not None and post.at < self._settled else None

    def _settle(self, changes: _Changes) -> None:
        passed = self.coverage.passed
        start = self._settled or self.coverage.begins
        if passed is None or start is None:
            return
        if self._settled is None:
            changes.standings.update(self._counting.drop_before(start))
        while start + MINUTE <= passed:
            covered = self.coverage.covered(start)
            self._settle_minute(start, covered, changes)
            start = start + MINUTE if covered else self._after_blind(start, passed)
            self._settled = start
            self._teach()
            self._keep_house(start)

    def _after_blind(self, start: datetime, passed: datetime) -> datetime:
        """Return the next minute worth settling, since nothing moves while nobody sees."""
        following = (self.coverage.next_covered(start), self._counting.next_waiting(start))
        last = passed.replace(second=0, microsecond=0)
        return min((at for at in following if at is not None and at <= last), default=last)

    def _settle_minute(self, start: datetime, covered: frozenset[str], changes: _Changes) -> None:
        counted = self._counting.settle(start, covered=covered)
        changes.standings.update(counted.standings)
        changes.buckets.extend(counted.buckets)
        for bucket in counted.buckets:
            self._remember(bucket)
        before = self._life.state
        self._latest = evidence = self._evidence(start, covered)
        if evidence.signal != "blind" or before != "unknown":
            changes.evidence.append(evidence)
        self._account_for(start, counted, evidence, changes)
        if evidence.state != before:
            self._move(before, evidence, changes)
        if self._account is not None:
            self._record(self._account.outage, changes)
            if self._account.outage.ended_at is not None:
                self._account = None

    def _evidence(self, start: datetime, covered: frozenset[str]) -> Evidence:
        seen = {
            length: {source: self._window(source, start, length) for source in sorted(covered)}
            for length in self._lengths(start)
        }
        fused = fuse(
            {
                length: [self._detector.score(source, window) for source, window in of_source.items()]
                for length, of_source in seen.items()
            }
        )
        minutes = [bucket for window in seen.get(fused.window, {}).values() for bucket in window]
        recovery = sum(bucket.recovery for bucket in minutes)
        is_open = self._life.state in ("outage", "recovering")
        signal = signal_of(fused, self._sensitivity, recovered=recovery if is_open else 0)
        return Evidence(
            at=start + MINUTE,
            signal=signal,
            state=self._life.advance(signal),
            surprise=fused.surprise,
            threshold=self._threshold,
            usual=sum(self._detector.expected(source, start) for source in sorted(covered)),
            window=fused.window,
            observed=fused.observed,
            expected=fused.expected,
            memes=sum(bucket.memes for bucket in minutes),
            policy=sum(bucket.policy for bucket in minutes),
            recovery=recovery,
            elsewhere=sum(bucket.elsewhere for bucket in minutes),
            scores=fused.scores,
        )

    def _lengths(self, start: datetime) -> tuple[int, ...]:
        """Return the windows to look at: short ones in an outage, and until the hour's would hold nothing of it."""
        newest = self._outages.get(max(self._outages, default=0))
        is_over = newest is None or (newest.ended_at is not None and newest.ended_at <= start - max(WINDOWS) * MINUTE)
        return WINDOWS if is_over else WINDOWS_OF_OUTAGE

    def _window(self, source: str, start: datetime, length: int) -> list[Bucket]:
        oldest = start - (length - 1) * MINUTE
        return [bucket for bucket in self._windows[source] if bucket.at >= oldest]

    def _account_for(self, start: datetime, counted: Counted, evidence: Evidence, changes: _Changes) -> None:
        people = sum(
            likely(self._window(bucket.source, start, SPAN)) if bucket.covered else bucket.complaints
            for bucket in counted.buckets
        )
        minute = Minute(start, counted.buckets, counted.complaints, counted.authors, evidence.usual, people)
        if minute.buckets:
            self._history.append(minute)
        while self._history and self._history[0].at <= start - BEFORE:
            self._history.popleft()
        if self._account is not None:
            self._account.add(minute)
        elif evidence.state == "outage":
            self._account = raised(
                max(self._outages, default=0) + 1,
                evidence=evidence,
                minutes=list(self._history),
                usual_talk=self._usual_talk,
            )
            self._record(self._account.outage, changes)

    def _move(self, before: State, evidence: Evidence, changes: _Changes) -> None:
        number = None
        if self._account is not None:
            number = self._account.outage.id
            self._account.move(evidence.state, evidence.at)
        changes.transitions.append(
            Transition(evidence.at, before, evidence.state, number, reason(evidence), evidence),
        )

    def _record(self, outage: Outage, changes: _Changes) -> None:
        self._outages[outage.id] = outage
        changes.outages[outage.id] = outage

    def _remember(self, bucket: Bucket) -> None:
        if not bucket.covered:
            return
        self._windows.setdefault(bucket.source, deque(maxlen=max(WINDOWS))).append(bucket)
        self._lessons.append(bucket)

    def _teach(self) -> None:
        """Let the detector learn the covered minutes that turned out to be calm.

        Only an outage signalled before a minute's lesson was due keeps it from being one, so that a restart teaches
        what was taught, and when.
        """
        while self._settled is not None and self._lessons:
            bucket = self._lessons[0]
            due = bucket.at + self._lag(bucket)
            if self._settled <= due:
                return
            self._lessons.popleft()
            known = (outage for outage in self._outages.values() if outage.signalled_at <= due)
            if not any(_within(bucket.at, span_of(outage)) for outage in known):
                self._detector.learn(bucket)
                self._usual_talk.learn(bucket)

    def _lag(self, bucket: Bucket) -> timedelta:
        since = self.coverage.since(bucket.source)
        is_young = since is not None and bucket.at < since + YOUNG
        return TEACH_YOUNG_AFTER if is_young else TEACH_AFTER

    def _keep_house(self, settled: datetime) -> None:
        if self._cleaned is not None and settled - self._cleaned < HOUSEKEEPING:
            return
        self._cleaned = settled
        self._counting.forget_before(settled)
        self.coverage.forget_before(settled)


def _within(at: datetime, span: tuple[datetime, datetime | None]) -> bool:
    start, end = span
    return start <= at and (end is None or at < end)
