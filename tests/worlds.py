"""Small worlds to try the pipeline on: posts with known verdicts, cut into ticks in many ways."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tiktokwatch.pipeline import Pipeline
from tiktokwatch.records import (
    MINUTE,
    REMEMBERED,
    Batch,
    Count,
    Gap,
    Judged,
    Memory,
    Post,
    Step,
    Tick,
    Verdict,
)
from tiktokwatch.trend.baseline import SeasonalBaseline
from tiktokwatch.trend.people import COMPLAINING, author_key

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class ScriptedClassifier:
    """Reads the verdict off the text: "complaint feed Ohio #17" has that label, aspect, place and fingerprint."""

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        return [self._verdict(set(text.split())) for text in texts]

    def _verdict(self, words: set[str]) -> Verdict:
        labels = tuple(label for label in ("complaint", "meme", "policy", "recovery") if label in words)
        return Verdict(
            *(float(label in labels) for label in ("complaint", "meme", "policy", "recovery")),
            about_tiktok="elsewhere" not in words,
            labels=labels,
            aspects=tuple(sorted(words & {"feed", "login", "app"})),
            places=tuple(sorted(words & {"Ohio", "Boston"})),
            fingerprint=tuple(int(word[1:]) for word in sorted(words) if word.startswith("#")),
        )


@dataclass(frozen=True)
class World:
    """Posts of some sources over some minutes, with an outage in it, and what some of them say that they counted."""

    posts: tuple[Post, ...]
    start: datetime
    end: datetime
    collectors: Mapping[str, str]
    gaps: tuple[Gap, ...] = ()
    counts: tuple[Count, ...] = ()


def world(
    seed: int,
    *,
    minutes: int = 300,
    sources: Sequence[str] = ("reddit", "x"),
    rate: float = 6.0,
    sampled: Collection[str] = (),
) -> World:
    """Make a world with calm, an outage of 40 minutes at a random time, copies, repeats and chatter.

    Of the sources that are `sampled`, its posts are about a third of what the source counts.
    """
    dice = random.Random(seed)
    begins = dice.randrange(90, minutes - 100)
    posts: list[Post] = []
    for minute in range(minutes):
        for source in sources:
            busy = begins <= minute < begins + 40
            complaints = _poisson(dice, rate / len(sources) if busy else 0.05)
            for kind, count in (("complaint", complaints), ("chatter", _poisson(dice, 0.5))):
                posts.extend(_post(dice, source, START + minute * MINUTE, kind) for _ in range(count))
    posts.sort(key=lambda post: (post.at, post.id))
    end = START + minutes * MINUTE
    counts = tuple(_counts(dice, posts, sampled, minutes))
    return World(tuple(posts), START, end, {source: source for source in sources}, counts=counts)


def _counts(dice: random.Random, posts: Iterable[Post], sampled: Collection[str], minutes: int) -> Iterator[Count]:
    read = Counter((post.source, (post.at - START) // MINUTE) for post in posts)
    for source in sampled:
        for minute in range(minutes):
            here = read[source, minute]
            yield Count(source, START + minute * MINUTE, here + _poisson(dice, 2.0 * here))


def _post(dice: random.Random, source: str, minute: datetime, kind: str) -> Post:
    words = [kind]
    if kind == "complaint":
        words += dice.choice(([], ["feed"], ["feed", "login"], ["app"])) + dice.choice(([], ["Ohio"], ["Boston"]))
        words += dice.choice(([], [], ["meme"], ["recovery"])) + dice.choice(([], [], [f"#{dice.randrange(60)}"]))
    else:
        words += dice.choice(([], ["meme"], ["policy"], ["elsewhere"]))
    return Post(
        id=f"{source}:{dice.getrandbits(48)}",
        source=source,
        at=minute + dice.randrange(60_000_000) * timedelta(microseconds=1),
        author=f"u{dice.randrange(400)}",
        text=" ".join(words),
        kind=dice.choice(("post", "post", "post", "repost")),
    )


def _poisson(dice: random.Random, mean: float) -> int:
    count, chance = 0, dice.random()
    term = total = 2.718281828459045**-mean
    while chance > total and count < 200:
        count += 1
        term *= mean / count
        total += term
    return count


def down(world: World, collector: str, *, start: int, minutes: int) -> World:
    """Take one collector out for some minutes: its posts of that time are never read, and a gap says so."""
    begins = world.start + start * MINUTE
    gap = Gap(collector, world.collectors[collector], begins, begins + minutes * MINUTE, "down")
    lost = (
        {post.id for post in world.posts if post.source == gap.source and gap.start <= post.at < gap.end}
        if list(world.collectors.values()).count(gap.source) == 1
        else set()
    )
    kept = tuple(post for post in world.posts if post.id not in lost)
    counts = tuple(
        count for count in world.counts if count.source != gap.source or not lost or not gap.start <= count.at < gap.end
    )
    return replace(world, posts=kept, gaps=(*world.gaps, gap), counts=counts)


def cut(world: World, seed: int, *, ticks: int) -> list[Tick]:
    """Deliver a world in some number of ticks, in each of which each collector has come to a place of its own."""
    dice = random.Random(seed)
    span = (world.end - world.start) // SECOND
    reached = dict.fromkeys(world.collectors, world.start)
    made: list[Tick] = []
    for number in range(ticks):
        batches, gaps = [], []
        for collector, source in world.collectors.items():
            last = number == ticks - 1
            goal = world.end if last else reached[collector] + dice.randrange(1 + 2 * span // ticks) * SECOND
            goal = min(goal, world.end)
            for since, until, gap in _pieces(world, collector, reached[collector], goal):
                if gap is None:
                    posts = [post for post in world.posts if post.source == source and since <= post.at < until]
                    dice.shuffle(posts)
                    counts = [count for count in world.counts if count.source == source and since <= count.at < until]
                    batches.append(Batch(collector, source, since, until, tuple(posts), counts=tuple(counts)))
                else:
                    gaps.append(Gap(collector, source, since, until, gap.reason))
            reached[collector] = goal
        made.append(Tick(world.start + (number + 1) * MINUTE, tuple(batches), tuple(gaps)))
    return made


def _pieces(
    world: World, collector: str, since: datetime, until: datetime
) -> Iterable[tuple[datetime, datetime, Gap | None]]:
    """Split a span at the gaps of a collector."""
    for gap in sorted((gap for gap in world.gaps if gap.collector == collector), key=lambda gap: gap.start):
        if gap.end <= since or gap.start >= until:
            continue
        if since < gap.start:
            yield since, gap.start, None
        yield max(since, gap.start), min(until, gap.end), gap
        since = min(until, gap.end)
    if since < until:
        yield since, until, None


def pipeline(world: World, memory: Memory | None = None) -> Pipeline:
    return Pipeline(
        classifier=ScriptedClassifier(), detector=SeasonalBaseline(), collectors=world.collectors, memory=memory
    )


@dataclass
class Decisions:
    """Everything that was decided, whatever the ticks it came in."""

    buckets: list[object] = field(default_factory=list)
    evidence: list[object] = field(default_factory=list)
    transitions: list[object] = field(default_factory=list)
    outages: dict[int, object] = field(default_factory=dict)
    standings: dict[str, str] = field(default_factory=dict)

    def __call__(self, step: Step) -> None:
        self.buckets.extend(step.buckets)
        self.evidence.extend(step.evidence)
        self.transitions.extend(step.transitions)
        self.outages.update((outage.id, outage) for outage in step.outages)
        self.standings.update(step.standings)
        self.standings.update((judged.post.id, judged.standing) for judged in step.judged if judged.standing)


def remember(steps: Iterable[Step]) -> Memory:
    """Say what a perfect store would remember of these steps."""
    marks, judged, buckets, gaps, evidence, outages, transitions = {}, {}, {}, [], [], {}, []
    settled = None
    counts: dict[tuple[str, datetime], Count] = {}
    for step in steps:
        settled = step.settled
        for count in (count for batch in step.tick.batches for count in batch.counts):
            counts[count.source, count.at] = max(
                count, counts.get((count.source, count.at), count), key=lambda each: each.posts
            )
        marks.update((mark.collector, mark) for mark in step.marks)
        for one in step.judged:
            judged.setdefault(one.post.id, one)
        for post_id, standing in step.standings.items():
            judged[post_id] = Judged(judged[post_id].post, judged[post_id].verdict, standing)
        buckets.update(((bucket.at, bucket.source), bucket) for bucket in step.buckets)
        gaps.extend(step.tick.gaps)
        evidence.extend(step.evidence)
        outages.update((outage.id, outage) for outage in step.outages)
        transitions.extend(step.transitions)
    if settled is None:
        return Memory(
            marks=tuple(sorted(marks.values(), key=lambda mark: mark.collector)),
            recent=tuple(sorted(judged.values(), key=lambda one: (one.post.at, one.post.id))),
            gaps=tuple(gaps),
            counts=tuple(counts.values()),
        )
    horizon = settled - REMEMBERED
    open_since = next((outage.onset for outage in outages.values() if outage.ended_at is None), None)
    complained = [one for one in judged.values() if one.standing in COMPLAINING]
    return Memory(
        settled=settled,
        marks=tuple(sorted(marks.values(), key=lambda mark: mark.collector)),
        recent=tuple(
            sorted(
                (
                    one
                    for one in judged.values()
                    if one.standing is None or one.post.at >= settled - timedelta(hours=24)
                ),
                key=lambda one: (one.post.at, one.post.id),
            )
        ),
        buckets=tuple(bucket for _, bucket in sorted(buckets.items()) if bucket.at >= horizon),
        gaps=tuple(gap for gap in gaps if gap.end > settled),
        evidence=tuple(one for one in evidence if one.at > settled - timedelta(hours=4)),
        outages=tuple(
            outage
            for number, outage in sorted(outages.items())
            if outage.ended_at is None or outage.ended_at >= horizon or number == max(outages)
        ),
        transitions=tuple(transitions[-2:]),
        authors=frozenset(author_key(one) for one in complained if open_since and one.post.at >= open_since),
        counts=tuple(count for count in counts.values() if count.at >= settled),
    )
