"""Steps to save: arbitrary ones for hypothesis, and numbered ones of which every table holds a known share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from tiktokwatch.records import (
    MINUTE,
    Batch,
    Bucket,
    Count,
    Evidence,
    Expense,
    Fault,
    Gap,
    Judged,
    Mark,
    Outage,
    Post,
    Score,
    Step,
    Tick,
    Transition,
    Verdict,
)
from tiktokwatch.store.writer import Store

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
STATES = ("calm", "pending", "outage", "recovering", "unknown")

# Every code point: NUL, and halves of surrogate pairs alone and side by side.
texts = st.text(st.characters(categories=["L", "M", "N", "P", "S", "Z", "C"]), max_size=8) | st.sampled_from(
    ["", "\0", "a\0b", "\ud83d", "\ud83d\ude00", "\U0001f600", "ü", "'; DROP TABLE posts; --", "NaN"]
)
# Fixed offsets: in a zone with summer time, a moment of the hour that comes twice is equal to none in another zone.
moments = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001  hypothesis adds the zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, UTC, timezone(timedelta(hours=-9.5)), timezone(timedelta(seconds=1))]),
)
figures = st.floats(allow_nan=False)
counts = st.integers(0, 2**53)
mappings = st.dictionaries(texts, counts, max_size=3)
names = st.lists(texts, max_size=3).map(tuple)
states = st.sampled_from(STATES)

posts = st.builds(
    Post,
    id=texts,
    source=texts,
    at=moments,
    author=texts,
    text=texts,
    lang=texts,
    url=texts,
    kind=st.sampled_from(["post", "reply", "quote", "repost", "official"]),
)
verdicts = st.builds(
    Verdict,
    complaint=figures,
    meme=figures,
    policy=figures,
    recovery=figures,
    about_tiktok=st.booleans(),
    labels=names,
    aspects=names,
    places=names,
    fingerprint=st.lists(st.integers(0, 2**64 - 1), max_size=3).map(tuple),
)
judged = st.builds(
    Judged, post=posts, verdict=verdicts, standing=st.none() | st.sampled_from(["counted", "late", "official"])
)
buckets = st.builds(
    Bucket,
    source=texts,
    at=moments,
    covered=st.booleans(),
    posts=counts,
    complaints=counts,
    memes=counts,
    policy=counts,
    recovery=counts,
    elsewhere=counts,
    chatter=counts,
    aspects=mappings,
    places=mappings,
    volume=counts,
)
scores = st.builds(
    Score,
    source=texts,
    window=counts,
    observed=counts,
    expected=figures,
    surprise=figures,
    read=st.just(0) | counts,
    unread=st.just(0) | counts,
    mistaken=st.just(0.0) | figures,
)
evidence = st.builds(
    Evidence,
    at=moments,
    signal=st.sampled_from(["high", "low", "quiet", "blind"]),
    state=states,
    surprise=figures,
    threshold=figures,
    usual=figures,
    window=counts,
    observed=counts,
    expected=figures,
    memes=counts,
    policy=counts,
    recovery=counts,
    elsewhere=counts,
    scores=st.lists(scores, max_size=3).map(tuple),
)
outages = st.builds(
    Outage,
    id=counts,
    aspect=texts,
    state=states,
    verdict=texts,
    onset=moments,
    signalled_at=moments,
    recovering_at=st.none() | moments,
    ended_at=st.none() | moments,
    complaints=counts,
    authors=counts,
    peak_per_minute=counts,
    usual_per_minute=figures,
    sources=names,
    aspects=mappings,
    places=mappings,
    reason=texts,
    severity=texts,
    earliest_onset=st.none() | moments,
    latest_onset=st.none() | moments,
)
transitions = st.builds(
    Transition, at=moments, before=states, after=states, outage_id=st.none(), reason=texts, evidence=evidence
)
marks = st.builds(
    Mark,
    collector=texts,
    source=texts,
    since=st.none() | moments,
    through=st.none() | moments,
    passed=st.none() | moments,
    cursor=texts,
    fault=texts,
    retry_at=st.none() | moments,
)
gaps = st.builds(Gap, collector=texts, source=texts, start=moments, end=moments, reason=texts)
faults = st.builds(Fault, collector=texts, source=texts, at=moments, reason=texts, retry_at=st.none() | moments)
batches = st.builds(
    Batch,
    collector=texts,
    source=texts,
    since=moments,
    through=moments,
    posts=st.lists(posts, max_size=3).map(tuple),
    cursor=texts,
    note=texts,
    counts=st.lists(st.builds(Count, source=texts, at=moments, posts=counts), max_size=4).map(tuple),
    deleted=st.lists(st.sampled_from(["too long for an id", "@too long for an author"]), max_size=2).map(tuple),
)
expenses = st.builds(
    Expense,
    source=st.sampled_from(["x", "reddit", "a\0b", "\ud83d"]),
    at=st.integers(0, 3).map(lambda hour: START + hour * timedelta(hours=1)),
    kind=st.sampled_from(["post", "request"]),
    units=st.integers(-(2**40), 2**40),
    dollars=st.floats(-1e9, 1e9, allow_nan=False),
)


@cache
def _empty_database() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "watch.db"
        Store.open(path).close()
        return path.read_bytes()


@contextmanager
def fresh_database() -> Iterator[Path]:
    """Give an example of hypothesis a database of its own; a copy is ten times as fast as making one."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "watch.db"
        path.write_bytes(_empty_database())
        yield path


def numbered(number: int) -> Step:
    """Return the step of one minute: 2 batches, 3 posts, 1 fault, 1 gap, 2 buckets, 1 evidence, 2 marks.

    Every tenth has a transition as well, and all belong to outage 1, which grows.
    """
    start = START + number * MINUTE
    end = start + MINUTE
    found = tuple(
        Post(f"x:{number}-{place}", "x", start + place * SECOND, f"user{number % 7}", f"tiktok is down, {number}")
        for place in range(3)
    )
    verdict = Verdict(0.9, 0.1, 0.2, 0.3, about_tiktok=True, labels=("complaint",), aspects=("feed",))
    seen = Evidence(end, "high", "outage", 7.5, 4.6, 0.1, 5, 3 * number, 0.4)
    return Step(
        tick=Tick(
            now=end + SECOND,
            batches=(Batch("x-1", "x", start, end, found, f"cursor {number}"), Batch("r-1", "reddit", start, end)),
            gaps=(Gap("b-1", "bluesky", start, end, "503"),),
            faults=(Fault("b-1", "bluesky", end, "503"),),
        ),
        settled=end,
        judged=tuple(Judged(post, verdict) for post in found),
        standings={post.id: "counted" for post in found},
        buckets=(Bucket("reddit", start, covered=True), Bucket("x", start, covered=True, posts=3, complaints=3)),
        evidence=(seen,),
        outages=(Outage(1, "app", "outage", "technical", START, START + MINUTE, complaints=3 * (number + 1)),),
        transitions=(Transition(end, "pending", "outage", 1, "3 people", seen),) if number % 10 == 0 else (),
        marks=(Mark("r-1", "reddit", START, end, end), Mark("x-1", "x", START, end, end, f"cursor {number}")),
    )


def once(ticks: Iterable[Tick]) -> list[Tick]:
    """Return the ticks with every post where it is said last in the tick in which it came first, and no deletions."""
    seen: set[str] = set()
    kept = []
    for tick in ticks:
        last = {post.id: (place, post) for place, batch in enumerate(tick.batches) for post in batch.posts}
        new = {name: spot for name, spot in last.items() if name not in seen}
        seen.update(new)
        batches = [
            replace(batch, posts=tuple(post for at, post in new.values() if at == place), deleted=())
            for place, batch in enumerate(tick.batches)
        ]
        kept.append(replace(tick, batches=tuple(batches)))
    return kept
